"""The language of the pages: Vietnamese, or English when a person chose it.

Message ids are the Vietnamese sentences, so Vietnamese needs no catalogue. The labels of the shipped diagrams are in
it, too: a page shows them in its language, acts and diagrams keep them as they were drawn.
"""

from flask import Blueprint, Flask, redirect, request
from flask_babel import Babel, gettext
from werkzeug.wrappers import Response

from app.engine import drawing
from app.web.gate import open_to_all, remember

bp = Blueprint("language", __name__)

#: codes that may be chosen
LANGUAGES = ("vi", "en")
_COOKIE = "ngon_ngu"


def chosen() -> str:
    """The language of this request."""
    code = request.cookies.get(_COOKIE, "vi")
    return code if code in LANGUAGES else "vi"


def onward(path: str | None, otherwise: str = "/") -> str:
    """`path` when it is a path of this site, else `otherwise`: no redirect leads away.

    Browsers drop tabs and line ends from an address, so that "/<tab>/x.vn" would lead to x.vn.
    """
    if not path or not path.startswith("/") or path.startswith(("//", "/\\")) or not path.isprintable():
        return otherwise
    return path


@bp.post("/ngon-ngu")
@open_to_all
def choose() -> Response:
    """Remember the language for a year."""
    code = request.form.get("code", "vi")
    answer = redirect(onward(request.form.get("tiep")))
    if code in LANGUAGES:
        remember(answer, _COOKIE, code)
    return answer


def labelled(label: str | None) -> str:
    """The label of an element, or why it is there: what is shipped has its English, an agency's own stays as drawn."""
    return gettext(label) if label else ""


def drawn(text: bytes) -> str:
    """A diagram to look at, its labels in the language of this request. What is edited or taken out stays as it is."""
    return text.decode() if chosen() == "vi" else drawing.worded(text, labelled)


def register_language(app: Flask) -> None:
    """Set up flask-babel."""
    app.config.setdefault("BABEL_DEFAULT_LOCALE", "vi")
    app.config.setdefault("BABEL_DEFAULT_TIMEZONE", "Asia/Ho_Chi_Minh")
    Babel(app, locale_selector=chosen)
    app.register_blueprint(bp)
    app.jinja_env.globals["language"] = chosen
    app.jinja_env.filters["labelled"] = labelled
