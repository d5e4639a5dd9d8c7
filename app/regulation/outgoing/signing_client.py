"""Signing on the signer's own computer: the file is given out once, and what comes back is judged before it counts.

Art. 9.1.c, 9.1.d. The service there asks the PIN itself, signs the whole file and sends it back; what it says of that
is not believed. What was found right waits for the act that completes the task, which takes it once. It does NOT speak
to the service: the person's browser does (web/browser/lib/signing.js).
"""

import base64
import hashlib
from contextlib import suppress
from datetime import datetime
from typing import Any

from app.db import db
from app.engine.instance import Instance, refuse_suspended
from app.engine.task import StaleTask, Task
from app.records import attachment, signing_key, signing_visit
from app.records.agency import Agency
from app.records.document import Document
from app.records.people import User
from app.records.signature import Signature, SignatureMissing
from app.records.signing_visit import SigningVisit
from app.refusal import Refusal
from app.regulation.outgoing.signing_door import WayNotAllowed, waiting_at
from app.tools import Tools


class VisitEnded(Refusal):
    """This try to sign has ended: its time is over, or a newer one was begun."""

    code, status = "visit_ended", 409


class NotSignedYet(Refusal):
    """Nothing has come back yet from the service on the signer's computer."""

    code, status = "not_signed_yet", 422


def give_out(tools: Tools, task: Task, user: User, version: int, accepts: str, at: datetime) -> tuple[str, Signature]:
    """Begin a try: its token, and what is to be signed. The transaction stays open.

    Raises TaskTaken, WrongSigner, SignatureMissing, WayNotAllowed, StaleTask; and CertificateExpired,
    CertificateRevoked, CertificateUntrusted before a PIN is asked for what would be refused when it comes back.
    """
    waiting = waiting_at(task, user)
    tools.signer.require_usable(_certificate(waiting, user), at)
    refuse_suspended(db.session.get_one(Instance, task.instance_id))
    if task.version != version:
        raise StaleTask()
    if "source" not in waiting.state:  # prepared before this way was there
        raise SignatureMissing()
    return signing_visit.begin(user, task.id, version, waiting.state["source"], accepts, at), waiting


def take_back(tools: Tools, visit: SigningVisit, data: bytes) -> None:
    """Keep what came back, once it is found right; the time stamp that it lacks is a matter of the act, where the
    person may accept that. The transaction stays open.

    Raises VisitEnded for a second, different file, and what tools/signing_returned.py refuses; nothing changes then.
    """
    from app.tools.signing_returned import StampMissing

    if visit.returned_sha256:
        if hashlib.sha256(data).hexdigest() != visit.returned_sha256:
            raise VisitEnded()
        return
    task, user = db.session.get_one(Task, visit.task_id), db.session.get_one(User, visit.user_id)
    waiting = waiting_at(task, user)
    if task.version != visit.version or waiting.state.get("source") != visit.base_sha256:
        raise VisitEnded()
    with suppress(StampMissing):
        _judged(tools, visit, data, _certificate(waiting, user))
    visit.returned_sha256 = attachment.store(tools.blobs, data)


def signed_elsewhere(tools: Tools, task: Task, user: User, token: str, at: datetime) -> dict[str, Any]:
    """What came back of this try, with its proof: plain values for the act.

    Raises VisitEnded, NotSignedYet, StampMissing, RevocationUnknown (when the person accepts nothing less), and as
    `take_back`.
    """
    from app.tools.signing_proof import RevocationUnknown

    visit = signing_visit.find(token, at)
    if visit is None or (visit.task_id, visit.user_id, visit.version) != (task.id, user.id, task.version):
        raise VisitEnded()
    if not visit.returned_sha256:
        raise NotSignedYet()
    certificate = _certificate(waiting_at(task, user), user)
    level = _judged(tools, visit, tools.blobs.read(visit.returned_sha256), certificate)
    told = {"certificate": base64.b64encode(certificate).decode()}
    try:
        proof = tools.signer.prove(told, b"", level, is_stamped=True)
    except RevocationUnknown:
        if not visit.accepts:
            raise
        proof = tools.signer.prove(told, b"", visit.accepts, is_stamped=True)
    return {"way": "client", "value": "", "file": visit.returned_sha256, **told, **proof} | (
        {"accepts": visit.accepts} if visit.accepts else {})


def _judged(tools: Tools, visit: SigningVisit, data: bytes, certificate: bytes) -> str:
    """The level that the signature in `data` can have: the one asked for, else the one that the person accepts."""
    from app.tools.signing_returned import StampMissing, require_signed

    base = tools.blobs.read(visit.base_sha256)
    try:
        require_signed(tools.signer, base, data, certificate, tools.signer.level)
    except StampMissing:
        if visit.accepts != "B-B":
            raise
        require_signed(tools.signer, base, data, certificate, "B-B")
        return "B-B"
    return tools.signer.level


def _certificate(waiting: Signature, user: User) -> bytes:
    """What is registered for this way of the person, or of the agency. Raises WayNotAllowed."""
    agency = db.session.get_one(Agency, db.session.get_one(Document, waiting.document_id).agency_id)
    held = signing_key.of(agency, user if waiting.kind == "leader" else None)
    found = next((der for way, _, der in held if way == "client"), None)
    if found is None:
        raise WayNotAllowed()
    return found
