"""What people do in the tests of procedures, one method a thing; and what must hold at every end.

`Office` is `Hands` (app/demo/hand.py) with the usual values of each form. Nothing is written past the doors.
"""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import docx
from fakes import FakeConverter, FakeReader, pdf
from flask import Flask

from app import worker
from app.db import db, spelling, tenancy
from app.demo.hand import Hands
from app.demo.people import PIN
from app.engine import act, replay, task
from app.engine import instance as instances
from app.engine.task import Task
from app.records import attachment, calendar_law, history, message, register, scan_check, verify
from app.records.calendar import SWAP_WORK, local_date
from app.records.document import Document, Opinion
from app.regulation.layout_grammar import fold
from app.regulation.outgoing import scan_answered
from app.tools import docx_letter, edxml
from app.tools.exchange import Axis

UNSIGNED = {"decision": "refuse", "reason": "Sai thẩm quyền ký"}


def quick(app: Flask) -> None:
    """Recognition and conversion by fakes; the axis is asked again without pause. Before the first job."""
    tools = app.extensions["tools"]
    tools.converter.close()
    for code, secret in tools.axis.secrets.items():
        tools.axis._clients[code] = Axis(tools.axis.url, code, secret)
    app.extensions["tools"] = replace(tools, reader=FakeReader(), converter=FakeConverter())


def draft(text: str = "Nội dung", number: str = "Số:        /") -> bytes:
    """A DOCX with the two places that number and date need."""
    made, target = docx.Document(), io.BytesIO()
    for line in (number, "Lào Cai, ngày     tháng     năm 2026", text, "GIÁM ĐỐC", "Đinh Xuân Trường"):
        made.add_paragraph(line)
    made.save(target)
    return target.getvalue()


def letter_to(addressees: list[str], recipients: list[str]) -> bytes:
    """A letter of the Department of Finance that names whom it goes to."""
    return docx_letter.write(docx_letter.Letter(
        organ_name="Sở Tài chính", parent_name="Ủy ban nhân dân tỉnh Lào Cai", notation="STC-NS", place="Lào Cai",
        type_name="", subject="báo cáo quý", body=[("plain", "Sở Tài chính báo cáo.")], position="GIÁM ĐỐC",
        signer_name="Đinh Xuân Trường", addressees=addressees, recipients=recipients, unit="NS"))


def in_days(days: int) -> str:
    """So many working days from today by the calendar that the agencies of the tests have, as forms take a day."""
    day, step = local_date(datetime.now(UTC)), timedelta(days=1 if days > 0 else -1)
    for _ in range(abs(days)):
        day += step
        while not _works(day):
            day += step
    return day.isoformat()


def day_off() -> tuple[str, str]:
    """The next Saturday that is off, and the first working day after it."""
    day = local_date(datetime.now(UTC)) + timedelta(days=1)
    while day.weekday() != 5 or _works(day):
        day += timedelta(days=1)
    after = day
    while not _works(after):
        after += timedelta(days=1)
    return day.isoformat(), after.isoformat()


def _works(day: date) -> bool:
    row = _of_law(day.year).get(day)
    return row == SWAP_WORK if row else day.weekday() < 5


@cache
def _of_law(year: int) -> dict[date, str]:
    return {one.day: one.kind for one in calendar_law.days_of(year)}


def this_year() -> int:
    """The year in Viet Nam, as the registers count."""
    return local_date(datetime.now(UTC)).year


