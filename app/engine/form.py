"""A form of a user task: the form-js schema that the browser draws, checked again on the server.

One file declares a field once: form-js draws it, this module builds the marshmallow schema from it, drops what
`conditional.hide` hides, and checks choices against catalogues. Only declared fields come through (S6).

It does not keep values, upload files (a file crosses as its sha256), or know what a form means for a document
(the article folders do).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from marshmallow import Schema, ValidationError

from app.engine.form_field import schema_from
from app.engine.form_read import TEXTS, FormRefused, Part, parts_of, schema_of
from app.engine.language import VIETNAM, ExpressionFailed
from app.refusal import Refusal

__all__ = ["FieldInfo", "Form", "FormInvalid", "FormRefused", "load", "plain"]

#: values of a list that become instance data: as many as a task is done for each of (spiff_spec.MAX_INSTANCES)
MAX_LISTED = 200
MAX_LISTED_CHARACTERS = 200

Catalogues = Callable[[str], list[dict[str, str]]]
Errors = dict[str, list[str]]


class FormInvalid(Refusal):
    """The values do not fit the form.

    `errors` are Vietnamese sentences by field key, `rows.0.name` inside a list; `""` stands for the whole form.
    `offers` are values that would do instead, by field key: the page fills one in with one click.
    """

    code = "form_invalid"

    def __init__(self, errors: Errors, offers: dict[str, str | None] | None = None) -> None:
        super().__init__(f"Invalid fields: {', '.join(sorted(errors)) or '-'}", errors=errors)
        self.errors = errors
        self.beside: dict[str, Any] = {"instead": {key: one for key, one in (offers or {}).items() if one}}


@dataclass(frozen=True, slots=True)
class FieldInfo:
    """A field as pages and checks need it; `id` is form-js's own name of it, `kind` "pin" or None.

    `options` are its own choices, (value, label) each; those of a catalogue are not among them.
    """

    key: str
    label: str
    type: str
    kind: str | None
    catalogue: str | None
    id: str
    options: tuple[tuple[str, str], ...] = ()


class Form:
    """A form that may be published: drawn in the browser, checked here."""

    def __init__(self, schema: dict[str, Any]) -> None:
        """Reads a form-js schema. Raises FormRefused."""
        self._schema = schema
        #: what the agency calls a form of its own; "" where it has no name
        self.title: str = schema.get("title", "")
        self._parts = parts_of(schema)
        self._checker: type[Schema] = schema_from(self._parts)
        self.fields: list[FieldInfo] = list(_infos(self._parts, ""))
        pins = [field.key for field in self.fields if field.kind == "pin"]
        if len(pins) > 1:
            raise FormRefused("Biểu mẫu chỉ được có một ô mã PIN.", pins[1])
        self.pin: str | None = pins[0] if pins else None

    @property
    def catalogues(self) -> frozenset[str]:
        """The names of the catalogues that the form asks for."""
        return frozenset(field.catalogue for field in self.fields if field.catalogue)

    @property
    def parts(self) -> tuple[Part, ...]:
        """The fields and containers of the outermost scope, in order."""
        return self._parts

    def drawn(self, catalogues: Catalogues, word: Callable[[str], str] = str) -> dict[str, Any]:
        """The schema for form-js, its texts as `word` gives them, the values of each catalogue in place of its name."""
        schema = copy.deepcopy(self._schema)
        _worded(schema["components"], word)
        _fill(schema["components"], catalogues)
        return schema

    def check(self, values: dict[str, Any], catalogues: Catalogues, at: datetime | None) -> dict[str, Any]:
        """The clean values: every shown field by key, hidden ones left out. Raises FormInvalid.

        `at` is the time of the act. An empty field is None, an empty list [], an unticked box False.
        """
        if not isinstance(values, dict):
            raise FormInvalid({"": ["Dữ liệu không đúng dạng."]})
        hidden = list(_hidden(self._parts, "", values, at))
        shown = _without(values, hidden)
        try:
            clean, errors = self._checker(exclude=tuple(hidden)).load(shown), {}
        except ValidationError as invalid:
            clean = invalid.valid_data if isinstance(invalid.valid_data, dict) else {}
            errors = dict(_flat(invalid.messages, ""))
        chosen = _Chosen(catalogues, at)
        chosen.check(self._parts, clean, "")
        errors = chosen.errors | errors
        if errors:
            raise FormInvalid(errors)
        return clean


def load(text: bytes) -> Form:
    """Read the bytes of a form file. Raises FormRefused with the component and a Vietnamese sentence."""
    return Form(schema_of(text))


def plain(clean: dict[str, Any]) -> dict[str, Any]:
    """What of the clean values of an agency's own form becomes instance data: plain values, lists of short texts."""
    return {key: value for key, value in clean.items() if isinstance(value, (str, int, bool)) or _is_short(value)}


