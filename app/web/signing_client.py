"""Addresses for the signing service on the signer's own computer (Art. 9.1.c, 9.1.d): the file out, the signed one in.

The person's browser begins (`begin`) and hands the two addresses to the service, which comes without a session: the
token in the address is its right, for one file, for minutes. What the service says is not believed; what it sends is
judged (regulation/outgoing/signing_client.py).
"""

import base64

from flask import Blueprint, Response, abort, g, jsonify, request, url_for
from werkzeug.exceptions import BadRequest

from app.db import db
from app.engine import task as tasks
from app.records import signature_picture, signing_visit
from app.records.agency import Agency
from app.records.document import Document
from app.records.signature import Signature
from app.records.signing_visit import SigningVisit
from app.refusal import Refusal
from app.regulation.outgoing import signing_client
from app.regulation.outgoing.sign import COPY_FORM
from app.web.asked import told
from app.web.gate import me, open_to_all, stand_behind
from app.web.moment import now
from app.web.settings import settings, tools
from app.web.signing import AT_FIELD, SigningWaits
from app.web.words import sentence

bp = Blueprint("signing_client", __name__)

#: operation of the service for what waits
_OPERATIONS = {"leader": "SignApproved", "agency": "SignIssued", "copy": "SignCopy"}


@bp.post("/viec/<int:task_id>/ky-may")
def begin(task_id: int) -> Response:
    """{"address", "request", "visit"}: where the service is, what to tell it, and by what to ask for the result."""
    asked, user, at = told(), me(), now()
    version, accepts = asked.get("version"), asked.get("accepts")
    if not isinstance(version, int) or isinstance(version, bool):
        raise BadRequest
    task = tasks.find(task_id, user, at)
    if task.form_key not in ("sign_by_leader", "seal", "seal_copy"):
        abort(404)
    try:
        token, waiting = signing_client.give_out(
            tools(), task, user, version, accepts if accepts in ("B-B", "B-T") else "", at)
    except AT_FIELD as refusal:  # nobody was first: the page stays as it is, another way may be chosen
        raise SigningWaits({"way": [sentence(refusal)]}, stops=True) from None
    document = db.session.get_one(Document, task.document_id)
    visit = f"{user.agency_id}.{token}"
    place = url_for("signing_client.file", visit=visit, _external=True)
    operation = _OPERATIONS["copy" if waiting.state["kind"] == "copy" else waiting.kind]
    day, name = document.issued_date, document.signer_name or ""
    asked_of_it = {
        "FileUploadHandler": place, "FileName": place, "SessionId": "", "JWTToken": "",
        "DocNumber": document.reference, "IssuedDate": day.isoformat() if day else "",
        "MetaData": [{"Key": "KeyName", "Value": waiting.key}, {"Key": "SignerName", "Value": name},
                     {"Key": "Agency", "Value": user.agency.name}, *_appearance(waiting, operation)]}
    db.session.commit()
    return jsonify(address=f"{settings().sign_service_url.rstrip('/')}/{operation}", request=asked_of_it, visit=token)


def _appearance(waiting: Signature, operation: str) -> list[dict[str, str]]:
    """What the signature shows: the picture that was handed in, or the form of copy (NĐ 30/2020 PL I)."""
    if operation == _OPERATIONS["copy"]:
        return [{"Key": "Form", "Value": COPY_FORM}]
    picture = signature_picture.of(waiting.user_id)
    data = tools().blobs.read(picture.sha256) if picture else b""
    return [{"Key": "Picture", "Value": base64.b64encode(data).decode()}] if data else []


@bp.get("/ky-may/<visit>")
@open_to_all
def file(visit: str) -> Response:
    """The file to sign, once."""
    found = _find(visit)
    if found.fetched_at is not None:
        abort(404)
    data = tools().blobs.read(found.base_sha256)
    found.fetched_at = now()
    db.session.commit()
    return Response(data, mimetype="application/pdf")


@bp.post("/ky-may/<visit>")
@open_to_all
def take(visit: str) -> Response:
    """The signed file: {"Status": true} when it was found right, else why not; nothing has changed then."""
    found = _find(visit)
    given = next(iter(request.files.values()), None)
    data = given.stream.read(settings().max_upload_bytes + 1) if given else b""
    if not data or len(data) > settings().max_upload_bytes:
        abort(413 if data else 400)
    try:
        signing_client.take_back(tools(), found, data)
    except Refusal as refusal:
        if refusal.status >= 500:
            raise
        db.session.rollback()
        return jsonify(Status=False, Message=sentence(refusal), FileName="", FileServer="")
    db.session.commit()
    return jsonify(Status=True, Message="", FileName="signed.pdf", FileServer="")


def _find(visit: str) -> SigningVisit:
    """The try of this address, behind its agency's wall; else 404."""
    agency, dot, token = visit.partition(".")
    if not dot or not agency.isascii() or not agency.isdigit() or len(agency) > 18:
        abort(404)
    g.user = None  # whoever asks with a session of another agency: here only the token counts
    stand_behind(int(agency))
    found = signing_visit.find(token, now()) if db.session.get(Agency, int(agency)) else None
    if found is None:
        abort(404)
    return found