class Office(Hands):
    """An agency whose people do the usual thing unless told otherwise."""

    def __init__(self, app: Flask, slug: str = "stc") -> None:
        super().__init__(app, slug)
        self.scans = 0

    def take_in(self) -> int:
        """The clerk takes in a scan, each another; it is recognised."""
        self.scans += 1
        document_id = self.hand_in("vanthu", pdf(self.scans), "thu den.pdf")
        worker.run_due(self.app)
        return document_id

    def verify(self, document_id: int, **other: Any) -> None:
        """The clerk confirms the fields and registers."""
        with self.inside():
            book = str(register.open_registers("incoming", this_year())[0].id)
        self.do("vanthu", "verify", {
            "code_number": "12", "code_notation": "UBND-VX", "issued_date": "2026-01-20",
            "organ_name": "Ủy ban nhân dân tỉnh", "type_name": "Công văn", "subject": "Về việc góp ý dự thảo",
            "priority": "0", "register_id": book, "leader_id": self.id_of("lanhdao"), "decision": "register",
            "is_no_twin": True, **other,
        }, document_id)
        worker.run_due(self.app)

    def assign(self, document_id: int, who: str = "lanhdao", **other: Any) -> None:
        """The leader gives it to the officer with a directive."""
        values = {"decision": "assign", "directive": "Giao đồng chí xử lý", "handler_id": self.id_of("chuyenvien")}
        self.do(who, "assign", {**values, **other}, document_id)
        worker.run_due(self.app)

    def handle(self, document_id: int, who: str = "chuyenvien", **values: Any) -> None:
        """The officer finishes it."""
        self.do(who, "handle", values or {"decision": "finish", "result": "Đã thực hiện"}, document_id)
        worker.run_due(self.app)

    def answer(self, document_id: int, purpose: str = "periodic_report", type_name: str = "Công văn") -> int:
        """The officer answers; gives the outgoing document."""
        self.handle(document_id, decision="answer", answer_type_name=type_name, answer_purpose=purpose)
        return self.draft_of(document_id)

    def begin(self, purpose: str = "periodic_report", type_name: str = "Công văn") -> int:
        """The officer starts a draft of his own accord."""
        from app.regulation.drafting.draft import begin

        with self.inside():
            return begin(self.user("chuyenvien"), type_name=type_name, purpose=purpose, scope="between",
                         subject="V/v thử", at=datetime.now(UTC)).id

    def draft(self, document_id: int, text: str = "Nội dung", **other: Any) -> None:
        """The officer submits a draft."""
        sha256 = self.upload("chuyenvien", draft(text), "du thao.docx")
        self.do("chuyenvien", "draft", {
            "subject": "V/v trả lời", "addressees": ["H38.01"], "recipients": [], "priority": "0",
            "approver_id": self.id_of("lanhdao"), "draft_file": sha256, "decision": "submit", **other}, document_id)

    def approved(self, document_id: int, **other: Any) -> None:
        """Drafted, reviewed by the head of unit, approved by the leader; what follows by itself is done."""
        self.draft(document_id, **other)
        self.do("truongphong", "review", {"decision": "accept", "opinion": "Đồng ý"}, document_id)
        self.do("lanhdao", "approve", {"decision": "approve"}, document_id)
        worker.run_due(self.app)

    def sign(self, document_id: int) -> None:
        """The leader signs."""
        self.do("lanhdao", "sign_by_leader", {"decision": "sign"}, document_id)
        worker.run_due(self.app)

    def explain(self, document_id: int) -> None:
        """The clerk answers for each place where the scan is not what was approved."""
        with self.inside():
            task_id = db.session.scalars(db.select(Task.id).where(
                Task.document_id == document_id, Task.status == "open", Task.form_key == "seal_copy")).one()
            places = scan_answered.open_at(scan_check.latest(document_id))
            why = dict.fromkeys(places, "Bản quét của bài thử không có chữ")
            scan_answered.answer(task_id, self.user("vanthu"), why, datetime.now(UTC))

    def seal(self, document_id: int) -> None:
        """The clerk signs with the agency's key; it is dispatched."""
        form_key, = self.tasks(document_id)
        if form_key == "seal_copy":
            self.explain(document_id)
        self.do("vanthu", form_key, {"decision": "sign"}, document_id)
        worker.run_due(self.app)

    def cancel(self, document_id: int) -> None:
        """The officer gives the draft up."""
        self.do("chuyenvien", "draft", {"decision": "cancel", "reason": "Không cần nữa"}, document_id)

    def fire(self, document_id: int, at: datetime) -> bool:
        """Time passes: due timers fire."""
        with self.inside():
            return act.fire_timers(instances.of_document(document_id).id, at)

    def tasks(self, document_id: int) -> list[str]:
        """Where the document waits: form keys, "incident:<element>" for a step that failed."""
        with self.inside():
            rows = task.open_of(instances.of_document(document_id).id)
            return sorted(row.form_key or f"incident:{row.element}" for row in rows)

    def incident(self, document_id: int) -> task.Task:
        """The open incident of a document; inside `inside`."""
        return db.session.scalars(db.select(task.Task).where(
            task.Task.document_id == document_id, task.Task.kind == "incident", task.Task.status == "open")).one()

    def status(self, document_id: int) -> str:
        """Of the document, for people."""
        with self.inside():
            return db.session.get(Document, document_id).status

    def files(self, document_id: int) -> list[str]:
        """Kinds of its files, in order."""
        with self.inside():
            return [file.kind for file in attachment.of(document_id)]

    def sent(self, document_id: int) -> list[tuple[str, str, str]]:
        """What went out about a document: (kind, partner, status code)."""
        with self.inside():
            rows = db.session.scalars(db.select(message.Message).where(
                message.Message.document_id == document_id, message.Message.direction == "out")
                .order_by(message.Message.id))
            return [(row.kind, row.partner, row.status_code) for row in rows]

    def said(self, document_id: int) -> list[tuple[str, str]]:
        """What people wrote: (kind, text)."""
        with self.inside():
            return [(o.kind, o.text) for o in db.session.scalars(
                db.select(Opinion).where(Opinion.document_id == document_id).order_by(Opinion.id))]

    def course(self, document_id: int) -> list[tuple[str, str]]:
        """The acts of a document: (kind, element)."""
        with self.inside():
            return [(a.kind, a.element) for a in history.course(f"document:{document_id}")]

    def ended(self, document_id: int) -> str:
        """The end event that the instance reached, proved: replay gives every state again, the chain is whole."""
        with self.inside():
            instance = instances.of_document(document_id)
            assert replay.replay(instance) == replay.Replayed(instance.acts)
            assert history.faults(f"document:{document_id}") == []
            assert not task.open_of(instance.id) and instance.wake_at is None
            return instance.ended_at_element

    def faults(self, tampered: str = "") -> list[tuple[str, str]]:
        """What verify finds, (check, subject); `tampered`: after the owner of the database has done this."""
        with self.app.app_context(), tenancy.as_owner():
            if tampered:
                db.session.execute(db.text(tampered))
            db.session.execute(db.text("set local role qlvb_app"))
            db.session.execute(db.text(f"set local app.agency_id = {self.agency_id}"))
            tools = self.app.extensions["tools"]
            found = [(f.check, f.subject) for f in verify.verify(tools.blobs, tools.sealer, datetime.now(UTC))]
            db.session.rollback()
            return found


