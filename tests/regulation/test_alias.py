"""Old codes of agencies, renamed or merged: packets from them and to them are understood, for their days, and told."""

from datetime import UTC, datetime, timedelta

import pytest
from steps import Office, arrived, fetch, quick, signed_pdf

from app import axis, set_up
from app.db import db
from app.records import account, agency, message
from app.records import sender_request as requests
from app.records.document import Document
from app.regulation.incoming import receive
from app.tools import edxml

#: of the provincial office (H38.01) and of the department of finance (H38.12) before their codes were new
OLD_SENDER, OLD_OWN, LATE = "000.00.01.H38", "000.00.12.H38", "28.22.H38"
REASON = "Danh bạ mã định danh mới của tỉnh"


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


def today():
    return datetime.now(UTC).date()


def join_axis(world, *codes: str) -> None:
    book = world.app.extensions["tools"].axis
    for code in codes:
        book.secrets[code] = axis.register(world.config.data / "axis", code, code)


def send(stc: Office, sender: str, to: str, number: str, named: str, file: bytes) -> None:
    """A document or, without a file, a recall of it."""
    day = today()
    data = edxml.build_document({
        "from_": {"organ_id": sender, "organ_name": "Văn phòng"}, "to": [{"organ_id": to, "organ_name": "Sở"}],
        "document_id": f"{named},{day:%Y/%m/%d},{number}/VPUBND", "code_number": number, "code_notation": "VPUBND",
        "place": "Lào Cai", "promulgation_date": day.isoformat(), "type_name": "Công văn", "subject": "Báo cáo quý",
        "content": "Báo cáo quý", "priority": 0, "page_amount": 1, "response_for": [], "to_places": [],
        "signer": {"competence": "", "position": "CHÁNH VĂN PHÒNG", "full_name": "Nguyễn Minh Quang"},
        "business": {"doc_type": 0 if file else 1, "reason": "Gửi nhầm", "paper": 0,
                     "document_id": "" if file else f"{named},{day:%Y/%m/%d},{number}/VPUBND"},
        "traces": [{"organ_id": sender, "timestamp": datetime.now(UTC).isoformat()}],
    }, [{"name": "thu.pdf", "media_type": "application/pdf", "data": file}] if file else [])
    stc.app.extensions["tools"].axis.of(sender).send_edoc(
        data, sender=sender, to=[to], message_type="edoc", key=f"{sender}:{to}:{number}:{bool(file)}")
    fetch(stc.app, "stc")


def test_qd_20_2020_packets_from_and_to_old_codes_are_understood_and_told(world, stc):
    join_axis(world, OLD_SENDER, OLD_OWN, LATE)
    for code, old, until in (("H38.01", OLD_SENDER, None), ("H38.12", OLD_OWN, today() + timedelta(days=9)),
                             ("H38.12", LATE, today() - timedelta(days=1))):
        set_up.add_alias(stc.app, agency=code, code=old, since=today() - timedelta(days=30), until=until, reason=REASON)
    file = signed_pdf(stc.app)
    send(stc, OLD_SENDER, OLD_OWN, "12", OLD_SENDER, file)
    found = arrived(stc)
    with stc.inside():
        document = db.session.get(Document, found)
        assert (document.organ_id, document.verdict["color"]) == (OLD_SENDER, "green"), "signed under the new code"
        assert agency.names([OLD_SENDER])[OLD_SENDER].startswith("Văn phòng")
    words = dict(stc.said(found))["warning"]
    assert receive.OLD_ADDRESS.format(old=OLD_OWN, new="H38.12") in words and f"mã cũ {OLD_SENDER}" in words
    stc.verify(found)
    assert ("status", OLD_SENDER, "03") in stc.sent(found), "told where it came from"
    send(stc, "H38.01", "H38.12", "12", OLD_SENDER, b"")
    with stc.inside():
        row, = requests.of_document(found)
        assert (row.kind, row.partner) == ("recall", "H38.01"), "taken back under the new code"
    send(stc, "H38.01", LATE, "13", "H38.01", file)
    with stc.inside():
        assert agency.codes_of(LATE, today()) == [LATE] and db.session.scalar(
            db.select(db.func.count()).select_from(Document)) == 1, "its days are over: nobody asks that box"
        assert message.not_taken_in(9) == []
    assert stc.faults() == []
    for code, old, until in (("H38.12", OLD_SENDER, None), ("H38.12", "H38.01", None), ("H38.12", OLD_OWN, today()
                             - timedelta(days=90))):
        with pytest.raises(account.AliasTaken):
            set_up.add_alias(stc.app, agency=code, code=old, since=today(), until=until, reason=REASON)
