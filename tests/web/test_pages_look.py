"""Every page of every role, on a desktop and on a phone: nothing sticks out, no error in the console, and axe-core
finds nothing serious. axe-core looks at a page for the first role that is led to it, at home and inbox for each.

The documents are made through the same acts as the pages use (demo/hand.py); the worker's part is real.
"""

import re
from datetime import timedelta

import pytest
from browser import DESKTOP, PHONE, Person, Site, listen, log_in, needs_axe, serious, too_wide, until
from playwright.sync_api import Browser
from steps import in_days

from app.db import db
from app.demo import letters
from app.demo.hand import Hands
from app.demo.story import begin, register_document, submit
from app.engine.task import Task
from app.records import barred
from app.records.calendar import local_date
from app.web.moment import now

pytestmark = [
    pytest.mark.browser,
    needs_axe,
]

LETTERS = (
    "giao dự toán ngân sách nhà nước năm 2027",
    "chuẩn bị nội dung họp giao ban tháng 12 năm 2026",
    "rà soát nguồn cải cách tiền lương năm 2027",
)
SUBJECTS = {
    "draft": "công tác cải cách hành chính quý IV năm 2026",
    "review": "tình hình quản lý tài sản công năm 2026 trên địa bàn tỉnh",
    "approve": "tình hình thực hiện dự toán thu, chi ngân sách nhà nước tháng 11 năm 2026 trên địa bàn tỉnh",
    "sign_by_leader": "kết quả giải ngân vốn đầu tư công tuần 47 năm 2026",
}
ROLES = ("vanthu", "lanhdao", "truongphong", "chuyenvien", "quantri", "thanhtra")
#: a document that is not there
NOTHING = "/van-ban/999999"
#: pages that no link of the first pages leads to
UNLINKED = ("/viec?q=khong-co", NOTHING)
#: pages of procedures (Art. 10.2) and of audit (Art. 10.3) that a link inside a page leads to; those of a proposal:
#: test_diagram_story.py
PROCEDURE = "/quy-trinh/incoming"
PROCEDURES = {
    "vanthu": ("/so/den/doi-soat", "/so/den?han=overdue"),
    "lanhdao": ("/lich-su/quyen-kiem-tra",),
    "thanhtra": ("/lich-su/don-vi-truc-thuoc",),
    "chuyenvien": (PROCEDURE, f"{PROCEDURE}/van-ban-quy-trinh"),
    "quantri": (PROCEDURE, "/quy-trinh/quyen", *(f"{PROCEDURE}/{part}" for part in (
        "chay-thu", "tong-quan", "ho-so-dang-chay", "so-sanh?tu=1&den=1"))),
}
#: the links of the menu, the quick actions, the boxes of the inbox
_LINKS = """() => [...document.querySelectorAll('.side a[href], .actions a[href], main nav.tabs a[href]')]
  .map(link => link.getAttribute('href'))"""


@pytest.fixture
def busy(world) -> Hands:
    """The Department of Finance with a task of each kind of its own; the worker has yet to read the letters."""
    hands, today = Hands(world.app, "stc"), local_date(now())
    for number in range(3):
        page = letters.letter({
            "organ_name": "Ủy ban nhân dân tỉnh Lào Cai", "code_number": str(41 + number), "code_notation": "UBND-TH",
            "issued_date": today - timedelta(days=2), "place": "Lào Cai", "type_name": "Công văn",
            "subject": LETTERS[number], "priority": str(number),
            "signer_name": "Nguyễn Thành Sinh", "signer_position": "PHÓ CHỦ TỊCH",
            "addressees": ["Sở Tài chính tỉnh Lào Cai"], "recipients": ["Như trên", "Lưu: VT"]}, seed=20 + number)
        hands.hand_in("vanthu", page, f"Một tệp quét có tên khá dài để thử chiều ngang của trang {number}.pdf")
    for stage in ("draft", "review", "approve", "sign_by_leader"):
        _draft(hands, stage)
    _keep_out(hands)
    return hands


def _keep_out(hands: Hands) -> None:
    """What must not be entered came by each way (Art. 3.2); the head of a unit is told of it."""
    with hands.inside():
        leader, clerk, told = hands.user("lanhdao"), hands.user("vanthu").id, hands.user("truongphong").id
        for matter in ("secrecy", "petition"):
            barred.name_officer(leader, matter, told, "Theo phân công của giám đốc", now())
        barred.add_rule(leader, "words", "quy hoạch cán bộ lãnh đạo, quản lý", None, "Công tác cán bộ", now())
        barred.note(hands.agency_id, barred.UPLOAD, barred.SECRECY, now(), user_id=clerk)
        barred.note(hands.agency_id, barred.MAIL, barred.PETITION, now(), partner="nguoi-gui-rat-dai@tinh.example")
        barred.note(hands.agency_id, barred.SCAN, barred.LISTED, now())
        db.session.commit()