def _is_short(value: Any) -> bool:
    return isinstance(value, list) and len(value) <= MAX_LISTED and all(
        isinstance(item, str) and len(item) <= MAX_LISTED_CHARACTERS for item in value)


def _infos(parts: tuple[Part, ...], prefix: str) -> Iterator[FieldInfo]:
    for part in parts:
        if part.parts:
            yield from _infos(part.parts, f"{prefix}{part.key}.")
        elif part.type not in ("group", "dynamiclist"):
            properties = part.properties
            yield FieldInfo(
                prefix + part.key, part.label, part.type, properties.get("kind"), properties.get("catalogue"),
                str(part.component.get("id", "")),
                tuple((str(o["value"]), str(o.get("label") or o["value"]))
                      for o in part.component.get("values") or ()),
            )  # fmt: skip


def _hidden(
    parts: tuple[Part, ...], prefix: str, values: dict[str, Any], at: datetime | None
) -> Iterator[str]:
    for part in parts:
        if _is_hidden(part, values, at):
            yield prefix + part.key
        else:
            yield from _hidden(part.parts, f"{prefix}{part.key}.", values, at)


def _is_hidden(part: Part, values: dict[str, Any], at: datetime | None) -> bool:
    """Only true hides: a condition that is null or cannot be computed hides nothing."""
    try:
        return any(hide.holds(values, at) for hide in part.hides)
    except ExpressionFailed:
        return False


def _without(values: dict[str, Any], hidden: list[str]) -> dict[str, Any]:
    """A copy without the hidden keys; a dotted key reaches into a group or every row of a list."""
    kept = {key: value for key, value in values.items() if key not in hidden}
    for key in {name.partition(".")[0] for name in hidden if "." in name} & kept.keys():
        inner = [name.partition(".")[2] for name in hidden if name.startswith(f"{key}.")]
        value = kept[key]
        if isinstance(value, dict):
            kept[key] = _without(value, inner)
        elif isinstance(value, list):
            kept[key] = [_without(row, inner) if isinstance(row, dict) else row for row in value]
    return kept


def _flat(messages: Any, prefix: str) -> Iterator[tuple[str, list[str]]]:
    """marshmallow's nested messages as dotted keys."""
    if isinstance(messages, list):
        yield prefix, [str(message) for message in messages]
        return
    for key, inner in messages.items():
        name = "" if key == "_schema" else str(key)[:200]
        yield from _flat(inner, f"{prefix}.{name}".strip("."))


def _worded(components: list[dict[str, Any]], word: Callable[[str], str]) -> None:
    for component in components:
        component |= {name: word(component[name]) for name in TEXTS if component.get(name)}
        for option in component.get("values") or ():
            option["label"] = word(str(option.get("label") or option["value"]))
        _worded(component.get("components", []), word)


def _fill(components: list[dict[str, Any]], catalogues: Catalogues) -> None:
    for component in components:
        name = component.get("properties", {}).pop("catalogue", None)
        if name is not None:
            component["values"] = [
                {"label": option["label"], "value": option["value"]} for option in catalogues(name)
            ]
        _fill(component.get("components", []), catalogues)


class _Chosen:
    """What depends on records and on the time: choices from catalogues, dates that may not be past."""

    def __init__(self, catalogues: Catalogues, at: datetime | None) -> None:
        self._catalogues = catalogues
        self._today = at.astimezone(VIETNAM).date().isoformat() if at else ""
        self._known: dict[str, set[str]] = {}
        self.errors: Errors = {}

    def check(self, parts: tuple[Part, ...], values: dict[str, Any], prefix: str) -> None:
        """Adds to `errors`; `values` are clean."""
        for part in parts:
            value, name = values.get(part.key), prefix + part.key
            if not value:
                continue
            if part.parts:
                self._inside(part, value, name)
            elif "catalogue" in part.properties:
                self._choice(part, value, name)
            elif part.component.get("disallowPassedDates") and value[:10] < self._today:
                self.errors[name] = ["Không được chọn ngày đã qua."]

    def _inside(self, part: Part, value: Any, name: str) -> None:
        for row, inner in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(inner, dict):
                self.check(part.parts, inner, f"{name}." if row is None else f"{name}.{row}.")

    def _choice(self, part: Part, value: Any, name: str) -> None:
        catalogue = part.properties["catalogue"]
        if catalogue not in self._known:
            self._known[catalogue] = {option["value"] for option in self._catalogues(catalogue)}
        if not set(value if isinstance(value, list) else [value]) <= self._known[catalogue]:
            self.errors[name] = ["Lựa chọn không có trong danh mục."]
