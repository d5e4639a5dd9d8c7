"""Art. 3: which signatures make an incoming electronic document valid (3.3), and what must not be stored (3.2).

The verdict itself is pure (verdict.py); here it is asked for and written down. It signs nothing.
"""

from datetime import datetime
from itertools import product
from pathlib import Path
from typing import Any

from app.db import db
from app.engine.obligation import expect, oblige
from app.engine.step import Act, SlowStep, slow_step, step
from app.engine.template import offer
from app.records import (
    agency,
    attachment,
    barred,
    certified_copy,
    deadline,
    mail,
    message,
    notice,
    reading_check,
    register,
    sender_request,
    trust_anchor,
)
from app.records.calendar import local_date
from app.records.document import REMOVED, Document, Opinion, opinions
from app.regulation import annex, barred_text, signature_register, verdict
from app.regulation.annex import spelled
from app.tools import Tools
from app.tools.apart import BrokeReader, TookTooLong
from app.tools.page_scan import is_scanned
from app.tools.page_source import BadImage, Source

oblige("check_signatures", "Art. 6.3", sets="check_signatures", direction="incoming")
oblige("check_signatures", "Art. 6.3.a", sets="admitted", when={"signature_ok": True}, direction="incoming")
oblige("discard", "Art. 3.2", needs=("excluded",), sets="refused", direction="incoming",
       clears=("enter", "forward", "directed", "assign", "verify", "admitted"))
expect("discard", "Art. 3.2", direction="incoming")
offer("check_signatures", "Kiểm tra chữ ký số văn bản đến", is_outside=True,
      gives={"signature_ok": (True, False), "register_due_at": ("2026-01-05T17:00:00+07:00",)})
offer("discard", "Hủy bỏ nội dung không được cập nhật (Điều 3.2)")

#: what a document keeps of the check beside the verdict: the facts, and where the register was asked
EVIDENCE = ("reports", "attached", "belongs", "packet", "files", "is_scan", "register")
#: a name read less surely than this may be misread
UNSURE = 0.6
#: a number of a picture that was read as surely as this is told where the packet has another
SURE = 0.9
#: figures of which a blot makes one another
_ALIKE = ("147", "0689", "3589", "27")


@slow_step("signing")
class CheckSignatures(SlowStep):
    """Art. 3.3, 6.3: are the signatures of an electronic document valid, by which way ever it came?"""

    def ask(self, act: Act) -> dict[str, Any] | None:
        """The PDFs that came; nothing for a scan of paper, whose signatures are in ink (receive.py: no signed file)."""
        return None if act.document.channel == "paper" else to_judge(act.document, act.at)

    def work(self, tools: Tools, asked: dict[str, Any]) -> dict[str, Any]:
        """Judge them."""
        return judged(tools, asked)

    def record(self, act: Act, found: dict[str, Any]) -> dict[str, Any]:
        """Keep verdict and evidence; Art. 6.3.a goes on, 6.3.b asks the leader, who has a working day."""
        act.document.verdict = as_kept(found, act.at)
        is_good = found["verdict"]["color"] == "green"
        due = {} if is_good else {"register_due_at": deadline.give(act.document, "decide_unsigned", act.at)}
        return {"signature_ok": is_good, **due}


def to_judge(document: Document, at: datetime, later: str = "") -> dict[str, Any]:
    """What is judged: the files that came, the first PDF before all others, and the packet, who sent them, and whom
    the agency believes.

    Who sent what came without a code is the agency that its letterhead names. `later`: the sha256 of a signed file that
    comes after the document; it is the document itself.
    """
    sender, is_sure = (document.organ_id, True) if document.organ_id else agency.code_named(document.organ_name)
    files = [a for a in attachment.of(document.id) if a.kind == "original" and a.removed_at is None]
    shas, pdfs = [a.sha256 for a in files], {a.sha256 for a in files if a.media_type == "application/pdf"}
    if later := later or (document.verdict or {}).get("later", ""):
        shas, pdfs = [later, *(one for one in shas if one != later)], pdfs | {later}
    main = next((n for n, one in enumerate(shas) if one in pdfs), None)
    shas = [] if main is None else [shas[main], *shas[:main], *shas[main + 1:]]
    more = {"plain": [one for one in shas if one not in pdfs], "prints": (prints := _prints(document)),
            "is_sure": _is_sure(document, prints),
            "reference": document.reference if document.channel == "exchange" else "",
            "is_second": bool(main) and document.channel == "exchange"}
    packet = next((one.sha256 for one in message.received_for(document.id) if one.sha256 and not one.status_code), "")
    return {"sha256s": shas, "at": at.isoformat(),
            "sender_code": sender, "sender_codes": agency.codes_of(sender, local_date(at)),
            "signer_name": document.signer_name or None, "notation": document.code_notation} | _anchors() | _registered(
                sender, at) | ({} if is_sure else {"is_likely": True}) | (
                {"is_read": True} if _is_unclear(document) else {}) | {
                    name: one for name, one in more.items() if one} | (
                {"packet": packet, "arrived_at": document.created_at.isoformat()} if packet else {})


