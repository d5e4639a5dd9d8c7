"""Histories as event logs for process mining: XES (IEEE 1849), OCEL 2.0 JSON, CSV (Art. 10.3, 11.2.b).

One event per act of a document, with its label on the diagram of that day. A log holds who, what and when, and no
content: no subject, no form value, no opinion. Behind the wall of one agency; who may ask is decided at the door.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, BinaryIO

import orjson
from lxml import etree
from sqlalchemy import text

from app.db import db
from app.records.act_scope import SCOPES
from app.records.agency import Unit
from app.records.calendar import ZONE
from app.refusal import Refusal

#: rows fetched at a time
BATCH = 2000
#: characters that a spreadsheet takes for the beginning of a formula (security.md S9)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
FORMATS = ("xes", "ocel", "csv")
#: what is done with documents
KINDS = frozenset(kind for kind, scope in SCOPES.items() if "document" in scope.chains)


class LogEmpty(Refusal):
    """No act is as asked for."""

    code = "log_empty"


class LogUnclear(Refusal):
    """Asked for is a format, a kind of act or a unit that there is not; `what` says which of them."""

    code = "log_unclear"


@dataclass(frozen=True)
class Asked:
    """Which acts: between two days of Viet Nam, both within; of documents of a unit; of these kinds; of these documents
    (None: all).
    """

    since: date | None = None
    until: date | None = None
    unit_id: int | None = None
    kinds: tuple[str, ...] = ()
    documents: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Event:
    """One act as an event."""

    id: int
    document_id: int
    number: int
    at: datetime
    kind: str
    element: str
    label: str
    resource: str
    group: str
    on_behalf_of: str
    release: str
    direction: str
    type_name: str
    files: tuple[int, ...]

    @property
    def activity(self) -> str:
        """What was done, in the words of the diagram; beside the course, where a label names what it was done to, the
        kind of the act. The label of a message that came holds what its sender wrote, which is content.
        """
        return self.said if self.said and self.element else self.kind

    @property
    def said(self) -> str:
        """The label, where it is no content."""
        return "" if self.kind == "message_received" else self.label

    @property
    def time(self) -> str:
        """ISO 8601 with offset."""
        return self.at.astimezone(UTC).isoformat()


_WHICH = """
    (cast(:since as timestamptz) is null or a.at >= :since)
      and (cast(:until as timestamptz) is null or a.at <= :until)
      and (cast(:unit_id as bigint) is null or d.unit_id = :unit_id)
      and (cast(:kinds as text[]) is null or a.kind = any(:kinds))
      and (cast(:documents as bigint[]) is null or d.id = any(:documents))"""
_COUNT = text(f"select count(*) from act a join document d on a.subject = 'document:' || d.id where {_WHICH}")
_EVENTS = text(f"""
    select a.id, d.id as document_id, a.number, a.at, a.kind, a.element, a.label,
           coalesce(u.full_name, 'Hệ thống') as resource, coalesce(n.name, '') as "group",
           coalesce(b.full_name, '') as on_behalf_of, a.release_sha256 as release, d.direction, d.type_name,
           array(select f.id from attachment f where f.document_id = d.id and f.created_at = a.at
                 order by f.id) as files
    from act a join document d on a.subject = 'document:' || d.id
    left join user_account u on u.id = a.actor_id left join user_account b on b.id = a.on_behalf_of_id
    left join unit n on n.id = u.unit_id
    where {_WHICH} order by d.id, a.number""")


def _given(asked: Asked) -> dict[str, Any]:
    return {
        "since": datetime.combine(asked.since, time(), ZONE) if asked.since else None,
        "until": datetime.combine(asked.until, time.max, ZONE) if asked.until else None,
        "unit_id": asked.unit_id, "kinds": list(asked.kinds) or None,
        "documents": None if asked.documents is None else list(asked.documents)}


def count(asked: Asked) -> int:
    """How many acts are asked for."""
    return db.session.execute(_COUNT, _given(asked)).scalar_one()


def need(asked: Asked) -> int:
    """How many acts are asked for. Raises LogUnclear for a kind or a unit that there is not, LogEmpty."""
    if wrong := sorted(set(asked.kinds) - KINDS):
        raise LogUnclear(f"no act of a document is of the kind {wrong[0]!r}", what="kind")
    if asked.unit_id is not None and db.session.get(Unit, asked.unit_id) is None:
        raise LogUnclear(f"the agency has no unit {asked.unit_id}", what="unit")
    if not (acts := count(asked)):
        raise LogEmpty()
    return acts


def events(asked: Asked) -> Iterator[Event]:
    """The acts asked for, document by document, in their order."""
    for row in db.session.execute(_EVENTS, _given(asked), execution_options={"yield_per": BATCH}).mappings():
        yield Event(**{**row, "files": tuple(row["files"])})


def write(kind: str, found: Iterator[Event], target: BinaryIO) -> None:
    """Write the log in one of FORMATS, event by event."""
    {"xes": _xes, "ocel": _ocel, "csv": _csv}[kind](found, target)


def _xes(found: Iterator[Event], target: BinaryIO) -> None:
    with etree.xmlfile(target, encoding="utf-8") as sink:
        sink.write_declaration()
        with sink.element("log", {"xes.version": "1.0", "xmlns": "http://www.xes-standard.org/"}):
            for name, prefix in (("Concept", "concept"), ("Time", "time"), ("Organizational", "org"),
                                 ("Lifecycle", "lifecycle"), ("Identity", "identity")):
                sink.write(etree.Element("extension", name=name, prefix=prefix,
                                         uri=f"http://www.xes-standard.org/{prefix}.xesext"))
            current, trace = None, None
            for event in found:
                if event.document_id != current:
                    if trace is not None:
                        sink.write(trace)
                    current, trace = event.document_id, etree.Element("trace")
                    _put(trace, "string", "concept:name", f"document:{current}")
                    _put(trace, "string", "qlvb:direction", event.direction)
                    _put(trace, "string", "qlvb:type", event.type_name)
                _event(trace, event)
            if trace is not None:
                sink.write(trace)


def _event(trace: etree._Element, event: Event) -> None:
    made = etree.SubElement(trace, "event")
    _put(made, "string", "concept:name", event.activity)
    _put(made, "date", "time:timestamp", event.time)
    _put(made, "string", "lifecycle:transition", "start" if event.kind == "task_claimed" else "complete")
    _put(made, "string", "org:resource", event.resource)
    _put(made, "string", "org:group", event.group)
    _put(made, "id", "identity:id", str(event.id))
    _put(made, "string", "qlvb:kind", event.kind)
    _put(made, "string", "qlvb:element", event.element)
    _put(made, "string", "qlvb:label", event.said)
    _put(made, "string", "qlvb:on_behalf_of", event.on_behalf_of)


def _put(parent: etree._Element, kind: str, key: str, value: str) -> None:
    if value:
        etree.SubElement(parent, kind, key=key, value=_clean(value))


def _clean(value: str) -> str:
    """What XML can hold."""
    return "".join(c if c in "\n\t" or (c >= " " and c not in "\ufffe\uffff") else " " for c in value)


def _ocel(found: Iterator[Event], target: BinaryIO) -> None:
    """Objects: documents, their files, units, releases; each object is in at least one event."""
    objects: dict[str, dict[str, Any]] = {}
    attributes = [{"name": name, "type": "string"}
                  for name in ("resource", "on_behalf_of", "kind", "element", "label")]
    kinds: dict[str, None] = {}
    target.write(b'{"events":[')
    for index, event in enumerate(found):
        kinds[event.activity] = None
        relations = [_object(objects, f"document:{event.document_id}", "document", "document",
                             {"direction": event.direction, "type": event.type_name}, event.time)]
        relations += [_object(objects, f"file:{file}", "file", "file", {}, event.time) for file in event.files]
        if event.group:
            relations.append(_object(objects, f"unit:{event.group}", "unit", "by", {}, event.time))
        if event.release:
            relations.append(_object(objects, f"release:{event.release}", "release", "under", {}, event.time))
        values = {"resource": event.resource, "on_behalf_of": event.on_behalf_of, "kind": event.kind,
                  "element": event.element, "label": event.said}
        target.write((b"," if index else b"") + orjson.dumps({
            "id": f"act:{event.id}", "type": event.activity, "time": event.time, "relationships": relations,
            "attributes": [{"name": name, "value": value} for name, value in values.items()]}))
    kept = {"eventTypes": [{"name": name, "attributes": attributes} for name in kinds],
            "objectTypes": [{"name": name, "attributes": [{"name": n, "type": "string"} for n in names]}
                            for name, names in (("document", ("direction", "type")), ("file", ()), ("unit", ()),
                                                ("release", ()))],
            "objects": list(objects.values())}
    target.write(b"]," + orjson.dumps(kept)[1:])


def _object(objects: dict[str, dict[str, Any]], key: str, kind: str, qualifier: str, values: dict[str, str],
            at: str) -> dict[str, str]:
    objects.setdefault(key, {"id": key, "type": kind, "relationships": [], "attributes": [
        {"name": name, "time": at, "value": value} for name, value in values.items()]})
    return {"objectId": key, "qualifier": qualifier}


COLUMNS = ("case", "number", "time", "activity", "kind", "element", "label", "resource", "group", "on_behalf_of",
           "direction", "type", "release")


def _csv(found: Iterator[Event], target: BinaryIO) -> None:
    sink = io.TextIOWrapper(target, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(sink)
    writer.writerow(COLUMNS)
    for event in found:
        writer.writerow(_cell(value) for value in (
            f"document:{event.document_id}", event.number, event.time, event.activity, event.kind, event.element,
            event.said, event.resource, event.group, event.on_behalf_of, event.direction, event.type_name,
            event.release))
    sink.detach()


def _cell(value: Any) -> Any:
    """A text that a spreadsheet would run is told to be one."""
    return "'" + value if isinstance(value, str) and value.startswith(_FORMULA) else value
