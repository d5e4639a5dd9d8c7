"""DOOR: what is asked of history by command: is it whole, does it run again the same, show it (Art. 10.3; S12).

Each agency is looked at behind its own wall; nothing is repaired but what a removal left (Art. 3.2), and
nothing shown of a document's content. What is taken out is an act with the operator's name on this machine.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, BinaryIO

from flask import Flask

from app import worker_forget
from app.db import db, tenancy
from app.engine import evidence, replay_many
from app.engine.instance import lock_of_document
from app.engine.reason import need_reason, operator
from app.records import history, mining, verify, verify_agency, verify_removal
from app.records.document import Document, NotFound
from app.tools import Tools


def to_check(app: Flask, slug: str = "") -> list[tuple[int, str]]:
    """(id, slug) of the agencies of the directory or that left any history here, or of the one named. Raises NotFound:
    none is named so.
    """
    with app.app_context(), tenancy.as_owner():
        found = [one for one in verify_agency.to_check() if slug in ("", one[1])]
        db.session.remove()
    if slug and not found:
        raise NotFound(agency=slug)
    return found


@contextmanager
def _behind(app: Flask, agency_id: int) -> Iterator[None]:
    with app.app_context(), tenancy.acting_for(agency_id):
        try:
            yield
        finally:
            db.session.remove()


def check_history(app: Flask, slug: str = "", copies: Path | None = None) -> dict[str, Any]:
    """{"ok", "acts", "seals", "files", "numbers", "removed", ..., "faults": [{"agency", "check", "subject", ...}]}.

    `copies`: where the copies of seals are read, when somebody else keeps them.
    """
    tools: Tools = app.extensions["tools"]
    total, faults = verify.Verified(), []
    if not slug:
        with app.app_context():
            faults = [{"agency": fault.subject, **fault.as_json()}
                      for fault in verify_agency.strangers(tools.sealer, copies)]
            db.session.remove()
    for agency_id, name in to_check(app, slug):
        outside = verify.Outside.of(tools.sealer, agency_id, copies)
        with _behind(app, agency_id), verify.snapshot():
            faults += [{"agency": name, **fault.as_json()}
                       for fault in verify.verify(tools.blobs, tools.sealer, datetime.now(UTC), total, outside)]
    return {"ok": not faults, **asdict(total), "faults": faults}


def complete_removals(app: Flask, slug: str, reason: str, previews: Path) -> list[dict[str, Any]]:
    """Remove what `check_history` says is left of documents that were kept out: [{"agency", "document"}], each an act
    with the operator's name. Raises NotFound, ReasonNeeded.
    """
    given, done = {"reason": need_reason(reason), "operator": operator()}, []
    tools: Tools = app.extensions["tools"]
    for agency_id, name in to_check(app, slug):
        with _behind(app, agency_id):
            for document_id in verify_removal.left():
                if worker_forget.complete(document_id, given, datetime.now(UTC), blobs=tools.blobs, previews=previews):
                    done.append({"agency": name, "document": document_id})
    return done


def run_again(app: Flask, *, slug: str = "", document_id: int | None = None,
              since: date | None = None) -> dict[str, Any]:
    """{"checked", "equal", "removed", "removals": [{"document", "act"}], "different": [{"agency", "document", ...}]}.

    A removal names the act that took the content away (Art. 3.2); a difference the first act that differs. Raises
    NotFound: no agency is named so, or none of these has such a document with a procedure.
    """
    total: dict[str, Any] = {"checked": 0, "equal": 0, "removed": 0, "removals": [], "different": []}
    for agency_id, name in to_check(app, slug):
        with _behind(app, agency_id), verify.snapshot():
            for instance_id in replay_many.instances_of(document_id, since):
                found = replay_many.judged(instance_id)
                total["checked"] += 1
                total["equal"] += found.is_equal
                total["removed"] += found.is_removed
                if found.is_removed:
                    total["removals"].append({"document": found.document, "act": found.removed_by})
                elif not found.is_equal:
                    total["different"].append({"agency": name, **found.as_json()})
    if document_id is not None and not total["checked"]:
        raise NotFound(document=document_id)
    return total


def _taken(subject: str, agency_id: int, what: str, reason: str) -> None:
    """The act that something is taken out by command; commits. Raises ReasonNeeded."""
    history.note(subject, "history_exported", agency_id=agency_id, at=datetime.now(UTC), actor_id=None,
                 input={"what": what, "operator": operator(), "reason": need_reason(reason)})
    db.session.commit()


def bundle(app: Flask, document_id: int, target: BinaryIO, reason: str) -> None:
    """Write the zip that proves a document's history by itself.

    Raises ReasonNeeded, NotFound, NotSealed, BlobMissing.
    """
    need_reason(reason)
    for agency_id, _name in to_check(app):
        with _behind(app, agency_id):
            document = db.session.get(Document, document_id)
            if document is not None:
                lock_of_document(document_id)
                _taken(f"document:{document_id}", agency_id, "bundle", reason)
                evidence.write(document, app.extensions["tools"], datetime.now(UTC), target)
                return
    raise NotFound(document=document_id)


def put_trust(app: Flask, folder: Path) -> str:
    """Write what proves this installation's bundles into `folder`, with the verifier; the seal key's fingerprint."""
    tools: Tools = app.extensions["tools"]
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in evidence.trust(tools).items():
        (folder / Path(name).name).write_bytes(data)
    shutil.copyfile(evidence.verifier.__file__, folder / "verify.py")
    return tools.sealer.key_id


def mine(app: Flask, slug: str, kind: str, target: BinaryIO, reason: str, *, since: date | None = None,
         until: date | None = None, unit_id: int | None = None, kinds: tuple[str, ...] = ()) -> None:
    """Write the event log of an agency. Raises ReasonNeeded, NotFound for an agency that does not work here,
    LogUnclear, LogEmpty.
    """
    need_reason(reason)
    asked = mining.Asked(since, until, unit_id, kinds)
    for agency_id, _name in to_check(app, slug):
        with _behind(app, agency_id):
            mining.need(asked)
            _taken(f"agency:{agency_id}", agency_id, kind, reason)
        with _behind(app, agency_id), verify.snapshot():
            mining.write(kind, mining.events(asked), target)
            return
    raise NotFound()