def _is_unclear(document: Document) -> bool:
    """Was the signer's name read, not clearly, and has nobody stated or confirmed it?"""
    read = (document.recognised or {}).get("signer_name") or {}
    return document.channel != "exchange" and bool(document.signer_name) and read.get("value") == document.signer_name \
        and read["confidence"] < UNSURE and reading_check.of(document.id) is None


def _prints(document: Document) -> dict[str, str]:
    """The number that was read on its pages, not unclearly, where its packet tells another: {"found", "wanted"}."""
    read = document.recognised or {}
    found = [read.get(name) or {} for name in ("code_number", "code_notation")]
    if document.channel != "exchange" or not document.code_number or not all(
            one.get("value") and one["confidence"] >= UNSURE for one in found):
        return {}
    printed = "/".join(str(one["value"]) for one in found)
    return {} if spelled(printed) == spelled(document.reference) else {
        "found": printed, "wanted": document.reference}


def _is_sure(document: Document, prints: dict[str, str]) -> bool:
    """Are the figures that were read others, though they were read of a picture: surely, and no figure that may be
    misread is all that differs? A notation is misread more often (one of 142 scans, by 0.95).
    """
    if not prints or document.recognised["code_number"]["confidence"] < SURE:
        return False
    read, told = spelled(str(document.recognised["code_number"]["value"])), spelled(document.code_number)
    others = {(one, other) for one, other in zip(read, told, strict=False) if one != other}
    return len(read) != len(told) or len(others) > 1 or not any(others <= {*product(each, each)} for each in _ALIKE)


def own_to_judge(act: Act) -> dict[str, Any]:
    """The same of a file that this agency signs, but for the file, which is not there yet."""
    return {"at": act.at.isoformat(), "sender_code": act.agency.code, "signer_name": act.document.signer_name or None,
            "sender_codes": agency.codes_of(act.agency.code, local_date(act.at)), "is_own": True} | _anchors()


def _anchors() -> dict[str, Any]:
    """Whom the agency believes, if it has a list of its own."""
    anchors = trust_anchor.believed()
    return {} if anchors is None else {"anchors": anchors}


def _registered(code: str, at: datetime) -> dict[str, Any]:
    """What the agency's own list says of the sender's certificates, if anything."""
    rows = trust_anchor.registered(agency.codes_of(code, local_date(at)))
    return {"registered": rows} if rows else {}


def judged(tools: Tools, asked: dict[str, Any]) -> dict[str, Any]:
    """Verify the first PDF, the document itself, the others, which are separate attachments that the agency signs (one
    of another kind bears no signature), and the packet in which they came, where it is signed itself.
    """
    return concluded(_looked_at(tools, asked), asked, tools.signer.folder)


def _looked_at(tools: Tools, asked: dict[str, Any]) -> dict[str, Any]:
    """The facts, which are kept as evidence: reports, files, is_scan, and where there are any, attached, packet."""
    own, every, bomb = asked.get("anchors"), [], None
    for sha256 in asked["sha256s"]:
        is_plain = sha256 in asked.get("plain", ())
        every.append([] if is_plain else bomb or tools.signer.verify(tools.blobs.read(sha256), anchors=own,
                                                                     may_ask=True))
        bomb = bomb or (every[-1] if any("heavy" in one["problems"] for one in every[-1]) else None)  # one is enough
    reports, *attached = every or [[]]
    packet = tools.signer.verify_packet(
        tools.blobs.read(asked["packet"]), at=datetime.fromisoformat(asked["arrived_at"]), anchors=own,
        may_ask=True) if asked.get("packet") else None
    is_drawn = bool(reports) and not any("heavy" in one["problems"] for one in reports)
    is_scan = is_scanned(tools.blobs.read(asked["sha256s"][0])) if is_drawn else None
    signed = [n for n, those in enumerate(attached, 1) if those and those is not bomb]
    main = _letters(tools.blobs.read(asked["sha256s"][0])) if signed and is_drawn else []
    belongs = {str(n): annex.says(_letters(tools.blobs.read(asked["sha256s"][n])), main) for n in signed}
    beside = {"attached": attached, "belongs": belongs, "packet": packet}
    return {"reports": reports, "files": asked["sha256s"], "is_scan": is_scan} | {
        name: one for name, one in beside.items() if one}


def _letters(pdf: bytes) -> list[str]:
    """The letters that the first pages of a PDF bring along; [] of one that cannot be read."""
    try:
        source = Source(pdf, "application/pdf")
        return [source.letters(number) for number in range(1, min(source.count, annex.PAGES) + 1)]
    except (BadImage, BrokeReader, TookTooLong):
        return []


