"""What an act says in words: fields by the form of that day, records old and new, results of steps (playback.py).

A PIN never stands in history and is never shown; a signature is named, not spelled. Values are shortened; codes of
statuses and columns are given as codes, the page has their words. It reads names of people and places, nothing else.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import select

from app.db import db
from app.engine import sandbox_words, template
from app.engine.diagram import Bundle, DiagramMissing
from app.engine.form_read import FormRefused, Part
from app.records import agency
from app.records.agency import Unit
from app.records.catalogue import UNIT
from app.records.history import Act
from app.records.people import User
from app.records.register import Register

#: characters of a shown value, and values of one result
LONGEST, MOST = 600, 24
#: what a field, a column or a datum holds the key of
_USERS = frozenset(
    "user_id author_id leader_id handler_id clerk_id approver_id assigned_by signed_by_id created_by_id claimed_by_id "
    "done_by_id on_behalf_of_id reader_ids co_handler_ids asked_by from_user_id to_user_id asked_by_id decided_by "
    "decided_by_id made_by_id ended_by_id signer_id voided_by_id named_by_id cleared_by_id given_by_id giver_ids "
    "withdrawn_by_id publisher_id auditor_id opinion_holder_ids late".split())
_CATALOGUES = {"person": "user", "handler": "user", "holder": "user", "leader": "user", "agency": "agency",
               "incoming_register": "register"}
_KEYS = {"register_id": "register", "unit_id": "unit", "handler_unit_id": "unit", "co_unit_ids": "unit",
         "reader_unit_ids": "unit", "addressees": "agency", "recipients": "agency",
         "partner": "agency", "to": "", "chosen": "user"} | dict.fromkeys(_USERS, "user")
#: in every act, and told elsewhere in its frame
_TOLD = ("values", "data", "results", "act", "instance", "found", "seed", "repair", "before", "from", "to", "fired",
         "versions", "by_id")
#: of what has many parts, the one that says what it is: colour of a verdict, rules of form, what differs in a scan
_PARTS = {"verdict": "color", "findings": "rule", "differences": "what"}
#: of what has many named parts, what each is: a field that was read, how its reading was judged
_NAMED = {"recognised": "value", "fields": "verdict"}
#: columns that say nothing of their own
_SILENT = ("agency_id", "document_id", "created_at", "at")


@dataclass(frozen=True)
class Value:
    """One name with its text; `key` is the code name, `label` what people read ("" when the page knows it)."""

    key: str
    label: str
    text: str
    #: labels of what was chosen, where the form gives the choice: their words are shown, not quoted
    chosen: tuple[str, ...] = ()


@dataclass(frozen=True)
class Change:
    """One record that an act added, changed or removed: (column, old text, new text) each."""

    table: str
    key: int
    what: str
    columns: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Result:
    """What one step of the system gave; `is_later`: it was handed to the worker, and an act of its own tells more."""

    element: str
    label: str
    step: str
    is_later: bool
    values: tuple[Value, ...]


class Book:
    """Names of people, units, registers and agencies: asked for in one round, known in the next."""

    def __init__(self) -> None:
        self._wanted: dict[str, set[Any]] = {"user": set(), "unit": set(), "register": set(), "agency": set()}
        self._names: dict[tuple[str, Any], str] = {}

    @cached_property
    def templates(self) -> dict[str, template.Template]:
        """The words of steps and forms, made once for all acts."""
        return template.templates()

    def load(self) -> None:
        """Look up everybody who was asked for: at most four statements."""
        for kind, column, table in (("user", User.full_name, User), ("unit", Unit.name, Unit),
                                    ("register", Register.name, Register)):
            if ids := self._wanted[kind]:
                rows = db.session.execute(select(table.id, column).where(table.id.in_(ids)))
                self._names |= {(kind, key): name for key, name in rows}
        if codes := self._wanted["agency"]:
            self._names |= {("agency", code): name for code, name in agency.names(sorted(codes)).items()}

    def name(self, kind: str, key: Any) -> str:
        """The name of a key; the key itself while it is not known."""
        if kind != "agency":
            text = str(key)
            if text.startswith(UNIT):
                kind, text = "unit", text.removeprefix(UNIT)
            text = text.removeprefix("user:")
            if not (text.isascii() and text.isdigit() and len(text) < 19):
                return text
            key = int(text)
        self._wanted[kind].add(key)
        return self._names.get((kind, key), str(key))


def text_of(value: Any, book: Book, kind: str = "") -> str:
    """A value as text: names for keys, lists with semicolons, cut where it is very long."""
    if value is None or value == "" or value == [] or value == {}:
        return ""
    if isinstance(value, bool):
        return "Có" if value else "Không"
    if isinstance(value, list):
        found = "; ".join(text_of(one, book, kind) for one in value[:50])
    elif isinstance(value, dict):
        found = "; ".join(f"{name}: {text_of(inner, book)}" for name, inner in list(value.items())[:MOST] if inner)
    else:
        found = book.name(kind, value) if kind else str(value)
    return found if len(found) <= LONGEST else f"{found[:LONGEST]}…"


def filled_in(element: str, given: dict[str, Any], bundle: Bundle | None, book: Book) -> tuple[Value, ...]:
    """What a person filled in, in the order and with the labels of the form of that day."""
    values = given.get("values")
    if not isinstance(values, dict):
        return ()
    parts = _parts(element, bundle)
    found = list(_fields(parts, values, book))
    known = {part.key for part in parts}
    found += [_value(key, value, book) for key, value in values.items() if key not in known]
    return tuple(one for one in found if one.text)


def _parts(element: str, bundle: Bundle | None) -> tuple[Part, ...]:
    drawn = bundle.compiled.elements.get(element) if bundle else None
    try:
        return bundle.form(drawn.form_key).parts if bundle and drawn and drawn.form_key else ()
    except (DiagramMissing, FormRefused):  # a form that this version of the product cannot read: the keys are shown
        return ()


def _fields(parts: tuple[Part, ...], values: dict[str, Any], book: Book, prefix: str = "") -> Iterator[Value]:
    for part in parts:
        value = values.get(part.key)
        if value is None or part.properties.get("kind") == "pin":
            continue
        label = prefix + part.label
        if part.parts:
            rows = value if isinstance(value, list) else [value]
            for number, row in enumerate((row for row in rows if isinstance(row, dict)), 1):
                yield from _fields(part.parts, row, book, f"{label} {number}: " if len(rows) > 1 else f"{label}: ")
            continue
        options = {str(one["value"]): str(one.get("label") or one["value"])
                   for one in part.component.get("values") or ()}
        kind = _CATALOGUES.get(part.properties.get("catalogue", ""), "")
        shown = [options.get(str(one), one) for one in value] if isinstance(value, list) \
            else options.get(str(value), value) if options and not isinstance(value, bool) else value
        text = f"Tệp {str(value)[:16]}…" if part.type == "filepicker" and isinstance(value, str) and value \
            else text_of(shown, book, kind)
        yield Value(part.key, label, text, _chosen(value, options))


def _chosen(value: Any, options: dict[str, str]) -> tuple[str, ...]:
    """The labels of a choice, or yes and no; () for what was written."""
    if isinstance(value, bool):
        return ("Có" if value else "Không",)
    values = [str(one) for one in (value if isinstance(value, list) else [value])]
    return tuple(options[one] for one in values) if values and options.keys() >= set(values) else ()


def _value(key: str, value: Any, book: Book) -> Value:
    """What no form has a label for."""
    return Value(key, "", _plain(key, value, book), _chosen(value, {}) if isinstance(value, bool) else ())


def _plain(key: str, value: Any, book: Book) -> str:
    if key in _PARTS and isinstance(value, (dict, list)):
        rows = [row for row in (value if isinstance(value, list) else [value]) if isinstance(row, dict)]
        value = list(dict.fromkeys(str(row[_PARTS[key]]) for row in rows if _PARTS[key] in row))
    if key in _NAMED and isinstance(value, dict):
        value = {name: one.get(_NAMED[key]) if isinstance(one, dict) else one for name, one in value.items()}
    if key == "signature":
        less = isinstance(value, dict) and value.get("accepts") and value.get("level") == value["accepts"]
        return ("Đã ký bằng khóa của người ký" if value else "") + (
            f", chấp nhận chữ ký mức {value['level']}" if less else "")
    return text_of(value, book, _KEYS.get(key, ""))


def facts_of(kind: str, given: dict[str, Any], bundle: Bundle | None, book: Book) -> tuple[Value, ...]:
    """What else an act says: reason, error, message, what fired, where it was put, between which versions."""
    known = bundle.compiled.elements if bundle else {}

    def label(element: Any) -> str:
        return known[element].label or element if element in known else str(element)

    found = [_value(key, value, book) for key, value in given.items() if key not in _TOLD]
    if isinstance(given.get("fired"), list):
        found.append(Value("fired", "", "; ".join(label(one) for one in given["fired"])))
    if isinstance(given.get("to"), list):
        found.append(Value("to_user_id", "", text_of(given["to"], book, "user")))
    elif kind in ("sent_back", "instance_repaired", "repair_asked") and given.get("to"):
        found.append(Value("to", "", label(given["to"])))
    if isinstance(given.get("versions"), list):
        found.append(Value("versions", "", " → ".join(str(one) for one in given["versions"])))
    if kind == "instance_started":
        found += _values(given.get("data"), book)
    return tuple(one for one in found if one.text)


def message_label(act: Act) -> str:
    """What a message to the instance tells has happened ("Văn thư hủy số đến"); "" of other acts."""
    known = template.messages().get(act.element) if act.kind == "message_received" else None
    return known[0] if known else ""


def taker(given: Mapping[str, Any]) -> str:
    """Who of the agency above did what nobody of this one did: name and agency (Art. 12); empty: nobody."""
    who, agency_name = given.get("by"), given.get("by_agency")
    return f"{who} ({agency_name})" if isinstance(who, str) and isinstance(agency_name, str) else ""


def results_of(given: dict[str, Any], bundle: Bundle | None, book: Book) -> tuple[Result, ...]:
    """What the worker found, then what each step gave in this act, with the labels of that day."""
    found = []
    if isinstance(given.get("found"), dict):
        found.append(Result("", "", "", False, _values(given["found"], book)))
    known = bundle.compiled.elements if bundle else {}
    for element, _occurrence, result in given.get("results") or ():
        drawn = known.get(element)
        found.append(Result(element, (drawn.label if drawn else "") or element, (drawn.step if drawn else "") or "",
                            result is None, _values(result, book)))
    return tuple(found)


def _values(given: Any, book: Book) -> tuple[Value, ...]:
    if not isinstance(given, dict):
        return ()
    found = (_value(key, value, book) for key, value in given.items()
             if key not in ("document_id", "state", "key", "judged", "reports"))
    return tuple(one for one in found if one.text)[:MOST]


def changes_of(changes: list[Any], book: Book, labels: Mapping[str, str]) -> tuple[Change, ...]:
    """The records that changed; what the key columns name is put into words, an element by its label as drawn, a row
    of a decision table by its annotation.
    """
    found = []
    for table, key, columns in changes:
        if table == "task":  # who had it until when is told by where the tokens stand
            continue
        olds = [old for old, _ in columns.values()]
        news = [new for _, new in columns.values()]
        is_row = "agency_id" in columns or table == "document_right"
        what = "added" if is_row and all(old is None for old in olds) else \
            "removed" if all(new is None for new in news) else "changed"
        shown = []
        for name, (old, new) in columns.items():
            if name in _SILENT or (what == "added" and new in (None, "", [], {})):
                continue
            if table == "milestone" and name == "name" and isinstance(new, str):
                shown.append((name, "", sandbox_words.milestone_label(new, book.templates)))
            elif table == "signature" and name in ("state", "value", "key", "proof"):
                shown.append((name, "", "…"))
            elif name in ("element", "form_key", "exchange_rule"):  # a form bears the name of its step, if that has one
                shown.append((name, labels.get(old) or old or "", labels.get(new) or new or ""))
            else:
                shown.append((name, _plain(name, old, book), _plain(name, new, book)))
        found.append(Change(table, key, what, tuple(shown)))
    return tuple(found)
