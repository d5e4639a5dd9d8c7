"""Art. 8: drafts and their versions, review, approval; Art. 4 decides the procedure."""

import io
import zipfile

import pytest
from steps import Office, draft, quick

from app.db import db
from app.engine import instance as instances
from app.engine.form import FormInvalid
from app.records import attachment, milestone
from app.records.attachment import UploadMissing
from app.records.document import Document
from app.tools.docx import PlaceMissing
from app.tools.office import HasTrackedChanges


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


def test_art_4_the_purpose_decides_the_procedure(stc):
    for purpose, form, clause in (("periodic_report", "electronic", "4.1.b"), ("other", "hybrid", "4.2")):
        found = stc.begin(purpose=purpose)
        with stc.inside():
            document = db.session.get(Document, found)
            assert (document.exchange_form, instances.of_document(found).key) == (form, f"outgoing_{form}")
            assert clause in document.exchange_clause


def test_art_8_1_every_version_is_kept_and_the_same_file_is_no_new_one(stc):
    found = stc.begin()
    stc.draft(found, "Bản 1")
    for text in ("Bản 2", "Bản 2"):
        stc.do("truongphong", "review", {"decision": "return", "opinion": "Sửa"}, found)
        sha256 = stc.upload("chuyenvien", VERSIONS.setdefault(text, draft(text)), "du thao.docx")
        stc.do("chuyenvien", "draft", {
            "subject": "V/v", "addressees": [], "recipients": [], "priority": "0", "draft_file": sha256,
            "approver_id": stc.id_of("lanhdao"), "decision": "submit"}, found)
    with stc.inside():
        files = attachment.of(found)
        assert len(files) == 2 and all(stc.app.extensions["tools"].blobs.has(f.sha256) for f in files)
        assert milestone.standing(found)["submit_draft"].sha256 == files[-1].sha256


#: text -> the file: two DOCX of one text may differ in their bytes
VERSIONS: dict[str, bytes] = {}


def test_art_8_1_a_file_that_somebody_else_uploaded_is_not_ones_own(stc):
    found = stc.begin()
    sha256 = stc.upload("chuyenvien2", draft("Của người khác"), "cua nguoi khac.docx")
    with pytest.raises(UploadMissing):
        stc.draft(found, draft_file=sha256)
    assert stc.tasks(found) == ["draft"] and stc.files(found) == []


def changed(data):
    """The same draft with a tracked change left in."""
    source, sink = zipfile.ZipFile(io.BytesIO(data)), io.BytesIO()
    with zipfile.ZipFile(sink, "w") as target:
        for name in source.namelist():
            text = source.read(name)
            target.writestr(name, text.replace(b"<w:r>", b'<w:ins w:id="1"><w:r>', 1).replace(
                b"</w:r>", b"</w:r></w:ins>", 1) if name == "word/document.xml" else text)
    return sink.getvalue()


def test_art_9_1_b_a_draft_that_cannot_be_completed_is_not_submitted(stc):
    found = stc.begin()
    for file, refusal in (draft(number="Về việc thử"), PlaceMissing), (changed(draft()), HasTrackedChanges):
        with pytest.raises(refusal):
            stc.draft(found, draft_file=stc.upload("chuyenvien", file, "du thao.docx"))
    assert stc.tasks(found) == ["draft"] and stc.files(found) == []
    paper = stc.begin(purpose="other")  # on paper the clerk writes the number by hand (Art. 9.2.b)
    stc.draft(paper, draft_file=stc.upload("chuyenvien", draft(number="Về việc thử"), "du thao.docx"))
    assert stc.tasks(paper) == ["review"]


def test_art_8_2_8_3_sent_back_only_with_an_opinion(stc):
    found = stc.begin()
    stc.draft(found)
    with pytest.raises(FormInvalid) as raised:
        stc.do("truongphong", "review", {"decision": "return"}, found)
    assert list(raised.value.facts["errors"]) == ["opinion"]
    stc.do("truongphong", "review", {"decision": "accept"}, found)
    with pytest.raises(FormInvalid):
        stc.do("lanhdao", "approve", {"decision": "return", "opinion": ""}, found)
    assert stc.tasks(found) == ["approve"]


def test_art_8_3_what_the_leader_approved_is_known_by_its_hash(stc):
    found = stc.begin()
    stc.draft(found)
    stc.do("truongphong", "review", {"decision": "accept"}, found)
    stc.do("lanhdao", "approve", {"decision": "approve", "opinion": "Nhất trí"}, found)
    with stc.inside():
        fact = milestone.standing(found)["approve"]
        assert fact.sha256 == attachment.latest(found, "draft").sha256
        document = db.session.get(Document, found)
        assert (document.signer_name, document.signer_position) == ("Đinh Xuân Trường", "GIÁM ĐỐC")
        assert fact.user_id == stc.user("lanhdao").id
    assert ("opinion", "Nhất trí") in stc.said(found)
