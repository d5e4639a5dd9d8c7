"""Try a proposal, or the procedure in force, on a sample document; its scenarios and what they visit (Art. 10.2).

The moves live in the browser and come with every request: the server plays them from the start (engine/sandbox.py)
and keeps nothing. Only a scenario that somebody saves becomes a file of the proposal.
"""

import re
from dataclasses import asdict
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, abort, jsonify, render_template, url_for
from flask_babel import gettext
from werkzeug.exceptions import BadRequest

from app.db import db
from app.engine import diagram, proposal, sandbox, scenario, scenario_amend, template, wording
from app.engine.form import FormRefused
from app.engine.form import load as load_form
from app.engine.proposal_table import Proposal
from app.engine.sandbox import Entry, Picture, Place
from app.engine.sandbox_words import clause, milestone_label
from app.engine.wording_form import labels_of
from app.records import catalogue
from app.web import words
from app.web.asked import storable, told
from app.web.diagram import READERS, found, name_of
from app.web.diagram_draft import edited, told_revision
from app.web.diagram_sample import filled, samples
from app.web.gate import me, need_role
from app.web.language import labelled
from app.web.moment import clock, day, now

bp = Blueprint("diagram_trial", __name__)

Files = dict[str, bytes]
Plain = dict[str, Any]
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


@bp.get("/quy-trinh/sua/<int:proposal_id>/chay-thu")
def page(proposal_id: int) -> str:
    """The trial of a proposal: diagram, what waits, what happened, scenarios."""
    one = found(proposal_id)
    name = f"case:{one.key}"
    text, revision = proposal.file(one, name)
    trial = _trial(one.key, proposal.files(one), text)
    trial |= {
        "may_save": me().has("designer") and one.status == proposal.OPEN, "revision": revision,
        "step": url_for("diagram_trial.step", proposal_id=one.id),
        "all": url_for("diagram_trial.all_", proposal_id=one.id),
        "save": url_for("diagram_trial.save", proposal_id=one.id),
        "remove": url_for("diagram_trial.remove", proposal_id=one.id),
        "amend": url_for("diagram_trial.amend", proposal_id=one.id),
    }
    return render_template("diagram/trial.html", proposal=one, key=one.key, trial=trial)


@bp.get("/quy-trinh/<key>/chay-thu")
def page_in_force(key: str) -> str:
    """The same for the release in force: to look, not to save."""
    files = _in_force(key)
    trial = _trial(key, files, files.get(f"case:{key}"))
    trial |= {"may_save": False, "revision": 0, "step": url_for("diagram_trial.step_in_force", key=key),
              "all": url_for("diagram_trial.all_in_force", key=key) if me().has(*READERS) else ""}
    return render_template("diagram/trial.html", proposal=None, key=key, trial=trial)


def _in_force(key: str) -> Files:
    files = diagram.texts_in_force()
    return files if f"bpmn:{key}" in files else abort(404)


def _trial(key: str, files: Files, text: bytes | None) -> Plain:
    """What the page starts with."""
    return {
        "key": key, "name": name_of(key), "xml": files.get(f"bpmn:{key}", b"").decode(errors="replace"),
        "samples": [{"name": str(one.name), "sample": one.sample} for one in samples(key)],
        "scenarios": _listed(text, key), "file": sandbox.SAMPLE_FILE,
    }


def _listed(text: bytes | None, key: str) -> list[Plain]:
    """The saved scenarios as the page replays them; a file that cannot be read has none (running it says why)."""
    try:
        return [one.as_json() for one in scenario.load(text, key).scenarios] if text else []
    except scenario.CaseRefused:
        return []


@bp.post("/quy-trinh/sua/<int:proposal_id>/chay-thu/buoc")
def step(proposal_id: int) -> Response:
    """Play {"sample", "moves", "at"} on the proposal: the picture, with the forms of what waits."""
    one = found(proposal_id)
    return _played(proposal.files(one), one.key)


@bp.post("/quy-trinh/<key>/chay-thu/buoc")
def step_in_force(key: str) -> Response:
    """The same on what is in force."""
    return _played(_in_force(key), key)


def _played(files: Files, key: str) -> Response:
    body = told()
    seen = sandbox.play(files, key, body.get("sample"), body.get("moves"), _moment(body.get("at")))
    return jsonify(_shown(seen, files, key))


def _moment(value: Any) -> datetime:
    """When the trial began, as the page remembers it; now for a new one."""
    if value is None:
        return now().replace(microsecond=0)
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise BadRequest from None
    if found.tzinfo is None or not 2020 <= found.year < 2100:
        raise BadRequest
    return found


@bp.post("/quy-trinh/sua/<int:proposal_id>/chay-thu/tat-ca")
def all_(proposal_id: int) -> Response:
    """Play all scenarios and test rows of the proposal: outcomes and coverage."""
    one = found(proposal_id)
    return jsonify(_results(proposal.files(one), one.key))


@bp.post("/quy-trinh/<key>/chay-thu/tat-ca")
def all_in_force(key: str) -> Response:
    """The same for what is in force, for those who may see proposals: it costs seconds."""
    need_role(*READERS)
    return jsonify(_results(_in_force(key), key))


def _results(files: Files, key: str) -> Plain:
    return scenario.run_all(files, key).as_json() | {"listed": _listed(files.get(f"case:{key}"), key)}


