"""A verdict that lacked something is judged again when it may be there: lists of revocation, a stamp's authority, a
certificate that two people have registered since, the signer's name.

NĐ 23/2025 Art. 16; Art. 3.3, 6.3: what cannot be known yet keeps nobody from registering; the leader sees as soon as it
is known. What was judged otherwise stays as it was judged at arrival; that others lead the sender now makes it no
worse. The procedure goes on by itself: this moves nothing.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from app.db import db
from app.engine import instance as instances
from app.records import history
from app.records.document import Document
from app.regulation.electronic_document import EVIDENCE, as_kept, concluded, judged, to_judge
from app.regulation.verdict import left_open
from app.tools import Tools

#: reasons that may go by themselves: of facts that lacked
PASSING = {"revocation_unknown", "time_untrusted", "attachment_unproven", "packet_unproven"}
#: a name was not read clearly: judged by the one that the clerk then confirms; another's than who signed: judged by
#: that again when the clerk has written another than was read
NEAR, OTHER = "signer_near", "other_person"
#: who signed is none of the leaders who are registered, at arrival or since: judged again when he is, too
NOT_LEADER, OTHERS_LEAD = "not_leader", "others_lead"
#: and of what was not known of the sender: the facts stay those of the arrival, no file is read again
REGISTERED = {"agency_not_registered", "leader_not_registered", "leader_unknown", "attachment_not_registered",
              "attachment_other", "sender_unknown", NEAR, NOT_LEADER, OTHERS_LEAD}
#: what a registration of anybody settles: nobody knew at arrival who sent it, or who leads the sender
_OPEN = {"sender_unknown", "leader_unknown"}
#: what has waited for so long will not be told any more
LONGEST = timedelta(days=60)
#: what stays of the verdict at arrival
_FIRST = ("color", "verdict", "told", "reasons", "checked_at")
#: documents looked at in one go: their files, or what is registered
TOGETHER, TOGETHER_REGISTERED = 100, 500


def waiting(at: datetime) -> list[int]:
    """Documents whose verdict lacks what may be known by now; where they are many, each hour the next of them."""
    told = Document.verdict["told"]
    rows = db.session.execute(
        select(Document.id, told, Document.signer_name).where(
            Document.direction == "incoming", Document.created_at > at - LONGEST, db.or_(
                Document.verdict["verdict"].astext == "indeterminate", told.contains([{"code": NEAR}]),
                db.and_(Document.verdict["verdict"].astext == "incomplete", told.contains([{"code": NOT_LEADER}])),
                db.and_(told.contains([{"code": OTHER}]), Document.channel != "exchange")))
        .order_by(Document.id.desc()))
    files, others = [], []
    for key, reasons, name in rows:
        codes = {one["code"] for one in reasons or () if one["code"] != OTHER}
        codes |= {NEAR for one in reasons or () if one["code"] == OTHER and name and one["names"]["wanted"] != name}
        if codes & PASSING:
            files.append(key)
        elif codes & REGISTERED:
            others.append(key)
    return _turn(files, TOGETHER, at) + _turn(others, TOGETHER_REGISTERED, at)


def _turn(keys: list[int], most: int, at: datetime) -> list[int]:
    """Those whose turn it is in this hour, so that none waits behind others for ever and nothing is written down."""
    if len(keys) <= most:
        return keys
    start = int(at.timestamp()) // 3600 * most % len(keys)
    return (keys + keys)[start:start + most]


def again(document_id: int, tools: Tools, at: datetime) -> bool:
    """Judge it anew; True: the verdict is another now, and an act says so. Commits.

    Verifying takes a second: it is done before the document is locked, and counts only if nothing changed meanwhile.
    Where no fact lacked, those that were kept at arrival are judged, by what is registered now.
    """
    document = db.session.get_one(Document, document_id)
    before, asked = document.verdict, to_judge(document, at)
    db.session.rollback()
    if not before:
        return False
    if "is_scan" in before and not PASSING & {one["code"] for one in before["told"]}:
        found = concluded({name: before[name] for name in EVIDENCE if name in before}, asked, tools.signer.folder)
    else:
        found = judged(tools, asked)
    if _by_another(before, found["verdict"]):
        found |= {"verdict": left_open(found["verdict"])}
    instances.lock_of_document(document_id)
    document = db.session.get_one(Document, document_id, populate_existing=True)
    if document.verdict != before or to_judge(document, at) != asked or found["verdict"]["told"] == before["told"]:
        db.session.rollback()
        return False
    first = before.get("first") or {name: before[name] for name in _FIRST}
    document.verdict = as_kept(found, at) | {"first": first} | {
        name: before[name] for name in ("later", "before") if name in before}
    db.session.flush()
    history.append(history.Act(agency_id=document.agency_id, subject=f"document:{document_id}", at=at,
                               kind="signature_rechecked"),
                   input={"was": before["verdict"], "is": found["verdict"]["verdict"]}, changes=history.take_changes())
    db.session.commit()
    return True


def _by_another(before: dict[str, Any], now: dict[str, Any]) -> bool:
    """Whether it would be worse for no more than that others were registered as leaders since, of which nobody said
    that who signed is none: it waits until he is registered, too, and says for what.
    """
    was, told = ({one["code"] for one in verdict["told"]} for verdict in (before, now))
    return (before["verdict"], now["verdict"]) == ("indeterminate", "incomplete") and NOT_LEADER in told - was \
        and OTHER not in told and not was & _OPEN


def run(tools: Tools, now: Callable[[], datetime], apart: Callable[[str], AbstractContextManager[None]]) -> None:
    """All that wait, each apart from the others."""
    for document_id in waiting(now()):
        with apart(f"the signatures of document {document_id}"):
            again(document_id, tools, now())