def _draft(hands: Hands, stage: str) -> None:
    subject = f"Báo cáo {SUBJECTS[stage]}"
    document_id = begin(hands, subject)
    if stage != "draft":
        submit(hands, document_id, subject, ["H38.01", "H38.45"])
    if stage in ("approve", "sign_by_leader"):
        hands.do("truongphong", "review", {"decision": "accept", "opinion": "Nhất trí."}, document_id)
    if stage == "sign_by_leader":
        hands.do("lanhdao", "approve", {"decision": "approve", "opinion": ""}, document_id)


def _go_on(hands: Hands) -> list[str]:
    """When the worker has read the letters: one stays, one is registered, one is assigned. Addresses to look at."""

    def verified() -> list[int]:
        with hands.inside():
            found = [task.document_id for task in _open(hands) if task.form_key == "verify"]
            return found if len(found) == 3 and hands.waiting("sign_by_leader") else []

    _, assigned, urgent = sorted(until(verified, lambda: "the worker has not read the letters", seconds=180))
    for document_id in (assigned, urgent):
        register_document(hands, document_id)
    hands.do("lanhdao", "assign", {
        "decision": "assign", "directive": "Nghiên cứu, tham mưu.", "handler_id": hands.id_of("chuyenvien"),
        "co_handlers": [], "readers": [], "due_date": in_days(1)}, assigned)
    with hands.inside():
        tasks = _open(hands)
        return [f"/viec/{task.id}" for task in tasks] + [f"/van-ban/{task.document_id}" for task in tasks]


def _open(hands: Hands) -> list[Task]:
    return list(db.session.scalars(db.select(Task).where(Task.status == "open", Task.kind == "user").order_by(Task.id)))


def test_pages_fit_speak_and_are_quiet(busy: Hands, site: Site, chromium: Browser):
    work = _go_on(busy)
    wrong = _stranger(chromium, site)
    seen: set[str] = set()
    for username in ROLES:
        person = log_in(chromium, site, "stc", username)
        mine = [path for path in work if path not in seen and _may_open(person, path)]
        for path in (*_linked(person), *UNLINKED, *PROCEDURES.get(username, ()), *mine):
            wrong += _look(person, path, username, with_axe=path in ("/", "/viec") or path not in seen)
            seen.add(path)
        if username == "lanhdao":
            person.page.set_viewport_size(DESKTOP)
            person.go("/viec")
            person.picture("inbox")
        if username == "quantri":
            _says_what_a_field_lacks(person)
        person.context.close()
    assert seen >= set(work), "a page that nobody may open was not looked at"
    assert not wrong, "\n".join(wrong)


def _says_what_a_field_lacks(person: Person) -> None:
    """In the language of the page: the browser's is English here; and what is put right is not held back."""
    page = person.go("/khoa-ky")
    field = page.get_by_label("Lý do")
    lacks = "field => { field.form.requestSubmit(); return field.validationMessage }"
    assert field.evaluate(lacks) == "Bắt buộc nhập."
    field.press_sequentially("abc")
    assert field.evaluate(lacks) == "Ít nhất 5 ký tự."
    field.press_sequentially("de")
    assert field.evaluate("field => field.checkValidity()")


def _linked(person: Person) -> list[str]:
    """Where the menu, the home page and the inbox lead this person."""
    found = dict.fromkeys(["/", "/viec"])
    for path in list(found):
        found |= dict.fromkeys(person.go(path).evaluate(_LINKS))
    assert "/doi-mat-khau" in found and "/viec?hop=overdue" in found
    return list(found)


def _stranger(chromium: Browser, site: Site) -> list[str]:
    context = chromium.new_context(viewport=DESKTOP, locale="vi-VN")
    person = Person(site, context, context.new_page())
    listen(person)
    return _look(person, "/dang-nhap", "stranger") + _look(person, "/dang-nhap?coquan=stc", "stranger")


def _may_open(person: Person, path: str) -> bool:
    return person.context.request.get(person.site.base + path).status == 200


def _look(person: Person, path: str, username: str, *, with_axe: bool = True) -> list[str]:
    """What is wrong with one page in both sizes, in words."""
    page, wrong = person.page, []
    person.complaints.clear()
    page.set_viewport_size(DESKTOP)
    person.go(path)
    if with_axe:
        page.wait_for_load_state("networkidle")
    for size in (DESKTOP, PHONE):
        page.set_viewport_size(size)
        where = f"{username} {path} at {size['width']}"
        over = too_wide(page)
        if over > 0:
            wrong.append(f"{where}: {over} px too wide")
        wrong += [f"{where}: {found}" for found in (serious(page) if with_axe else ())]
    expected = re.compile("404") if path == NOTHING else re.compile("(?!)")
    wrong += [f"{username} {path}: console: {said}" for said in person.complaints if not expected.search(said)]
    return wrong
