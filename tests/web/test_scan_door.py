"""What is given as the scan of a sealed paper, and as the place of the original (Art. 9.2.b, c; NĐ 30/2020 Đ18.6)."""

import io
from dataclasses import replace

import pikepdf
import pytest
from doors import Browser as Door
from doors import open_task
from fakes import pdf
from PIL import Image
from steps import Office, in_days, quick

from app import worker
from app.records import attachment
from app.tools.conversion import Converter

RECEIVED = {"decision": "received", "is_signed": True, "signed_date": in_days(0)}
SEALED = {"is_numbered": True, "is_sealed": True, "archive_place": "Tủ 2"}


@pytest.fixture
def signed(world):
    """A paper that waits for its seal: office, document, clerk."""
    quick(world.app)
    world.app.extensions["tools"] = replace(world.app.extensions["tools"], converter=Converter(seconds=60))
    stc = Office(world.app)
    found = stc.begin(purpose="other", type_name="Quyết định")
    stc.approved(found)
    stc.do("vanthu", "sign_paper", RECEIVED, found)
    return stc, found, Door(stc.app, "stc", "vanthu")


@pytest.fixture
def sealed(signed):
    stc, found, clerk = signed
    stc.do("vanthu", "seal_paper", SEALED, found)
    return signed


def given(sealed, data, name):
    """The answer of the page when the clerk gives this file as the scan."""
    stc, found, clerk = sealed
    sent = clerk.upload(data, name)
    assert sent.status_code == 200, sent.text
    return clerk.complete(open_task(stc, "digitise", found), scan=sent.json["sha256"])


@pytest.mark.parametrize("kind, name", [("JPEG", "quét.jpg"), ("PNG", "quét.png"), ("TIFF", "quét.tif")])
def test_art_9_2_c_a_scan_that_is_a_picture_becomes_a_pdf_that_the_agency_signs(sealed, kind, name):
    stc, found, clerk = sealed
    sink = io.BytesIO()
    Image.effect_noise((620, 877), 60).convert("RGB").save(sink, kind)
    assert given(sealed, sink.getvalue(), name).status_code == 200
    worker.run_due(stc.app)
    with stc.inside():
        scan = attachment.latest(found, "scan")
        assert (scan.name, scan.media_type) == ("quét.pdf", "application/pdf")
    assert open_task(stc, "seal_copy", found), "the clerk has a task, no incident"


def test_art_9_2_c_what_cannot_be_signed_as_a_scan_is_refused_at_its_field_and_the_clerk_keeps_the_task(sealed):
    stc, found, clerk = sealed
    sink = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf(1))) as plain:
        plain.save(sink, encryption=pikepdf.Encryption(owner="x", user=""))
    with stc.inside():
        draft = attachment.latest(found, "draft")
        word = stc.app.extensions["tools"].blobs.read(draft.sha256)
    for data, name in ((sink.getvalue(), "bảo vệ.pdf"), (word, "dự thảo.docx")):
        answer = given(sealed, data, name)
        assert answer.status_code == 422 and list(answer.json["errors"]) == ["scan"]
        assert answer.json["errors"]["scan"][0]
    assert open_task(stc, "digitise", found)


def test_art_9_2_b_the_place_of_the_original_is_said_in_words(signed):
    stc, found, clerk = signed
    for place in (".", "- / -", "12"):
        answer = clerk.complete(open_task(stc, "seal_paper", found), **SEALED | {"archive_place": place})
        assert answer.status_code == 422
        assert answer.json["errors"] == {
            "archive_place": ["Ghi rõ nơi lưu để tìm lại được bản gốc: tủ, giá, hộp, cặp."]}
    assert clerk.complete(open_task(stc, "seal_paper", found), **SEALED).status_code == 200
