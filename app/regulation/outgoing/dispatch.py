"""Dispatch to "Kính gửi" and "Nơi nhận" (Art. 9.1.d, 9.2.c) and the receipts that come back (NĐ 30/2020 Đ18)."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from app.db import db
from app.engine.obligation import expect, oblige
from app.engine.step import Act, SlowStep, slow_step, step
from app.engine.template import offer, tells
from app.records import agency, attachment, message, milestone, right
from app.records.agency import Agency
from app.records.calendar import ZONE
from app.records.document import Document, answered_by
from app.records.message import INSIDE, OUTSIDE, Message
from app.records.people import User
from app.regulation import addressed, within
from app.regulation.outgoing import named, replace
from app.tools import Tools, edxml
from app.tools.exchange import LOCKED, ExchangeAway, ExchangeRefused

oblige("dispatch", "Art. 9.1.d", needs=("number", "sign_by_agency"), sets="dispatch", is_once=True,
       direction="outgoing")
oblige("dispatch", "Art. 8.1", sets="dispatch", owes=("tell_answered",), direction="outgoing")
oblige("record_receipt", "Art. 9.1.d", needs=("dispatch",), direction="outgoing")
expect("dispatch", "Art. 9.1.d", direction="outgoing", form="electronic")
expect("dispatch", "Art. 9.2.c", direction="outgoing", form="hybrid")
offer("dispatch", "Gửi qua trục liên thông", is_outside=True)
offer("record_receipt", "Ghi nhận hồi báo", gives={"all_received": (True, False)})
tells("receipt", "Hồi báo của nơi nhận", needs=("dispatch",))


#: one more packet under way at a time for so many recipients, and the most of them
_MANY, _AT_ONCE = 8, 6


def packet(document: Document, own: Agency) -> dict[str, Any]:
    """The plain values of the document packet (edXML sections 3, 4); asked for again, the same."""
    codes = recipients(document)
    known = agency.names(codes)
    sealed = milestone.standing(document.id)["sign_by_agency"]
    clerk = db.session.get(User, sealed.user_id) if sealed.user_id else None
    issued = document.issued_date.isoformat() if document.issued_date else None
    replies = [{"organ_id": one.organ_id, "code": one.reference, "document_id": one.packet_id,
                "promulgation_date": one.issued_date.isoformat() if one.issued_date else None}
               for one in answered_by(document) if one.packet_id]
    return {
        "from_": {"organ_id": own.code, "organ_name": own.name},
        "to": [{"organ_id": code, "organ_name": known.get(code, code)} for code in codes],
        "document_id": document.packet_id, "code_number": document.code_number,
        "code_notation": document.code_notation, "place": own.place, "promulgation_date": issued,
        "type_name": document.type_name,
        "subject": document.subject, "content": document.subject,
        "signer": {"competence": document.signer_competence, "position": document.signer_position,
                   "full_name": document.signer_name},
        "priority": document.priority, "page_amount": document.page_amount, "response_for": replies,
        "to_places": [known.get(code, code) for code in document.recipients],
        "business": {"doc_type": 0, "reason": "Văn bản điện tử mới",
                     "paper": 1 if document.exchange_form == "hybrid" else 0,
                     "staff": {"department": "Văn thư", "staff": clerk.full_name if clerk else ""}}
        | replace.business(document),
        "traces": [{"organ_id": own.code, "timestamp": sealed.at.astimezone(ZONE).isoformat()}],
    }


def recipients(document: Document) -> list[str]:
    """Whom it goes to: "Kính gửi" then "Nơi nhận", each code once."""
    return list(dict.fromkeys([*document.addressees, *document.recipients]))


@slow_step("exchange")
class Dispatch(SlowStep):
    """Send the signed document to each recipient; a resend is the same message."""

    def ask(self, act: Act) -> dict[str, Any]:
        """The packet, the signed file, one key and one row per recipient: a receipt may be here before the record."""
        document = act.document
        fact = milestone.standing(document.id)["sign_by_agency"]
        file = next(a for a in attachment.of(document.id) if a.sha256 == fact.sha256)
        approved = milestone.standing(document.id)["approve"].sha256
        keys = {code: f"{document.packet_id}:{code}" for code in recipients(document)}
        sent = {row.key: row for row in message.sent_for(document.id)}
        for code, key in keys.items():
            if key not in sent:
                db.session.add(Message(
                    agency_id=document.agency_id, direction="out", kind="document", key=key, document_id=document.id,
                    partner=code, packet_id=document.packet_id or "", at=act.at))
        return {"packet": packet(document, act.agency), "sender": act.agency.code, "keys": keys,
                "to": [code for code, key in keys.items() if key not in sent or not sent[key].axis_id],
                "approved": approved, "file": {"sha256": file.sha256, "name": file.name, "media_type": file.media_type}}

    def work(self, tools: Tools, asked: dict[str, Any]) -> dict[str, Any]:
        """{"sha256": the packet, "axis_ids": {code: DocId}, "refused", "locked": {code: why}, "named": pairs}.

        One that is refused stops no other. One that the axis has locked, and all the rest when the axis itself is away,
        are sent it at the next look that reaches the axis (resend.py), under the same key: nothing goes twice.
        """
        written = [*addressed.written_in(tools.blobs, asked["approved"]).items()] if asked.get("approved") else []
        found: dict[str, Any] = {"sha256": "", "axis_ids": {}, "refused": {}, "locked": {}, "named": written}
        if not asked["to"]:
            return found
        file = asked["file"]
        data = tools.signer.sign_packet(edxml.build_document(asked["packet"], [
            {"name": file["name"], "media_type": file["media_type"], "data": tools.released(file["sha256"])}]),
            asked["sender"])
        found["sha256"] = tools.blobs.put(data)
        axis, away = tools.axis.of(asked["sender"]), []

        def send(code: str) -> tuple[str, str]:
            """(which part of what is found, DocId or sentence)."""
            if away:
                return "locked", away[0]
            try:
                return "axis_ids", axis.send_edoc(data, sender=asked["sender"], to=[code], message_type="edoc",
                                                  key=asked["keys"][code])
            except ExchangeRefused as refusal:
                return "refused", str(refusal.facts["sentence"])
            except ExchangeAway as trouble:
                if trouble.facts.get("code") != LOCKED:
                    away.append(str(trouble.facts["sentence"]))
                return "locked", str(trouble.facts["sentence"])

        with ThreadPoolExecutor(min(_AT_ONCE, 1 + len(asked["to"]) // _MANY)) as hands:
            for code, (part, said) in zip(asked["to"], hands.map(send, asked["to"]), strict=True):
                found[part][code] = said
        return found

    def record(self, act: Act, found: dict[str, Any]) -> dict[str, Any]:
        """What became of each recipient; when all have answered, or there is none, nothing is waited for."""
        document = act.document
        rows = message.sent_for(document.id)
        for row in rows:
            if row.partner in found["axis_ids"]:
                row.axis_id, row.sha256 = found["axis_ids"][row.partner], found["sha256"]
            elif row.partner in found["refused"]:
                row.description = row.description or found["refused"][row.partner][:1000]
                row.sha256 = found["sha256"]  # what is sent when a clerk has it sent again
            elif row.partner in found.get("locked", ()):
                row.sha256 = found["sha256"]  # what the next look sends
        document.status, document.closed_at = "dispatched", act.at
        self._record_outside(act, dict(found.get("named", ())))
        if message.is_settled(document.id):
            act.deliver(act.instance.id, "receipt", {})
        return {}

    @staticmethod
    def _record_outside(act: Act, written: dict[str, str]) -> None:
        """Whoever is named and in no directory has a row, too: a person sends it, and says how (otherwise.py). So has
        who is in the directory, was not chosen and not answered for (named.py). One's own have it and may read it.
        """
        if message.outside_of(act.document.id):
            return
        left = {one.name: one.place for one in named.among(act.document, written)}
        outside, inside = addressed.beyond(act.document, written)
        for number, (name, place) in enumerate((outside | left | inside).items(), 1):
            has_it = {"other_way": INSIDE, "other_at": act.at} if name in inside else {}
            db.session.add(Message(
                agency_id=act.document.agency_id, direction="out", kind=OUTSIDE, document_id=act.document.id,
                key=f"{act.document.packet_id}:{place}:{number}", partner=f"{place}:{number}", name=name[:300],
                packet_id=act.document.packet_id or "", at=act.at, **has_it))
        units, people = within.readers(act.agency, inside)
        for unit_id in sorted(units):
            right.grant(act.document, right.READ, unit_id=unit_id)
        for user_id in sorted(people):
            right.grant(act.document, right.READ, user_id=user_id)
        db.session.flush()


@step
def record_receipt(act: Act) -> dict[str, Any]:
    """Whether every recipient has answered, and each outside the exchange was sent it; all of it is in rows already.

    Returns {"all_received": bool}.
    """
    return {"all_received": message.is_settled(act.document.id)}
