"""What happens between a person's click and the act: his key signs what was prepared, the signature gets its proof.

Art. 9.1.c, 9.1.d; NĐ 68/2024 Art. 29. In this order: is it his to sign, the own certificate, the signature, the time
stamp, what is known of revocation. Nothing is written here: whatever fails, the document waits as it was, and the
reason is said at the task. No PIN goes further than this. It does NOT complete the task, nor embed (sign.py).
"""

import base64
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from app.db import db
from app.engine.task import Task, refuse_taken
from app.records import attachment, signature, signing_key
from app.records.agency import Agency
from app.records.calendar import local_date
from app.records.document import Document
from app.records.people import User
from app.records.signature import Signature
from app.refusal import Refusal
from app.tools import Tools

if TYPE_CHECKING:
    from app.tools.signing_key import Key

#: which signature a form asks for
KIND_OF_FORM = {"sign_by_leader": "leader", "seal": "agency", "seal_copy": "agency"}
#: a signature of a level that the signer does not ask for himself
LEAST = "B-B"


class WrongSigner(Refusal):
    """Only the leader who approved the content signs it."""

    code, status, article = "wrong_signer", 403, "Art. 9.1.c"


class WayNotAllowed(Refusal):
    """This person has no key that signs in this way."""

    code, status = "way_not_allowed", 409


@dataclass(frozen=True)
class Choice:
    """What a person says beside his PIN."""

    #: how he signs; empty = the first of his ways
    way: str = ""
    #: the level that he accepts when the one asked for cannot be had now; empty = none, it waits
    accepts: str = ""


def ways(task: Task, user: User) -> list[str]:
    """The ways in which this person may sign at this task, the first is the one proposed; [] for other tasks."""
    kind = KIND_OF_FORM.get(task.form_key)
    if kind is None:
        return []
    from app.tools.signing_key import WAYS

    held = {way for way, _, _ in _keys(task, user, kind)}
    return [way for way in WAYS if way in held]


def lapsed(tools: Tools, task: Task, user: User, at: datetime) -> dict[str, date]:
    """{way: last day of its certificate} of the keys that could not sign now: told before a PIN is asked, and to a
    leader before he approves what he could not sign then.
    """
    from app.tools.signing_key import KeyMissing

    kind = "leader" if task.form_key == "approve" else KIND_OF_FORM.get(task.form_key)
    if kind is None:
        return {}
    name = f"person:{user.agency.slug}.{user.username}" if kind == "leader" else f"agency:{user.agency.code}"
    found = {}
    for way, _, der in _keys(task, user, kind):
        with suppress(KeyMissing):
            certificate = der or tools.signer.files.certificate(name).dump()
            if not signing_key.in_force(certificate, at):
                found[way] = signing_key.told_of(certificate)["valid_to"]
    return found


def sign_with_pin(tools: Tools, task: Task, user: User, pin: str, choice: Choice | None = None) -> dict[str, Any]:
    """Sign what waits at this task with the person's (or, for a clerk, the agency's) key: plain values for the act.

    Raises TaskTaken, WrongSigner, SignatureMissing, and what `signed` does.
    """
    waiting = waiting_at(task, user)
    choice, is_own = choice or Choice(), waiting.kind == "leader"
    key = key_of(waiting.key, _keys(task, user, waiting.kind), choice)
    if "asked" not in waiting.state:
        return signed(tools, user, pin, key, waiting.state, choice, is_own=is_own)
    made, state = _anew(tools, waiting.state, key, datetime.now(UTC))
    given = signed(tools, user, pin, key, state, choice, is_own=is_own)
    return given | {"prepared": attachment.store(tools.blobs, made), "state": state}


def prepared(tools: Tools, asked: dict[str, Any], at: datetime) -> tuple[bytes, dict[str, Any]]:
    """The file with an empty place for the signature, and what the key signs and `embed` needs.

    `asked`: the file, whose key, and what one will see. Of a mark that prints the hour (NĐ 30/2020 PL I.II.I) the state
    keeps what was asked.

    Raises what `Signer.prepare` refuses.
    """
    made = tools.signer.prepare(
        tools.blobs.read(asked["sha256"]), key=asked["key"], kind=asked["visible"],
        reason=asked["label"]["reference"], at=at, label=asked["label"],
        certificate=base64.b64decode(asked.get("certificate", "")),
        picture=tools.blobs.read(asked["picture"]) if asked.get("picture") else b"")
    state = {name: value for name, value in made.items() if name != "prepared"}
    return made["prepared"], state | ({"asked": asked} if asked["visible"] == "copy" else {})


def _anew(tools: Tools, state: dict[str, Any], key: "Key", at: datetime) -> tuple[bytes, dict[str, Any]]:
    """What was prepared, with the hour of the PIN: a mark prints the hour in which it is signed."""
    asked = state["asked"] | ({"certificate": base64.b64encode(key.certificate).decode()} if key.certificate else {})
    made, found = prepared(tools, asked, at)
    return made, state | found


def key_of(name: str, held: list[tuple[str, str, bytes]], choice: Choice) -> "Key":
    """Of the keys that are held the one of the chosen way, else the first. Raises WayNotAllowed."""
    from app.tools.signing_key import Key

    keys = {way: Key(name, way, called, der) for way, called, der in held}
    key = keys.get(choice.way) if choice.way else next(iter(keys.values()), None)
    if key is None:
        raise WayNotAllowed()
    return key


def signed(tools: Tools, user: User, pin: str, key: "Key", state: dict[str, Any], choice: Choice, *,
           is_own: bool = False) -> dict[str, Any]:
    """What the person's PIN makes of what was prepared, with its proof. `is_own`: by his own key, not his agency's.

    Raises PinLocked, CertificateOfAnother before any key is used, and what tools/signing.py refuses: a wrong PIN at the
    field "pin", a token that is away, a certificate that may not sign. TimestampUnavailable and RevocationUnknown only
    when the person accepts nothing less.
    """
    from app.tools.signing_key import WrongPin
    from app.tools.signing_proof import RevocationUnknown, TimestampUnavailable

    certificate = key.certificate or tools.signer.files.certificate(key.name).dump()
    signing_key.require_own(certificate, user.agency, user if is_own else None)
    with signature.trying_pin(user, datetime.now(UTC), WrongPin):
        signed = tools.signer.sign(key, pin, state)
    state = state | {name: signed[name] for name in ("attributes", "certificate")}
    try:
        proof = tools.signer.prove(state, signed["value"], tools.signer.level)
    except (TimestampUnavailable, RevocationUnknown):
        if not choice.accepts:
            raise
        proof = tools.signer.prove(state, signed["value"], choice.accepts)
    return {"way": key.way, **signed, **proof} | ({"accepts": choice.accepts} if choice.accepts else {})


def waiting_at(task: Task, user: User) -> Signature:
    """What waits for this person's key. Raises TaskTaken, WrongSigner, SignatureMissing."""
    refuse_taken(task, user, local_date(datetime.now(UTC)))
    waiting = signature.pending(task.document_id, KIND_OF_FORM[task.form_key])
    if waiting.user_id is not None and waiting.user_id != user.id:
        raise WrongSigner()
    return waiting


def _keys(task: Task, user: User, kind: str) -> list[tuple[str, str, bytes]]:
    agency = db.session.get_one(Agency, db.session.get_one(Document, task.document_id).agency_id)
    return signing_key.of(agency, user if kind == "leader" else None)
