"""The leader who approved signs (Art. 9.1.c), then the agency (Art. 9.1.d, 9.2.c); never the other way round.

Prepare (slow) -> a person signs the digest with the key (signing_door.py) -> embed (slow). What the key gave and what
proves it come in with the act; the PIN does not: it is in no act, job, row or log.
"""

import base64
from datetime import datetime
from typing import Any

from app.db import db
from app.engine.form import FormInvalid
from app.engine.form_need import Need, need
from app.engine.obligation import oblige
from app.engine.step import Act, SlowStep, slow_step, taken
from app.engine.template import offer
from app.records import attachment, certified_copy, message, milestone, signature, signature_picture, signing_key
from app.records.people import User
from app.records.signature import Signature
from app.regulation.electronic_document import as_kept, judged, own_to_judge
from app.regulation.outgoing import scan_answered, signing_door
from app.tools import Tools

#: what a paper is that is issued electronically (NĐ 30/2020 Đ18.6, 25.1.c)
COPY_FORM = certified_copy.KINDS["certified"][0]

oblige("prepare_leader_signature", "Art. 9.1.c", needs=("number", "complete"), sets="prepare_leader_signature",
       clears=("leader_key", "sign_by_leader"), direction="outgoing")
oblige("task:sign_by_leader", "Art. 9.1.c", needs=("prepare_leader_signature",), sets="leader_key",
       when={"decision": "sign"}, roles=("leader",), direction="outgoing")
oblige("task:sign_by_leader", "Art. 9.1.c", clears=("leader_key", "sign_by_leader"), when={"decision": "refuse"},
       direction="outgoing")
oblige("sign_by_leader", "Art. 9.1.c", needs=("approve", "complete", "leader_key"), sets="sign_by_leader",
       clears=("agency_key", "sign_by_agency"), direction="outgoing")
oblige("prepare_agency_signature", "Art. 9.1.d", needs=("number", "sign_by_leader"), sets="prepare_agency_signature",
       clears=("agency_key",), form="electronic", direction="outgoing")
oblige("prepare_agency_signature", "Art. 9.2.c", needs=("number", "seal_paper", "digitise"),
       sets="prepare_agency_signature", clears=("agency_key",), form="hybrid", direction="outgoing")
oblige("task:seal", "NĐ 30/2020 Đ32", needs=("prepare_agency_signature",), sets="agency_key",
       when={"decision": "sign"}, roles=("clerk",), direction="outgoing")
oblige("task:seal_copy", "NĐ 30/2020 Đ32", needs=("prepare_agency_signature",), sets="agency_key",
       when={"decision": "sign"}, roles=("clerk",), direction="outgoing")
for _form, _no in (("seal", "refuse"), ("seal_copy", "refuse"), ("seal_copy", "void")):
    oblige(f"task:{_form}", "NĐ 30/2020 Đ32", clears=("agency_key", "sign_by_agency"), when={"decision": _no},
           direction="outgoing")
oblige("sign_by_agency", "Art. 9.1.d", needs=("number", "sign_by_leader", "agency_key"), sets="sign_by_agency",
       form="electronic", direction="outgoing")
oblige("sign_by_agency", "Art. 9.2.c", needs=("number", "seal_paper", "digitise", "agency_key"),
       sets="sign_by_agency", form="hybrid", direction="outgoing")
offer("prepare_leader_signature", "Chuẩn bị ký số cá nhân", is_outside=True)
offer("task:sign_by_leader", "Lãnh đạo ký số cá nhân", roles=("leader",), is_outside=True,
      gives={"decision": ("sign", "refuse"), "reason": ("",)})
offer("sign_by_leader", "Gắn chữ ký số cá nhân", is_outside=True)
offer("prepare_agency_signature", "Chuẩn bị ký số cơ quan", is_outside=True)
offer("task:seal", "Ký số cơ quan và phát hành", roles=("clerk",), is_outside=True,
      gives={"decision": ("sign", "refuse"), "reason": ("",)})
offer("task:seal_copy", "Ký số cơ quan trên bản quét và phát hành", roles=("clerk",), is_outside=True,
      gives={"decision": ("sign", "refuse", "void"), "reason": ("",)})
offer("sign_by_agency", "Gắn chữ ký số cơ quan", is_outside=True)

for _key, _article, _decisions in (("sign_by_leader", "Điều 9.1.c", ("sign", "refuse")),
                                   ("seal", "Điều 9.1.d", ("sign", "refuse")),
                                   ("seal_copy", "Điều 9.2.c", ("sign", "refuse", "void"))):
    need(_key, _article, decision=Need("choice", _decisions, is_required=True),
         pin=Need("pin", is_kept=True, hidden_when=_decisions[1:]),
         reason=Need("text", is_required=True, hidden_when=("sign",)),
         **({"difference": Need("text", is_kept=True, hidden_when=_decisions[1:])} if _key == "seal_copy" else {}))

