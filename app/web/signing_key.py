"""Which keys sign for whom, kept by the administrator with a reason each time (Art. 9.1.c, 9.1.d; 11.3).

Here one says where a key lies and shows its certificate; the key itself never comes here (security.md S13). The rules
are records/signing_key.py's.
"""

import base64

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import select
from werkzeug.wrappers import Response

from app.db import db
from app.records import signing_key
from app.records.people import User
from app.records.signing_key import SigningKey
from app.refusal import Refusal
from app.tools.signing_key import WAYS
from app.web.asked import whole
from app.web.gate import me, need_role
from app.web.moment import now
from app.web.settings import tools
from app.web.words import sentence

bp = Blueprint("signing_key", __name__)

#: bytes of a certificate's file
_LONGEST = 20_000


@bp.get("/khoa-ky")
def page() -> str:
    """The keys, one more, and the last changes."""
    need_role(*signing_key.KEEPERS)
    return _shown()


def _shown(wrong: str = "") -> str:
    """`wrong`: why what was asked for was not done; the form keeps what it said."""
    people = db.session.scalars(select(User).order_by(User.full_name)).all()
    return render_template(
        "signing/keys.html", keys=signing_key.listed(), ending=signing_key.ending(now()),
        ways=WAYS, is_demo_agency=me().agency.is_demo,
        people=[one for one in people if one.has("leader")], level=tools().signer.level,
        names={one.id: one.full_name for one in people}, changes=signing_key.changes(me().agency_id),
        wrong=wrong)


@bp.post("/khoa-ky")
def change() -> Response | tuple[str, int]:
    """One key more, or one less."""
    form = request.form
    need_role(*signing_key.KEEPERS)
    try:
        if form.get("what") == "take":
            signing_key.take(me(), whole(form.get("key", "")), form.get("reason", ""), now())
        else:
            _put()
    except Refusal as refusal:
        db.session.rollback()
        return _shown(sentence(refusal)), refusal.status
    flash(gettext("Đã ghi danh sách khóa ký số."), "done")
    return redirect(url_for("signing_key.page"), 303)


def _put() -> None:
    form = request.form
    way, called = form.get("way", ""), form.get("reference", "").strip()[:200]
    key = SigningKey(agency_id=me().agency_id, user_id=whole(form.get("user", "")) or None, way=way,
                     reference=called, certificate=_certificate(way, called))
    signing_key.put(me(), me().agency, key, form.get("reason", ""), WAYS, now())


def _certificate(way: str, called: str) -> str:
    """Base64 of the certificate that was handed in; a signing service tells that of its credential itself."""
    given = request.files.get("certificate")
    data = given.read(_LONGEST + 1) if given and given.filename else b""
    if way == "remote" and called and not data:
        data = tools().signer.remote_certificate(called)
    if not data:
        return ""
    return base64.b64encode(signing_key.read(data[:_LONGEST])).decode()
