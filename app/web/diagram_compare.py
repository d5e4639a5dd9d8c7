"""Two versions of a procedure side by side: what differs, drawn and said (Art. 10.2).

Of two releases, of a release and the province's template, or of a proposal and what it started from. The comparison is
engine/difference.py's; nothing is changed here, and nothing judged.
"""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, abort, render_template, request
from flask_babel import gettext
from sqlalchemy import select

from app.db import db
from app.engine import diagram as diagrams
from app.engine import diagram_template, proposal
from app.engine.diagram import Release
from app.engine.difference import ADDED, CHANGED, MOVED, REMOVED, Change, Difference, between
from app.engine.proposal_table import Proposal
from app.web.asked import number
from app.web.diagram import READERS, found, name_of
from app.web.gate import need_role

bp = Blueprint("diagram_compare", __name__)

#: ?den= of the province's newest template
TEMPLATE = "mau"
_BADGES = {ADDED: "+", REMOVED: "−", CHANGED: "~", MOVED: "⇄"}
#: parts of the list, by kind of file
_GROUPS = ("bpmn", "form", "dmn", "case")


def _groups(changes: tuple[Change, ...]) -> list[tuple[str, list[Change]]]:
    """(kind of file, its changes) that are not mere moves, in order; then ("moved", the moves)."""
    groups = [(kind, [c for c in changes if c.file.startswith(f"{kind}:") and c.kind != MOVED]) for kind in _GROUPS]
    return [(kind, some) for kind, some in [*groups, ("moved", [c for c in changes if c.kind == MOVED])] if some]


def _drawings(old: Mapping[str, bytes], new: Mapping[str, bytes], difference: Difference) -> dict[str, Any]:
    """What the script draws: both drawings, how elements are marked, the badge of each kind."""
    name = f"bpmn:{difference.key}"
    xml = [files[name].decode("utf-8", "replace") if name in files else None for files in (old, new)]
    return {"old": xml[0], "new": xml[1], "marks": difference.marks(), "badges": _BADGES}


def _shown(old: Mapping[str, bytes], new: Mapping[str, bytes], key: str, **more: object) -> str:
    difference = between(old, new, key)
    return render_template(
        "diagram/compare.html", difference=difference, groups=_groups(difference.changes), badges=_BADGES, key=key,
        title=name_of(key), drawings=_drawings(old, new, difference), **more)


def _side(key: str, releases: list[Release], asked: str) -> tuple[str, Mapping[str, bytes]]:
    """(what it is called, its files) of ?tu= or ?den=; 404 for what there is not."""
    if asked == TEMPLATE:
        template = diagram_template.newest(key) or abort(404)
        return gettext("Mẫu của tỉnh, bản %(n)s", n=template.version), diagram_template.texts(template)
    try:
        release = next((one for one in releases if one.version == number(asked)), None)
    except ValueError:
        release = None
    if release is None:
        abort(404)
    return gettext("Phiên bản %(n)s", n=release.version), diagrams.texts_of(release)


@bp.get("/quy-trinh/<key>/so-sanh")
def releases(key: str) -> str:
    """?tu= and ?den= are versions, or "mau"; without them the one in force and the one before it."""
    need_role(*READERS)
    rows = list(db.session.scalars(select(Release).where(Release.key == key).order_by(Release.version.desc())))
    if not rows:
        abort(404)
    last = next((one.version for one in rows if one.status == "published"), rows[0].version)
    to = request.args.get("den") or str(last)
    since = request.args.get("tu") or str(next((one.version for one in rows if one.version < last), last))
    before, old = _side(key, rows, since)
    after, new = _side(key, rows, to)
    return _shown(old, new, key, proposal=None, releases=rows, template=diagram_template.newest(key), since=since,
                  to=to, before=before, after=after)


def files_of(one: Proposal) -> tuple[Mapping[str, bytes], Mapping[str, bytes]]:
    """(the files before, those after) of a proposal; of one that was published, those of its two releases."""
    made = db.session.get(Release, one.release_id) if one.release_id else None
    start = db.session.get(Release, one.base_release_id) if one.base_release_id else None
    if made is None:
        return proposal.base(one), proposal.files(one)
    return diagrams.texts_of(start) if start else {}, diagrams.texts_of(made)


@bp.get("/quy-trinh/sua/<int:proposal_id>/thay-doi")
def changes(proposal_id: int) -> str:
    """What a proposal changes, or has changed, in the release that it started from."""
    one = found(proposal_id)
    return _shown(*files_of(one), one.key, proposal=one, before=gettext("Trước khi sửa"), after=gettext("Sau khi sửa"))