def _take(act: Act, values: dict[str, Any], kind: str) -> dict[str, Any]:
    waiting = signature.pending(act.document.id, kind)
    if waiting.user_id is not None and waiting.user_id != act.actor_id:
        raise signing_door.WrongSigner()
    if values["decision"] != "sign":
        if not values.get("reason"):
            raise FormInvalid({"reason": ["Ghi lý do từ chối ký."]})
        message.require_not_sent(act.document.id)
        act.say("reason", values["reason"])
        return {"decision": values["decision"], "reason": values["reason"][:500]}
    if not values.get("signature"):
        raise FormInvalid({"pin": ["Nhập mã PIN để ký."]})
    given = values["signature"]
    if isinstance(given, str):  # an act of before keys could lie elsewhere
        given = {"value": given}
    if "prepared" in given:  # anew, with the hour of the PIN
        waiting.prepared_sha256, waiting.state = given["prepared"], given["state"]
    waiting.value = given["value"]
    waiting.proof = {name: one for name, one in given.items() if name not in ("value", "prepared", "state")}
    waiting.signed_at, waiting.signed_by_id = act.at, act.actor_id
    return {"decision": "sign"}


@taken("sign_by_leader", is_personal=True)
def take_leader_signature(act: Act, values: dict[str, Any]) -> dict[str, Any]:
    """Art. 9.1.c: the leader who approved signs, or refuses with a reason."""
    return _take(act, values, "leader")


@taken("seal")
def take_agency_signature(act: Act, values: dict[str, Any]) -> dict[str, Any]:
    """Art. 9.1.d, NĐ 30/2020 Đ32.2: the clerk signs with the agency's key what the leader has signed."""
    return _take(act, values, "agency")


@taken("seal_copy")
def take_copy_signature(act: Act, values: dict[str, Any]) -> dict[str, Any]:
    """Art. 9.2.c: the clerk signs the scan; refuses it, to scan again; or gives up number and paper: it is spoiled.

    A scan that is not what was approved is signed when each place is answered for.
    """
    if values["decision"] == "sign":
        scan_answered.require_answered(act.document)
    return _take(act, values, "agency")


class _Prepare(SlowStep):
    """Make the PDF with an empty place for the signature, and the digest to be signed."""

    kind: str

    def _source(self, act: Act) -> attachment.Attachment:
        raise NotImplementedError

    def _who(self, act: Act) -> tuple[str, int | None, str, str]:
        """(key, user id or None, visible kind, name)."""
        raise NotImplementedError

    def ask(self, act: Act) -> dict[str, Any]:
        """The file and whose key."""
        file = self._source(act)
        key, user_id, visible, name = self._who(act)
        held = signing_key.of(act.agency, db.session.get(User, user_id) if user_id else None)
        document, picture = act.document, signature_picture.of(user_id) if visible != "copy" else None
        return {"sha256": file.sha256, "key": key, "user_id": user_id, "visible": visible, "at": act.at.isoformat(),
                "certificate": base64.b64encode(held[0][2] if held else b"").decode(),
                "label": {"name": name, "signer_name": document.signer_name, "position": document.signer_position,
                          "agency": act.agency.name, "reference": document.reference,
                          **({"form": COPY_FORM} if visible == "copy" else {})},
                **({"picture": picture.sha256} if picture is not None else {})}

    def again(self, act: Act, asked: dict[str, Any]) -> dict[str, Any]:
        """With the key that is registered now."""
        return self.ask(act)

    def work(self, tools: Tools, asked: dict[str, Any]) -> dict[str, Any]:
        """Prepared file as a blob, the rest plain."""
        made, state = signing_door.prepared(tools, asked, datetime.fromisoformat(asked["at"]))
        state["source"] = tools.blobs.put(tools.signer.for_others(tools.blobs.read(asked["sha256"])))
        return {"prepared": tools.blobs.put(made), "state": state, "key": asked["key"], "user_id": asked["user_id"]}

    def record(self, act: Act, found: dict[str, Any]) -> dict[str, Any]:
        """What waits for the key."""
        db.session.add(Signature(
            agency_id=act.document.agency_id, document_id=act.document.id, kind=self.kind, key=found["key"],
            user_id=found["user_id"], prepared_sha256=found["prepared"], state=found["state"], prepared_at=act.at))
        return {}


