"""The running instances of a procedure: found, looked at, moved, suspended, cancelled, repaired; versions withdrawn.

Art. 10.2. What a set of instances undergoes, each undergoes in a request and an act of its own, so that one that cannot
be moved stops no other. Who reads here sees numbers of documents, names of steps and dates, never content (security.md
S13); an auditor those of the documents that he was given. The rules are the engine's.
"""

from typing import Any

from flask import Blueprint, Response, abort, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from sqlalchemy import ColumnElement, select
from werkzeug.wrappers import Response as AnyResponse

from app.db import db
from app.engine import migrate, repair, running, suspend, withdraw
from app.engine.diagram import Release
from app.engine.instance import OPEN, Instance
from app.records import history, right
from app.records.calendar import local_date
from app.records.document import Document, NotFound
from app.web.asked import number, told
from app.web.diagram import READERS, name_of, names, release_of
from app.web.gate import me, need_role
from app.web.moment import clock, now
from app.web.settings import settings

bp = Blueprint("diagram_instances", __name__)

#: most instances that one choice takes, and that one request looks at
_MOST_CHOSEN, _MOST_PLANNED = 2000, 50
#: kinds of acts that the page of one instance tells
_TOLD = ("instance_migrated", "instance_suspended", "instance_resumed", "instance_cancelled", "instance_repaired",
         "repair_asked", "repair_refused", "step_failed", "step_retried", "sent_back", "exchange_form_changed")


def _asked(key: str) -> running.Asked:
    """?ban= version, ?buoc= element, ?tinh-trang= state; 404 for what is none."""
    state, version = request.args.get("tinh-trang", ""), request.args.get("ban", "")
    if (state and state not in running.STATES) or (version and not (version.isascii() and version.isdigit()
                                                                    and len(version) < 10)):
        abort(404)
    return running.Asked(key, int(version) if version else None, request.args.get("buoc", "")[:60], state, _given())


def _given() -> ColumnElement[bool] | None:
    """Condition on Document: an auditor sees those that he was given (Art. 10.3), who looks after procedures all."""
    return None if me().has(*(set(READERS) - {"auditor"})) else right.readable(me(), local_date(now()))


def _known(asked: running.Asked) -> list[running.Count]:
    """The versions of the procedure that matter here; 404 when the agency never had it."""
    found = running.counts(asked, now())
    if not found and not db.session.scalar(select(Release.id).where(Release.key == asked.key).limit(1)):
        abort(404)
    return found


@bp.get("/quy-trinh/<key>/ho-so-dang-chay")
def page(key: str) -> str:
    """The instances that are asked for, by pages; what waits for a second person; versions that were withdrawn."""
    need_role(*READERS)
    at, asked = now(), _asked(key)
    counts = _known(asked)
    after = request.args.get("sau", type=number)
    rows, onward = running.page(asked, at, after=after, limit=settings().page_rows)
    repairs = [one for one in repair.waiting(key) if _is_given(one[1])]
    return render_template(
        "diagram/instances.html", key=key, asked=asked, counts=counts, rows=rows, after=after, onward=onward,
        total=running.count(asked, at), most=_MOST_CHOSEN, elements=running.elements(asked, at), event=running.EVENT,
        target=next((one.release for one in counts if one.release.status == "published"), None),
        withdrawn=withdraw.open_ones(key), repairs=repairs, labels=_labels([found for _, found in repairs]),
        holders=names({row.instance.suspended_by_id for row in rows}))


def _labels(instances: list[Instance]) -> dict[int, dict[str, str]]:
    """{instance id: {element: name}}."""
    return {found.id: {e.id: e.label or e.id for e in found.bundle.compiled.elements.values()} for found in instances}


@bp.get("/quy-trinh/<key>/ho-so-dang-chay/chon")
def choose(key: str) -> Response:
    """All that are asked for, over all pages: {"items": [[id, number of the document], ...]}."""
    need_role("migrator", "publisher")
    return jsonify(items=running.chosen(_asked(key), now(), _MOST_CHOSEN))


@bp.post("/quy-trinh/<key>/ho-so-dang-chay/xem-thu")
def look(key: str) -> Response:
    """What moving these would do: {"target": version, "target_id", "items": [...]}; nothing is changed."""
    need_role("migrator")
    ids = told().get("ids")
    if not isinstance(ids, list) or len(ids) > _MOST_PLANNED or not all(type(one) is int for one in ids):
        abort(400)
    target = migrate.target(key)
    found = db.session.scalars(select(Instance).where(Instance.id.in_(ids), Instance.key == key).order_by(Instance.id))
    plans = [_plain(migrate.plan(instance, target)) for instance in found]
    return jsonify(target=target.version, target_id=target.id, items=plans)


def _plain(plan: migrate.Plan) -> dict[str, Any]:
    notes = []
    if plan.places:
        notes.append(gettext("Đứng ở: %(places)s.", places=", ".join(plan.places)))
    notes += [gettext("Giữ thời hạn “%(name)s”: %(at)s.", name=name, at=clock(due)) for name, due in plan.deadlines]
    notes += [gettext("Biểu mẫu của “%(name)s” đổi sang bản mới.", name=name) for name in plan.forms]
    if plan.drafts:
        notes.append(gettext("Giữ nội dung đang nhập dở."))
    return {"id": plan.instance_id, "document": plan.document_id, "source": plan.source_id, "version": plan.source,
            "ok": plan.is_ok, "is_there": plan.is_there, "notes": notes,
            "reasons": list(dict.fromkeys(reason.sentence for reason in plan.reasons))}


def _of(key: str, instance_id: int) -> Instance:
    """The instance of this procedure, of a document that an auditor was given; else 404."""
    found = suspend.find(instance_id)
    if found.key != key or not _is_given(found):
        raise NotFound()
    return found


