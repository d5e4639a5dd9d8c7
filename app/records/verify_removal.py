"""The part of `verify.py` that asks whether a content might be taken away (Art. 3.2; QĐ 28/2018 Đ9).

A removal is good when the diagram that ran shows a step that removes, and the moves of an act before it, which are
kept when its content is gone, say that this step was completed; each time that it was allows one removal. What is
exchanged within the agency has no diagram: there, and nowhere else, the act of who removes it (`internal_discarded`)
allows one. And whether it took away all that named the content. It reads no content and repairs nothing.
"""

import re
from collections.abc import Iterator
from typing import Any

import orjson
from lxml import etree
from sqlalchemy import text

from app.db import db
from app.db.spelling import unpacked
from app.records.verify_record import LISTED, Fault

#: steps after which content is removed, and whether the contents of the acts before go too
REMOVING = {"discard": True, "withdraw": False}
_BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
_CALL = re.compile(r"\s*(\w+)\s*\(")


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
    for release, moves in rows:
        if release not in drawn:
            drawn[release] = _drawn(connection, release)
        steps += [drawn[release][element] for element in _completed(moves) if element in drawn[release]]
    return len(steps) >= len(removals) and sum(steps) >= sum(removals)


def staying() -> Iterator[Fault]:
    """Packets that still name the content of a document that was kept out, once that was removed (Art. 3.2): one in
    which it came or a copy of it went, a mail that brought other letters, too."""
    for row in db.session.execute(text(f"""
            with gone as (select d.id from document d where d.status = 'discarded' and exists (
                select from act a where a.subject = 'document:' || d.id and a.kind = 'content_removed'))
            select m.document_id, m.document_id as gone from message m join gone g on g.id = m.document_id
            where m.kind in ('document', 'update') and m.sha256 <> ''
            union select g.id, g.id from gone g join sender_request r on r.document_id = g.id
                join message m on m.key = r.key and m.direction = 'in' and m.sha256 <> ''
            union select m.document_id, g.id from gone g join message o on o.document_id = g.id
                and o.key like 'mail:%' and o.direction = 'in' join message m on m.key like 'mail:%'
                and m.direction = 'in' and m.sha256 <> '' and split_part(m.key, ':', 2) = split_part(o.key, ':', 2)
            order by 1, 2 limit {LISTED}""")):
        yield Fault("file", f"document:{row.document_id}",
                    f"Gói tin còn giữ nội dung của văn bản {row.gone}, đã bị loại khỏi phần mềm (Điều 3.2).")


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