@slow_step("signing")
class PrepareLeaderSignature(_Prepare):
    """Art. 9.1.c: for the leader who approved, on the numbered PDF."""

    kind = "leader"

    def _source(self, act: Act) -> attachment.Attachment:
        return _file_of(act, "complete")

    def _who(self, act: Act) -> tuple[str, int | None, str, str]:
        approved = milestone.standing(act.document.id)["approve"]
        signer = db.session.get_one(User, approved.user_id)
        return f"person:{act.agency.slug}.{signer.username}", signer.id, "leader", signer.full_name


@slow_step("signing")
class PrepareAgencySignature(_Prepare):
    """Art. 9.1.d on what the leader signed; Art. 9.2.c on the scan of the sealed paper.

    NĐ 30/2020 Đ18.6: a paper that is issued electronically is certified as Đ25.1.c says, scanned and signed by the
    agency; so its text says the form of copy, the agency and the time (PL I part II.I), and shows no picture.
    """

    kind = "agency"

    def _source(self, act: Act) -> attachment.Attachment:
        message.require_not_sent(act.document.id)
        return _file_of(act, "digitise" if act.document.exchange_form == "hybrid" else "sign_by_leader")

    def _who(self, act: Act) -> tuple[str, int | None, str, str]:
        visible = "copy" if act.document.exchange_form == "hybrid" else "agency"
        return f"agency:{act.agency.code}", None, visible, act.agency.name


class _Embed(SlowStep):
    """Put the signature that came back into the prepared file."""

    kind: str
    #: kind of the attachment that results
    makes: str
    status: str

    def ask(self, act: Act) -> dict[str, Any]:
        """What was prepared and what came back."""
        waiting = signature.pending(act.document.id, self.kind)
        source = milestone.standing(act.document.id)
        return {"prepared": waiting.prepared_sha256, "state": waiting.state, "value": waiting.value,
                "proof": waiting.proof, "standing": sorted(source), "to_judge": own_to_judge(act)}

    def work(self, tools: Tools, asked: dict[str, Any]) -> dict[str, Any]:
        """The signed file, verified before it is written, and its verdict, as a recipient will judge it."""
        signed = self._signed(tools, asked)
        sha256 = tools.blobs.put(signed)
        found = judged(tools, asked["to_judge"] | {"sha256s": [sha256]})
        return {"sha256": sha256, "size": len(signed), "judged": found}

    @staticmethod
    def _signed(tools: Tools, asked: dict[str, Any]) -> bytes:
        from app.tools.signing_returned import require_signed

        proof = asked.get("proof") or {}
        if "file" in proof:  # signed on the person's own computer: judged when it came, and again
            base, returned = tools.blobs.read(asked["state"]["source"]), tools.blobs.read(proof["file"])
            require_signed(tools.signer, base, returned, base64.b64decode(proof["certificate"]), proof["level"])
            return tools.signer.with_evidence(returned, proof, proof)
        state = asked["state"] | {name: proof[name] for name in ("attributes", "certificate") if name in proof}
        return tools.signer.embed(tools.blobs.read(asked["prepared"]), state, base64.b64decode(asked["value"]),
                                  proof if "level" in proof else None)

    def record(self, act: Act, found: dict[str, Any]) -> dict[str, Any]:
        """Of two signed files only the recorded one counts, and its verdict is kept."""
        document = act.document
        name = f"{document.code_number}-{document.code_notation}".replace("/", "-") + ".pdf"
        attachment.attach(document, self.makes, name, "application/pdf", found["sha256"], found["size"], act.at)
        act.sha256, document.status = found["sha256"], self.status
        if "judged" in found:  # not in what was done before verdicts over own files were kept
            document.verdict = as_kept(found["judged"], act.at)
        return {}


@slow_step("signing")
class SignByLeader(_Embed):
    """Art. 9.1.c: the leader's signature is in the PDF."""

    kind, makes, status = "leader", "signed_leader", "signed_by_leader"


@slow_step("signing")
class SignByAgency(_Embed):
    """Art. 9.1.d, 9.2.c: the agency's signature is in the PDF, over the leader's."""

    kind, makes, status = "agency", "signed", "signed"

    def ask(self, act: Act) -> dict[str, Any] | None:
        """What has gone out in part stays as it was signed, and only goes on. Raises AlreadySent."""
        if message.is_out(act.document.id):
            if "sign_by_agency" not in milestone.standing(act.document.id):
                raise message.AlreadySent()
            act.is_reached = False
            return None
        return super().ask(act)


def _file_of(act: Act, name: str) -> attachment.Attachment:
    """The file that a milestone is about."""
    fact = milestone.standing(act.document.id).get(name)
    for file in reversed(attachment.of(act.document.id)):
        if fact is not None and file.sha256 == fact.sha256:
            return file
    raise signature.SignatureMissing()
