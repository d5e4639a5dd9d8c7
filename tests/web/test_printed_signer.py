"""Whom a draft prints as its signer, and in whose place, is who signs and what the packet tells (Art. 8.3, 9.1)."""

import pytest
from doors import Browser, open_task
from letters_world import right
from steps import Office, quick

from app import worker
from app.db import db
from app.engine import instance, replay
from app.records.document import Document
from app.regulation import layout_printed


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


def reviewed(stc, **other):
    found = stc.begin()
    stc.draft(found, draft_file=stc.upload("chuyenvien", right(**other), "du thao.docx"))
    stc.do("truongphong", "review", {"decision": "accept", "opinion": "Đồng ý"}, found)
    return found, Browser(stc.app, "stc", "lanhdao")


@pytest.mark.parametrize("authority, position, told", [
    ("", "Giám đốc", ""), ("KT. GIÁM ĐỐC", "Phó Giám đốc", "KT. GIÁM ĐỐC"),
    ("TM. ỦY BAN NHÂN DÂN", "Chủ tịch", "TM. ỦY BAN NHÂN DÂN"), ("TUQ. GIÁM ĐỐC", "Chánh Văn phòng", "TUQ. GIÁM ĐỐC")])
def test_nd_30_pl_i_authority_and_name_are_read_from_the_signature_block(authority, position, told):
    found = layout_printed.signer(right(authority=authority, position=position, signer_name="TS. Ngô Thị Lan"))
    assert found.authority == told and found.is_of("Ngô Thị Lan") and not found.is_of("Đinh Xuân Trường")


def test_art_9_1_c_a_leader_approves_no_draft_that_prints_another_signer_without_a_word(stc):
    found, leader = reviewed(stc, signer_name="Ngô Thị Lan")
    for opinion in ("", "Đồng ý phát hành", "Ngô Thị Lan"):
        answer = leader.complete(open_task(stc, "approve", found), decision="approve", opinion=opinion)
        assert answer.status_code == 422 and list(answer.json["errors"]) == ["opinion"]
        assert "“Ngô Thị Lan”" in answer.json["errors"]["opinion"][0]
    why = "Văn bản in Ngô Thị Lan, đồng chí Lan đi vắng, tôi trực tiếp ký"
    assert leader.complete(open_task(stc, "approve", found), decision="approve", opinion=why).status_code == 200


def test_art_9_1_d_the_packet_tells_the_authority_that_the_draft_prints(stc):
    found, leader = reviewed(stc, authority="TUQ. CHỦ TỊCH", position="Giám đốc")
    assert leader.complete(open_task(stc, "approve", found), decision="approve").status_code == 200
    worker.run_due(stc.app)
    with stc.inside():
        document = db.session.get(Document, found)
        assert document.status == "completed" and document.signer_competence == "TUQ. CHỦ TỊCH"
        assert replay.replay(instance.of_document(found)).difference == ""