def signed_pdf(app: Flask, slug: str = "vpubnd", code: str = "H38.01", mark: int = 0, level: str = "B-LT",
               is_sealed: bool = True, page: bytes = b"") -> bytes:
    """A PDF (`page`, else a white one) with the signatures of an agency's leader and of the agency (Art. 3.3.b), or of
    the leader alone.
    """
    signer, found = app.extensions["tools"].signer, page or pdf(mark)
    for key, kind in ((f"person:{slug}.lanhdao", "leader"), (f"agency:{code}", "agency"))[:1 + is_sealed]:
        state = signer.prepare(found, key=key, kind=kind, reason="12/VPUBND", at=datetime.now(UTC), label={})
        value = signer.sign_digest(key, PIN, state["attributes"])
        found = signer.embed(state["prepared"], state, value, signer.prove(state, value, level))
    return found


def fetch(app: Flask, *slugs: str) -> None:
    """The worker looks into the exchange for these agencies, then does what came of it."""
    worker.use(app)
    for slug in slugs:
        worker.run_fetch(agency_id=Hands(app, slug).agency_id)
    worker.run_due(app)


def send(app: Flask, file: bytes, name: str = "12-VPUBND.pdf", number: str = "12", to: str = "H38.12",
         key: str = "", attached: tuple[bytes, ...] = (), seal: Callable[[bytes], bytes] = bytes) -> None:
    """The provincial office sends a document over the axis, with attachments; the receiver's worker takes it.

    A file is a PDF, or a DOCX by its bytes. `seal`: what is done to the packet before it goes.
    """
    of_docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

    def told(title: str, one: bytes) -> dict[str, Any]:
        is_docx = one.startswith(b"PK")
        return {"name": title.replace(".pdf", ".docx") if is_docx else title,
                "media_type": of_docx if is_docx else "application/pdf", "data": one}

    day = datetime.now(UTC).date()
    data = edxml.build_document({
        "from_": {"organ_id": "H38.01", "organ_name": "Văn phòng Ủy ban nhân dân tỉnh Lào Cai"},
        "to": [{"organ_id": to, "organ_name": "Sở Tài chính"}], "document_id": f"H38.01,{day:%Y/%m/%d},{number}/VPUBND",
        "code_number": number, "code_notation": "VPUBND", "place": "Lào Cai", "promulgation_date": day.isoformat(),
        "type_name": "Công văn", "subject": "Về việc báo cáo quý", "content": "Về việc báo cáo quý",
        "signer": {"competence": "", "position": "CHÁNH VĂN PHÒNG", "full_name": "Nguyễn Minh Quang"},
        "priority": 1, "page_amount": 1, "response_for": [], "to_places": [],
        "business": {"doc_type": 0, "reason": "Văn bản điện tử mới", "paper": 0,
                     "staff": {"department": "Văn thư", "staff": "Lê Thu Hà"}},
        "traces": [{"organ_id": "H38.01", "timestamp": datetime.now(UTC).isoformat()}],
    }, [told(name, file), *(told(f"Phụ lục {n}.pdf", one) for n, one in enumerate(attached, 1))])
    app.extensions["tools"].axis.of("H38.01").send_edoc(
        seal(data), sender="H38.01", to=[to], message_type="edoc", key=f"test:{number}:{to}:{key}")
    fetch(app, "stc")