@bp.post("/quy-trinh/sua/<int:proposal_id>/chay-thu/kich-ban")
def save(proposal_id: int) -> Response:
    """Keep {"scenario"} in the proposal, in the place of the one that "replaces" names: {"revision", "scenarios"}."""
    one, body = edited(proposal_id), told()
    replaces = body.get("replaces") or ""
    if not isinstance(replaces, str) or not isinstance(body.get("scenario"), dict):
        raise BadRequest
    text, _ = proposal.file(one, f"case:{one.key}")
    made = scenario.with_scenario(text, storable(body["scenario"]), one.key, replaces=replaces)
    return _kept(one, made, told_revision(body))


@bp.post("/quy-trinh/sua/<int:proposal_id>/chay-thu/kich-ban/bo")
def remove(proposal_id: int) -> Response:
    """Take the scenario {"name"} out of the proposal: {"revision", "scenarios"}."""
    one, body = edited(proposal_id), told()
    text, _ = proposal.file(one, f"case:{one.key}")
    if not isinstance(body.get("name"), str) or text is None:
        raise BadRequest
    return _kept(one, scenario.without_scenario(text, body["name"]), told_revision(body))


@bp.post("/quy-trinh/sua/<int:proposal_id>/chay-thu/kich-ban/them-viec")
def amend(proposal_id: int) -> Response:
    """Put tasks of {"moves"}, as just done in a trial, into scenarios that stop there: {..., "names"} of those."""
    one, body = edited(proposal_id), told()
    if not isinstance(body.get("moves"), list):
        raise BadRequest
    made, names = scenario_amend.amended(proposal.files(one), one.key, storable(body["moves"]))
    kept = _kept(one, made, told_revision(body)) if names else jsonify(revision=body.get("revision"))
    return jsonify(kept.json | {"names": names})


def _kept(one: Proposal, text: bytes, revision: int) -> Response:
    revision = proposal.save(one, f"case:{one.key}", text, revision, me(), now())
    db.session.commit()
    return jsonify(revision=revision, scenarios=_listed(text, one.key))


def _shown(seen: Picture, files: Files, key: str) -> Plain:
    """The picture in words, for the page."""
    said = _Words(files)
    known = template.templates()
    return {
        "standing": [_place(place, files, said) for place in seen.standing],
        "here": seen.here,
        "log": [_entry(entry, said) for entry in seen.log],
        "data": said.pairs(seen.data), "milestones": [milestone_label(name, known) for name in seen.milestones],
        "passed": seen.passed, "flows": seen.flows, "ended_at": seen.ended_at, "ended_label": seen.ended_label,
        "outside": sorted({entry.element for entry in seen.log if entry.is_outside}),
        "fault": {**asdict(seen.fault), "article": clause(seen.fault.article)} if seen.fault else None,
        "clock": clock(seen.at), "at": seen.began_at,
    }


class _Words:
    """Names and values of data as the forms call them; people by name where one chose them in a form."""

    def __init__(self, files: Files) -> None:
        self.forms = {name[5:]: text for name, text in files.items() if name.startswith("form:")}
        self.all = labels_of(list(self.forms.values()))
        self.people = {int(one["value"]): one["label"] for one in catalogue.values("person", me())}

    def pairs(self, values: Plain, form_key: str | None = None) -> list[list[str]]:
        """[[what it is called, its value]] of what has a value; ids of records are left out."""
        labels = labels_of([self.forms[form_key]]) if form_key in self.forms else self.all
        found = []
        for name, value in values.items():
            if value in (None, "", []):
                continue
            if name.endswith(("_id", "_ids", "_by")):
                known = [self.people[one] for one in (value if isinstance(value, list) else [value])
                         if isinstance(one, int) and one in self.people]
                if not form_key or not known:
                    continue
                value = "; ".join(known)
            said = day(value) if name.endswith("_date") and _DAY.fullmatch(str(value)) else labels.value(name, value)
            found.append([wording.upper(labels.name(name).strip("“”")), said.strip("“”")])
        return found


def _place(place: Place, files: Files, said: _Words) -> Plain:
    return {
        **asdict(place), "label": labelled(place.label), "why": labelled(place.why),
        "role": str(words.word(words.ROLE, place.role)) if place.role else "",
        "due": clock(place.due_at), "form": _form(files.get(f"form:{place.form_key}")) if place.form_key else None,
        "choices": [{"result": one, "words": said.pairs(one)} for one in place.choices],
    }


def _form(text: bytes | None) -> Plain | None:
    """The form as drawn in a trial: with the agency's lists, without its PIN; None when it cannot be drawn."""
    try:
        form = load_form(text or b"")
        schema = form.drawn(lambda name: catalogue.values(name, me()), labelled)
    except (FormRefused, catalogue.CatalogueUnknown):
        return None
    schema["components"] = [one if one.get("key") != form.pin or not form.pin else _no_pin(one)
                            for one in schema["components"]]
    return {"schema": schema, "values": filled(schema)}


def _no_pin(component: Plain) -> Plain:
    return {"type": "text", "id": component.get("id", "no_pin"), "layout": component.get("layout", {}),
            "conditional": component.get("conditional"),
            "text": gettext("Chạy thử không ký thật nên không cần mã PIN.")}


def _entry(entry: Entry, said: _Words) -> Plain:
    is_task = entry.kind == "user"
    return {
        "move": entry.move, "element": entry.element, "label": entry.label or entry.element, "kind": entry.kind,
        "text": entry.text, "outside": entry.is_outside,
        "gives": said.pairs(entry.gives, entry.form_key if is_task else None),
        "role": str(words.word(words.ROLE, entry.role)) if entry.role and is_task else "",
    }
