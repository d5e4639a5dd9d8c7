"""A person's browser without a screen, for tests of the HTTP doors: logs in by the form, carries CSRF and cookies.

Real PostgreSQL, real views, Flask's client; nothing is stubbed here.
"""

import io
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from lxml import html
from werkzeug.test import TestResponse

from app.db import db
from app.demo.hand import Hands
from app.demo.people import PASSWORD
from app.records.audit_grant import AuditGrant
from app.records.calendar import local_date
from app.records.session import open_session

#: where a leader gives scopes to auditors
GRANTS = "/lich-su/quyen-kiem-tra"

_TOKEN = re.compile(r'name="csrf-token" content="([^"]+)"')


class Browser:
    """One browser; `Browser(app, "stc", "vanthu")` has a session of that person, `Browser(app)` is a stranger's."""

    def __init__(self, app: Any, slug: str = "", username: str = "") -> None:
        self.app, self.client, self._token = app, app.test_client(), ""
        if username:
            hands = Hands(app, slug)
            with hands.inside():
                value = f"{hands.agency_id}.{open_session(hands.user(username), now(), '127.0.0.1')}"
                db.session.commit()
            self.client.set_cookie("qlvb_session", value)

    def log_in(self, slug: str, username: str, password: str = PASSWORD, **more: str) -> TestResponse:
        """Send the log-in form."""
        return self.post("/dang-nhap", coquan=slug, username=username, password=password, **more)

    @property
    def token(self) -> str:
        """The CSRF token as a page gives it."""
        if not self._token:
            page = self.client.get("/dang-nhap", follow_redirects=True)
            self._token = _TOKEN.search(page.text).group(1)
        return self._token

    def get(self, path: str, **rest: Any) -> TestResponse:
        """A page."""
        return self.client.get(path, **rest)

    def post(self, path: str, **fields: Any) -> TestResponse:
        """A form of a page."""
        return self.client.post(path, data={"csrf_token": self.token, **fields})

    def send(self, path: str, body: Any) -> TestResponse:
        """JSON, as our scripts send it; text goes as it is."""
        form = {"data": body, "content_type": "application/json"} if isinstance(body, str) else {"json": body}
        return self.client.post(path, headers=self.script, **form)

    @property
    def script(self) -> dict[str, str]:
        """Headers of our scripts."""
        return {"X-CSRFToken": self.token, "Accept": "application/json"}

    def upload(self, data: bytes, name: str) -> TestResponse:
        """One file."""
        return self.client.post("/tep", data={"file": (io.BytesIO(data), name)}, headers=self.script,
                                content_type="multipart/form-data")

    def complete(self, task: tuple[int, int], **values: Any) -> TestResponse:
        """Complete a task (id, version) with values."""
        return self.send(f"/viec/{task[0]}", {"version": task[1], "values": values})

    def save(self, task: tuple[int, int], **values: Any) -> TestResponse:
        """Save what was typed at a task (id, version)."""
        return self.send(f"/viec/{task[0]}/nhap", {"version": task[1], "values": values})


def open_task(office: Any, form_key: str, document_id: int | None = None) -> tuple[int, int]:
    """(id, version) of the open task of a form."""
    with office.inside():
        row = office.waiting(form_key, document_id)
        return row.id, row.version


def count(office: Any, *tables: type) -> list[int]:
    """Rows of the agency in each table."""
    with office.inside():
        return [db.session.scalar(db.select(db.func.count()).select_from(table)) for table in tables]


def drawn(page: TestResponse) -> dict[str, Any]:
    """What a task's page hands to the script that draws its form."""
    return json.loads(html.fromstring(page.text).get_element_by_id("task").text)


def alone(page: str) -> list[str]:
    """What on a page would need a lax policy: inline scripts, handlers, script addresses. Empty = nothing."""
    tree = html.fromstring(page)
    found = [f"<script>{s.text[:40]}" for s in tree.iter("script")
             if s.get("src") is None and s.get("type") != "application/json"]
    for node in tree.iter():
        for name, value in node.attrib.items():
            if name.lower().startswith("on") or value.strip().lower().startswith("javascript:"):
                found.append(f"{node.tag} {name}={value[:40]}")
    return found


def now() -> datetime:
    """The moment."""
    return datetime.now(UTC)


def give(office: Hands, leader: Browser, **scope: str) -> int:
    """The leader gives a scope by the form; its id."""
    until = (local_date(now()) + timedelta(days=30)).isoformat()
    answer = leader.post(GRANTS, **{"until": until, "reason": "Theo kế hoạch kiểm tra", **scope})
    assert answer.status_code == 303, answer.text
    with office.inside():
        return db.session.scalar(db.select(AuditGrant.id).order_by(AuditGrant.id.desc()))


def end_grants(office: Hands) -> None:
    """The leader ends what the demo gave, by the form."""
    with office.inside():
        ids = db.session.scalars(db.select(AuditGrant.id)).all()
    leader = Browser(office.app, "stc", "lanhdao")
    for one in ids:
        assert leader.post(f"{GRANTS}/{one}/ket-thuc", reason="Hết đợt kiểm tra").status_code == 303
