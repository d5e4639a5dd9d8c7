"""The hands of people, for the demo and the tests: find a task as its person would and complete it.

The same doors as the pages use: uploads, forms, PINs, acts. Nothing is written past them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from flask import Flask

from app import clock, worker
from app.db import db, tenancy
from app.demo.people import PIN
from app.engine import act, task
from app.records.agency import Agency
from app.records.attachment import Upload
from app.records.document import Document
from app.records.people import User
from app.regulation.drafting.draft import require_fit
from app.regulation.incoming import receive
from app.regulation.outgoing import signing_door
from app.tools import media, page_cut

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


class Hands:
    """All people of one agency; each method is one thing that a person does."""

    def __init__(self, app: Flask, slug: str) -> None:
        self.app, self.slug = app, slug
        with app.app_context():
            self.agency_id = db.session.scalars(db.select(Agency.id).where(Agency.slug == slug)).one()
            db.session.remove()

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Behind the wall of the agency."""
        with self.app.app_context(), tenancy.acting_for(self.agency_id):
            try:
                yield
            finally:
                db.session.remove()

    def user(self, username: str) -> User:
        """A person; inside `inside`."""
        return db.session.scalars(db.select(User).where(User.username == username)).one()

    def id_of(self, username: str) -> str:
        """A person's id as forms give it."""
        with self.inside():
            return str(self.user(username).id)

    def upload(self, username: str, data: bytes, name: str) -> str:
        """Send a file; returns its sha256."""
        found = media.sniff(data, name)
        sha256 = self.app.extensions["tools"].blobs.put(data)
        with self.inside():
            user = self.user(username)
            db.session.add(Upload(agency_id=user.agency_id, sha256=sha256, name=media.clean_name(name),
                                  media_type=found.media_type, size_bytes=len(data), user_id=user.id,
                                  is_signed=found.extension == "pdf" and page_cut.is_signed(data),
                                  at=datetime.now(UTC)))
            db.session.commit()
        return sha256

    def hand_in(self, username: str, data: bytes, name: str) -> int:
        """A clerk takes in a scan; returns the document's id."""
        sha256 = self.upload(username, data, name)
        with self.inside():
            user = self.user(username)
            found = db.session.scalars(db.select(Upload).where(Upload.sha256 == sha256)
                                       .order_by(Upload.id.desc()).limit(1)).one()
            return receive.take_in(user, found, datetime.now(UTC)).document_id

    def waiting(self, form_key: str, document_id: int | None = None) -> task.Task | None:
        """The open task of a form; inside `inside`."""
        query = db.select(task.Task).where(task.Task.form_key == form_key, task.Task.status == "open")
        if document_id is not None:
            query = query.where(task.Task.document_id == document_id)
        return db.session.scalar(query.order_by(task.Task.id).limit(1))

    def do(self, username: str, form_key: str, values: dict[str, Any], document_id: int | None = None,
           pin: str = PIN) -> int:
        """Complete the open task of a form; returns the document's id. Signs with the PIN where the form asks."""
        with self.inside():
            user, row = self.user(username), self.waiting(form_key, document_id)
            if row is None:
                raise LookupError(f"{self.slug}: no open task {form_key} for document {document_id}")
            if form_key == "draft":
                require_fit(self.app.extensions["tools"], row.document, user, values)
            if form_key in signing_door.KIND_OF_FORM and values.get("decision") == "sign":
                tools = self.app.extensions["tools"]
                values = {**values, "signature": signing_door.sign_with_pin(tools, row, user, pin)}
            return act.complete_task(row.id, user, row.version, values).document_id

    def draft_of(self, document_id: int) -> int:
        """The outgoing document that answers this incoming one."""
        with self.inside():
            return db.session.scalars(db.select(Document.id).where(Document.answers_id == document_id)
                                      .order_by(Document.id.desc()).limit(1)).one()


def settle(app: Flask) -> None:
    """Let the worker do all that is due, look into the exchange, and do what came of it, until nothing is left."""
    for _ in range(3):
        worker.run_due(app)
        if not app.config["SETTINGS"].exchange_url:
            return
        clock.tick(app, "fetch", "exchange")
        worker.run_due(app)
