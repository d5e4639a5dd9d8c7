"""Whose certificates count when incoming signatures are judged: asked for by one, decided by another (NĐ 68/2024 Art.
32; NĐ 23/2025 Art. 16; Art. 3.3). Authorities, and the seals and leaders of agencies that send.

The rules are records/trust_anchor.py's.
"""

from collections.abc import Iterable
from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response

from app.db import db
from app.records import trust_anchor
from app.records.people import User
from app.records.signing_key import CertificateUnreadable, told_of
from app.records.trust_anchor import SIGNERS, NotAuthority, NotSigner, TrustThere, TrustWrong
from app.refusal import Refusal
from app.regulation import signature_register
from app.regulation.register_import import changes_of
from app.regulation.verdict import Agency
from app.tools.signing_trust import Trust, TrustUnreadable
from app.web.asked import whole
from app.web.gate import me, need_role
from app.web.moment import now
from app.web.settings import settings
from app.web.words import sentence

bp = Blueprint("trust", __name__)

PURPOSE = {"documents": _("Chữ ký số trên văn bản"), "time": _("Chỉ dấu thời gian")}
#: whose a sender's certificate is
SIGNER = {"agency": _("Chữ ký số của cơ quan"), "leader": _("Lãnh đạo ký ban hành")}
#: columns of a row that stands and shall be another
COLUMN = {"code": _("mã cơ quan"), "other_codes": _("mã khác của cơ quan"), "name": _("tên"),
          "position": _("chức vụ"), "since": _("từ ngày"), "until": _("đến hết ngày")}
#: what is wrong with the file that was handed in; TrustWrong is about the fields beside it
_OF_FILE = (CertificateUnreadable, NotAuthority, NotSigner, TrustThere)
#: bytes of a certificate's file
_LONGEST = 20_000


@bp.get("/danh-sach-tin-cay")
def page() -> str:
    """The list, what waits for a second person, the last words."""
    return _page()


def _page(refusal: Refusal | None = None) -> str:
    """`refusal`: why the wish that was sent was not kept; said at its form, with what was typed."""
    need_role(*trust_anchor.DECIDING)
    rows, signers, mine = trust_anchor.listed(trust_anchor.ANCHORS), trust_anchor.listed(trust_anchor.SIGNERS), me()
    own = trust_anchor.believed() is not None
    installed = [] if own else [told_of(one.dump()) for one in Trust.of(settings().pki).roots]
    named = {row.fingerprint for row in rows}
    many, known = trust_anchor.requests(), _known()
    return render_template(
        "signing/trust.html", rows=rows, requests=[_request(those) for those in many], column=COLUMN,
        many={row.id for those in many for row in those}, purposes=PURPOSE, own=own, whose=SIGNER, known=known,
        firsts=_firsts(signers, known or ()),
        signers=[row for row in signers if row.state != "asked" or not any(row in those for those in many)],
        installed=[(one, one["fingerprint"] in named) for one in installed],
        may_ask=mine.has(*trust_anchor.ASKING), me=mine, given=request.form if refusal else {}, wrong={
            "form": "signer" if request.form.get("purpose") in SIGNERS else "anchor", "said": sentence(refusal),
            "is_file": isinstance(refusal, _OF_FILE)} if refusal else {}, changes=trust_anchor.changes(mine.agency_id),
        names={key: name for key, name in db.session.execute(select(User.id, User.full_name))})


@bp.post("/danh-sach-tin-cay")
def change() -> Response | tuple[str, int]:
    """Ask for a change ("add", "end"), or decide one ("decide")."""
    form, at = request.form, now()
    reason, key = form.get("reason", ""), whole(form.get("anchor", ""))
    match form.get("what", ""):
        case "end":
            is_done = trust_anchor.ask_end(me(), key, reason, at, _day(form.get("last", "")))
            said = gettext("Đã ghi đề nghị. Danh sách chỉ thay đổi khi người thứ hai đồng ý.")
        case "decide":
            is_done = trust_anchor.decide(me(), key, form.get("wish", ""), agrees=form.get("agrees") == "1",
                                          reason=reason, at=at, taken=form.getlist("take"))
            said = gettext("Đã ghi quyết định.")
        case _:
            need_role(*trust_anchor.ASKING)  # before anything of a stranger is read
            try:
                wish = trust_anchor.Wish(form.get("purpose", ""), *(_day(form.get(n, "")) for n in ("since", "until")),
                                         *(form.get(name, "") for name in ("code", "name", "position")))
                trust_anchor.ask(me(), _given(form.get("fingerprint", "")), wish, reason, at)
            except (TrustWrong, *_OF_FILE) as refusal:
                return _page(refusal), refusal.status
            is_done, said = True, gettext("Đã ghi đề nghị. Danh sách chỉ thay đổi khi người thứ hai đồng ý.")
    if is_done:
        flash(said, "done")
    else:
        flash(gettext("Đề nghị này không còn chờ: danh sách đã được người khác thay đổi."), "notice")
    return redirect(url_for("trust.page"), 303)


def _request(rows: list[trust_anchor.TrustAnchor]) -> dict[str, object]:
    """What was asked for in one act, as the page shows it."""
    first = rows[0]
    return {"changes": changes_of(rows), "asker": first.asker, "at": first.ending_at or first.asked_at,
            "anchor": first.id, "wish": trust_anchor.wish_of(rows)}


def _known() -> list[Agency] | None:
    """What the installation's own register says; None: it cannot be read."""
    try:
        return signature_register.register(settings().pki)
    except (signature_register.RegisterUnreadable, TrustUnreadable):
        return None


def _firsts(signers: list[trust_anchor.TrustAnchor], known: Iterable[Agency]) -> set[int]:
    """Those that wait and would be the first of their kind that is known of their agency: no other counts then."""
    there = {(row.purpose, code.upper()) for row in signers if row.state != "asked" for code in row.codes}
    for one in known:
        kinds = [kind for kind, those in ((trust_anchor.AGENCY, one.certificates), (trust_anchor.LEADER, one.leaders))
                 if those]
        there |= {(kind, code.upper()) for kind in kinds for code in one.codes}
    return {row.id for row in signers if row.state == "asked"
            and not there & {(row.purpose, code.upper()) for code in row.codes}}


def _given(fingerprint: str) -> bytes:
    """The certificate that was handed in, or that of the installation that is named. Raises CertificateUnreadable."""
    if fingerprint:
        found = next((one for one in Trust.of(settings().pki).roots if one.sha256.hex() == fingerprint), None)
        if found is None:
            raise CertificateUnreadable()
        return bytes(found.dump())
    given = request.files.get("certificate")
    data = given.read(_LONGEST + 1) if given and given.filename else b""
    if not data or len(data) > _LONGEST:
        raise CertificateUnreadable()
    return data


def _day(text: str) -> date | None:
    """A day of the form; None: it was left out. Raises TrustWrong."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise TrustWrong() from error