def concluded(facts: dict[str, Any], asked: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The facts with the verdict over them, by what is known now of the sender (its register, the printed name).

    `facts`: as kept of a check before, too: what was found of a file is not asked again of certificates of today.
    """
    reports, attached, packet = facts["reports"], facts.get("attached", []), facts.get("packet")
    is_own, codes = asked.get("is_own", False), (asked["sender_code"], *asked.get("sender_codes", ()))
    rows = asked.get("registered", ())
    if asked.get("is_likely") and not any(one["is_agency"] and one["organisation_code"] in codes for one in reports):
        codes, rows = ("",), ()  # a namesake elsewhere may have signed: who it is, is not known
    sender, source = (None, "own") if is_own else signature_register.of_sender(rows, folder, codes)
    if sender is not None:
        reports, *attached = [[sender.named(one) for one in those] for those in (reports, *attached)]
        packet = packet and sender.named(packet)
    return facts | {"reports": reports, "verdict": verdict.judge(
        reports, sender_code=codes[0], signer_name=asked["signer_name"], also=codes[1:], is_scan=facts["is_scan"],
        attached=attached, packet=packet, is_own=is_own, is_read=asked.get("is_read", False),
        notation=asked.get("notation", ""), registered=sender, is_second=asked.get("is_second", False),
        prints=asked.get("prints") if facts["is_scan"] is False or asked.get("is_sure") else None,
        belongs=_untied(facts, asked)),
        "register": source} | {name: one for name, one in (("attached", attached), ("packet", packet)) if one}


def _untied(facts: dict[str, Any], asked: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Annexes that say that they belong to another document, or to none: (code, number of the file, number found)."""
    found = {n: annex.trouble(said, facts["attached"][int(n) - 1], asked["reference"])
             for n, said in facts.get("belongs", {}).items() if asked.get("reference")}
    return [(one[0], n, one[1]) for n, one in found.items() if one]


def as_kept(found: dict[str, Any], at: datetime) -> dict[str, Any]:
    """Verdict and evidence, as a document keeps them."""
    evidence = {name: found[name] for name in EVIDENCE if name in found}
    return {**found["verdict"], **evidence, "checked_at": at.isoformat()}


@step
def discard(act: Act) -> None:
    """Art. 3.2: what must not be in the system is taken out: content and fields go, the fact and its reason stay.

    Here the rows let go of it; the job `purge` then deletes files, results of work and contents of acts. The
    packet's identifier stays, so that the same packet is not taken in again, and its sender can be told (`refused`).
    """
    document, sha256s = act.document, []
    _keep_fact(act)
    for file in attachment.of(document.id):
        sha256s.append(file.sha256)
        file.removed_at, file.name, file.sha256 = act.at, REMOVED, ""
    for packet in message.bearing(document.id):
        sha256s.append(packet.sha256)
        packet.sha256 = ""
        packet.description = packet.description if packet.direction == "out" else ""
    partners = agency.codes_of(document.organ_id, local_date(act.at))
    for packet in message.early(partners, sender_request.names_of(document)):
        sha256s.append(message.let_go(packet, act.at, REMOVED, with_words=True))
    for name in ("subject", "organ_name", "code_number", "code_notation", "type_name", "signer_name",
                 "signer_position", "signer_competence", "description"):
        setattr(document, name, "")
    document.recognised = document.verdict = document.issued_date = document.page_amount = None
    for keeper in (reading_check, mail, notice, certified_copy, sender_request, message):
        keeper.forget(document.id)
    for said in opinions(document.id):
        if said.element != "verify":
            said.text = REMOVED
    _say_who_has_it(act)
    register.void(document, "incoming", act.at, act.actor_id, register.KEPT_OUT)
    register.forget(document.id)
    document.status, document.closed_at = "discarded", act.at
    act.outgoing.append(("purge", {"document_id": document.id, "sha256s": sha256s, "wanted_by": act.instance.acts + 1}))


def _say_who_has_it(act: Act) -> None:
    """Copies that went out are with others: a clerk asks them back, which needs nothing of the content."""
    for copy in certified_copy.of(act.document.id):
        sent = [one for one in message.sent_for(act.document.id, copy.id) if one.axis_id]
        if sent and copy.status == certified_copy.MADE:
            db.session.add(Opinion(
                agency_id=copy.agency_id, document_id=copy.document_id, kind="warning", at=act.at,
                text=f"Bản sao số {copy.reference} đã gửi {len(sent)} nơi nhận: văn thư yêu cầu thu hồi (Điều 3.2)."))


def _keep_fact(act: Act) -> None:
    """For which rule and by whom it is kept out; the responsible person is told. `barred`: no person has decided."""
    document, file = act.document, attachment.latest(act.document.id, "scan", "original")
    is_read = act.data.get("barred") is True
    barred.put(document.agency_id, barred.RECOGNISED if is_read else barred.CLERK,
               next(iter(barred_text.signs(document.recognised)), barred.OTHER), act.at, document_id=document.id,
               user_id=file.created_by_id if is_read and file is not None else act.actor_id,
               partner=document.organ_id if document.channel == "exchange" else "")