def arrived(office: Office) -> int:
    """The newest document that came by the exchange."""
    with office.inside():
        return db.session.scalars(db.select(Document.id).where(Document.channel == "exchange")
                                  .order_by(Document.id.desc()).limit(1)).one()


def numbers(office: Office) -> list[tuple[int, int, str]]:
    """The register of outgoing documents: (number, document, reason why it was given up)."""
    with office.inside():
        rows = db.session.scalars(db.select(register.RegisterEntry).join(register.Register)
                                  .where(register.Register.kind == "outgoing").order_by(register.RegisterEntry.number))
        return [(row.number, row.document_id, row.void_reason) for row in rows]


def tables_with(office: Office, word: str) -> set[str]:
    """The tables of which a row says it, jobs and words of the search among them."""
    def says(value: Any) -> bool:
        if isinstance(value, str) and value.startswith("\\x"):
            value = spelling.unpacked(bytes.fromhex(value[2:])).decode(errors="replace")
        return fold(word) in fold(json.dumps(value, ensure_ascii=False))

    with office.inside():
        db.session.execute(db.text("reset role"))
        names = db.session.scalars(db.text("select tablename from pg_tables where schemaname = 'public'")).all()
        return {name for name in names for row in db.session.scalars(db.text(f'select to_jsonb(r) from "{name}" r'))
                if any(says(value) for value in row.values())}
