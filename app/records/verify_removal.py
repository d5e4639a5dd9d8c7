"""The part of `verify.py` that asks whether a content might be taken away (Art. 3.2; QĐ 28/2018 Đ9).

A removal is good when the diagram that ran shows a step that removes, and the moves of an act before it, which are
kept when its content is gone, say that this step was completed; each time that it was allows one removal. What is
exchanged within the agency has no diagram: there, and nowhere else, the act of who removes it (`internal_discarded`)
allows one. What a removal itself told too much is removed once more, by an operator's `removal_completed` after it. A
packet that came before its document is emptied with it. And whether it took away all that named the
content. It reads no content and repairs nothing.
"""

import re
from collections.abc import Iterator
from typing import Any

import orjson
from lxml import etree
from sqlalchemy import select, text

from app.db import db
from app.db.spelling import unpacked
from app.records.history import Act, ActContent
from app.records.register import KEPT_OUT
from app.records.verify_record import LISTED, Fault

#: steps after which content is removed, and whether the contents of the acts before go too
REMOVING = {"discard": True, "withdraw": False}
_BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
_CALL = re.compile(r"\s*(\w+)\s*\(")


#: the removals of the document, kept out since, of which a packet spoke that came before it
_OF_ITS_DOCUMENT = """
    select 1 from message m join document d on d.status = 'discarded' and (d.packet_id = m.packet_id or exists (
        select from sender_request r where r.packet_id = m.packet_id and r.document_id = d.id))
    join act a on a.subject = 'document:' || d.id and a.kind = 'content_removed'
    where 'message:' || m.id = %s and m.direction = 'in' and m.document_id is null and m.packet_id <> ''"""
#: (chain, id of the document that was kept out) of each row and content that is left of one
_LEFT = """
    with gone as (select d.id, d.packet_id, d.organ_id from document d where d.status = 'discarded' and exists (
        select from act a where a.subject = 'document:' || d.id and a.kind = 'content_removed')),
    packet as (select m.id, m.document_id, g.id as gone, m.sha256, m.description, m.direction
               from message m join gone g on g.id = m.document_id where m.direction = 'in' or m.kind in ('document',
                   'update')
               union select m.id, null, g.id, m.sha256, m.description, m.direction from message m join gone g
                   on g.packet_id = m.packet_id and g.organ_id = m.partner or exists (
                       select from sender_request r where r.packet_id = m.packet_id and r.partner = m.partner
                       and r.document_id = g.id)
               where m.document_id is null and m.direction = 'in' and m.packet_id <> '')
    select 'document:' || gone as subject, gone from packet
    where sha256 <> '' or direction = 'in' and description <> '' or document_id is null and not exists (
        select from act a where a.subject = 'message:' || packet.id and a.kind = 'content_removed')
    union select 'document:' || g.id, g.id from gone g join attachment f on f.document_id = g.id and f.sha256 <> ''
    union select 'document:' || m.document_id, g.id from gone g join message o on o.document_id = g.id
        and o.key like 'mail:%' and o.direction = 'in' join message m on m.key like 'mail:%'
        and m.direction = 'in' and m.sha256 <> '' and split_part(m.key, ':', 2) = split_part(o.key, ':', 2)
    union select 'document:' || g.id, g.id from gone g join register_entry e on e.document_id = g.id
        and e.voided_at is not null and e.void_reason not in ('', :kept_out)
    union select 'document:' || g.id, g.id from gone g where g.id = any(cast(:told as bigint[]))"""


def is_allowed(connection: Any, subject: str, number: int, removals: list[bool]) -> bool:
    """Whether so many removals, the last of them the act of this number, follow steps that remove.

    `removals`: of each, whether it took contents of acts; `connection`: the driver's.
    """
    rows = connection.execute("""
        select release_sha256, moves from act where subject = %s and number < %s and release_sha256 <> ''""",
                              [subject, number], binary=True).fetchall()
    drawn: dict[str, dict[str, bool]] = {}
    steps = [] if rows else [True for _ in connection.execute(
        "select 1 from act where subject = %s and number < %s and kind = 'internal_discarded'", [subject, number])]
    if subject.startswith("message:"):
        steps = [True for _ in connection.execute(_OF_ITS_DOCUMENT, [subject])]
    for release, moves in rows:
        if release not in drawn:
            drawn[release] = _drawn(connection, release)
        steps += [drawn[release][element] for element in _completed(moves) if element in drawn[release]]
    if any(steps):
        steps += [True for _ in connection.execute(
            "select 1 from act where subject = %s and number < %s and kind = 'removal_completed'", [subject, number])]
    return len(steps) >= len(removals) and sum(steps) >= sum(removals)


def left() -> list[int]:
    """The documents that were kept out and of which something is left."""
    return list(db.session.scalars(text(f"select distinct gone from ({_LEFT}) l order by gone"), _given()))


def telling(document_id: int = 0) -> list[tuple[int, int]]:
    """(document, number of the act) of each removal that told of a text layer what it had been: hashes of the file and
    of its copy, as earlier versions did.
    """
    which = Act.subject == f"document:{document_id}" if document_id else Act.subject.regexp_match("^document:[0-9]+$")
    rows = db.session.execute(select(Act.subject, Act.number, ActContent.changes).join(
        ActContent, ActContent.act_id == Act.id).where(Act.kind == "content_removed", which))
    return [(int(subject.partition(":")[2]), number) for subject, number, changes in rows.yield_per(100)
            if any(map(_tells_what_was, changes if isinstance(changes, list) else []))]


def _tells_what_was(change: Any) -> bool:
    """Whatever somebody made of the act: what is of no shape of ours says nothing here; the chain says so."""
    match change:
        case ["text_layer", _, dict() as columns]:
            return any(isinstance(pair, list) and pair and pair[0] is not None for pair in columns.values())
    return False


def _given() -> dict[str, Any]:
    return {"kept_out": KEPT_OUT, "told": [document_id for document_id, _ in telling()]}


def staying() -> Iterator[Fault]:
    """What still names the content of a document that was kept out, or says a word of it, once that was removed (Art.
    3.2): packets in which it came or a copy of it went, what was said about it, hashes of its files, a mail that
    brought other letters, too.
    """
    for row in db.session.execute(text(f"{_LEFT} order by gone, subject limit {LISTED}"), _given()):
        yield Fault("file", row.subject,
                    f"Còn gói tin, lời văn hoặc mã băm của văn bản {row.gone}, đã bị loại khỏi phần mềm (Điều 3.2).")


def _completed(kept: bytes) -> list[str]:
    try:
        return [element for element, _occurrence, _before, after in orjson.loads(unpacked(kept))
                if after == "COMPLETED"]
    except (ValueError, TypeError):  # not what was written; the chain says so
        return []


def _drawn(connection: Any, release: str) -> dict[str, bool]:
    """The removing steps that the diagrams of a release show, by element: whether each takes contents of acts."""
    texts = connection.execute("""
        select d.text from release r, diagram d, jsonb_each_text(
            case jsonb_typeof(r.parts) when 'object' then r.parts else '{}' end) p
        where r.sha256 = %s and d.sha256 = p.value and d.kind = 'bpmn'""", [release]).fetchall()
    found = {}
    for (bpmn,) in texts:
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
        try:
            root = etree.fromstring(bytes(bpmn), parser)
        except etree.XMLSyntaxError:  # not what was published; `verify.releases` says so
            continue
        for task in root.iter(f"{_BPMN}scriptTask"):
            call = _CALL.match(task.findtext(f"{_BPMN}script") or "")
            if call and call[1] in REMOVING:
                found[task.get("id") or ""] = REMOVING[call[1]]
    return found