def _is_given(instance: Instance) -> bool:
    given = _given()
    return given is None or db.session.scalar(
        select(Document.id).where(Document.id == instance.document_id, given)) is not None


@bp.post("/quy-trinh/<key>/ho-so-dang-chay/<int:instance_id>/chuyen")
def move(key: str, instance_id: int) -> Response:
    """Move one to the version in force: {"source": release id that was looked at, "target": release id, "reason"}."""
    need_role("migrator")
    _of(key, instance_id)
    asked = told()
    source, target = asked.get("source"), asked.get("target")
    if type(source) is not int or type(target) is not int:
        abort(400)
    return jsonify(done=migrate.migrate(instance_id, source, target, me(), _reason(asked), now()))


def _reason(asked: dict[str, Any]) -> str:
    reason = asked.get("reason")
    return reason if isinstance(reason, str) else ""


@bp.post("/quy-trinh/<key>/ho-so-dang-chay/<int:instance_id>/<any('tam-dung', 'tiep-tuc', 'huy'):what>")
def hold(key: str, instance_id: int, what: str) -> Response:
    """Suspend, resume or cancel one: {"reason"}. Giving up a document is the publisher's word, not the migrator's."""
    need_role(*(("publisher",) if what == "huy" else ("migrator", "publisher")))
    _of(key, instance_id)
    act = {"tam-dung": suspend.suspend, "tiep-tuc": suspend.resume, "huy": suspend.cancel}[what]
    return jsonify(done=act(instance_id, me(), _reason(told()), now()))


@bp.get("/quy-trinh/<key>/ho-so-dang-chay/<int:instance_id>")
def one(key: str, instance_id: int) -> str:
    """One instance: where it stands, what was done to it, whether it can be moved; its repair."""
    need_role(*READERS)
    instance = _of(key, instance_id)
    is_open = instance.status in OPEN
    target = db.session.scalar(select(Release).where(Release.key == key, Release.status == "published"))
    acts = [act for act in history.course(f"document:{instance.document_id}") if act.kind in _TOLD]
    return render_template(
        "diagram/instance.html", key=key, instance=instance, is_open=is_open, target=target,
        row=running.rows_of([instance])[0] if is_open else None, acts=acts,
        plan=_plain(migrate.plan(instance, target)) if is_open and target else None,
        places=repair.places(instance) if is_open else [], targets=repair.targets(instance) if is_open else {},
        labels=_labels([instance])[instance.id],
        repairs=list(db.session.scalars(select(repair.Repair).where(repair.Repair.instance_id == instance_id)
                                        .order_by(repair.Repair.id.desc()))))


@bp.post("/quy-trinh/<key>/ho-so-dang-chay/<int:instance_id>/de-nghi-sua")
def ask_repair(key: str, instance_id: int) -> AnyResponse:
    """Ask that a token be put to another task; a second person decides."""
    need_role("migrator")
    _of(key, instance_id)
    element, _, occurrence = request.form.get("place", "").rpartition(".")
    is_number = occurrence.isascii() and occurrence.isdigit() and len(occurrence) < 10
    repair.ask(instance_id, element, int(occurrence) if is_number else 0, request.form.get("target", ""), me(),
               request.form.get("reason", ""), now())
    flash(gettext("Đã gửi đề nghị. Một người khác có quyền ban hành hoặc chuyển hồ sơ sẽ quyết định."), "done")
    return redirect(url_for("diagram_instances.one", key=key, instance_id=instance_id), 303)


@bp.post("/quy-trinh/<key>/ho-so-dang-chay/sua/<int:repair_id>")
def decide_repair(key: str, repair_id: int) -> AnyResponse:
    """The second person's word on a repair."""
    need_role("migrator", "publisher")
    found = db.session.get(repair.Repair, repair_id)
    if found is None:
        raise NotFound()
    instance_id = _of(key, found.instance_id).id
    is_granted = request.form.get("decision") == "grant"
    repair.decide(repair_id, me(), is_granted, request.form.get("reason", ""), now())
    flash(gettext("Đã sửa chỗ đứng của hồ sơ.") if is_granted else gettext("Đã từ chối đề nghị sửa hồ sơ."), "done")
    return redirect(url_for("diagram_instances.one", key=key, instance_id=instance_id), 303)


@bp.post("/quy-trinh/<key>/thu-hoi/<int:version>")
def take_back(key: str, version: int) -> AnyResponse:
    """Withdraw a version: nothing starts on it any more."""
    need_role("publisher")
    release = release_of(key, version)
    done = withdraw.withdraw(release.id, me(), request.form.get("reason", ""), now())
    if done.restored is None:
        flash(gettext("Đã thu hồi bản %(n)s. Chưa có bản nào thay thế nên chưa mở hồ sơ mới được.", n=version),
              "notice")
    else:
        flash(gettext("Đã thu hồi bản %(n)s. Hồ sơ mới theo bản %(m)s.", n=version, m=done.restored.version), "done")
    if done.others:
        flash(gettext("Biểu mẫu, bảng dùng chung trở lại bản trước nên các quy trình này đổi theo: %(names)s.",
                      names=", ".join(name_of(one) for one in done.others)), "notice")
    if done.affected:
        flash(ngettext("Còn %(num)s hồ sơ đang theo bản đã thu hồi: hãy quyết định từng hồ sơ dưới đây.",
                       "Còn %(num)s hồ sơ đang theo bản đã thu hồi: hãy quyết định từng hồ sơ dưới đây.",
                       done.affected), "notice")
    return redirect(url_for("diagram_instances.page", key=key, ban=version if done.affected else None), 303)
