"""Who of those named in a document is of the agency itself: he has it inside, nobody sends it (Art. 9.1.d)."""

import pytest
from doors import Browser, open_task
from steps import Office, letter_to, quick

from app import worker
from app.db import db
from app.records import agency, message
from app.records.agency import Unit
from app.records.right import READ, of
from app.regulation import addressed, within
from app.regulation.drafting.skeleton import SKELETONS
from app.regulation.layout_grammar import fold

INSIDE = {
    "stc": ["Lãnh đạo Sở", "Các phòng thuộc Sở", "Các phòng, đơn vị thuộc Sở", "Ban Giám đốc", "Chánh Văn phòng",
            "Cổng TTĐT", "Trang TTĐT Sở", "Phòng Ngân sách", "Phòng NS", "P. Ngân sách", "VP Sở", "GĐ, các PGĐ",
            "Giám đốc, các Phó Giám đốc Sở Tài chính", "Đ/c Giám đốc Sở để b/c", "Các phòng chuyên môn, nghiệp vụ",
            "Trưởng phòng Ngân sách", "Phòng Ngân sách, Văn phòng Sở", "Trưởng các phòng", "Đinh Xuân Trường",
            "Lãnh đạo Sở Tài chính tỉnh Lào Cai"],
    "batxat": ["Chủ tịch, các Phó Chủ tịch UBND xã", "Lãnh đạo UBND xã", "Phòng Văn hóa - Xã hội",
               "Các phòng chuyên môn thuộc UBND xã", "CT, các PCT UBND xã"],
    "vpubnd": ["Lãnh đạo Văn phòng", "Lãnh đạo VP UBND tỉnh", "Chánh Văn phòng, các Phó Chánh Văn phòng"],
}
OUTSIDE = {
    "stc": ["Lãnh đạo UBND tỉnh", "Lãnh đạo tỉnh", "Ông Đinh Xuân Trường", "Chánh Văn phòng UBND tỉnh", "Báo Lào Cai",
            "Văn phòng Tỉnh ủy", "Giám đốc Sở Nội vụ", "Lãnh đạo các Sở", "Các sở, ban, ngành", "Cổng TTĐT tỉnh",
            "Các phòng Văn hóa - Xã hội các xã", "Phòng Kinh tế xã Bát Xát", "Các đơn vị liên quan", "Phòng Nội vụ",
            "Các phòng thuộc Sở Nội vụ", "Các phòng, ban, ngành", "Chủ tịch UBND xã", "Các đơn vị trực thuộc",
            "Các phòng và Sở Nội vụ", "Lãnh đạo Sở Tài chính tỉnh Yên Bái", "Sở", "Đảng ủy Sở"],
    "batxat": ["Lãnh đạo Sở", "Chủ tịch UBND tỉnh", "Lãnh đạo UBND xã Mường Vi", "Ban Giám đốc", "Công an xã",
               "Phòng Kinh tế xã Y Tý", "Trang TTĐT tỉnh", "Lãnh đạo xã"],
    "vpubnd": ["CT, PCT UBND tỉnh", "Lãnh đạo UBND tỉnh"],
}


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


def test_art_9_1_d_ones_own_are_known_and_nobody_outside_is_taken_for_them(stc):
    wrong = []
    with stc.inside():
        own = within.of(agency.by_slug("stc"))
        wrong += [one for one in INSIDE["stc"] if not own.names(one)]
        wrong += [one for one in OUTSIDE["stc"] if own.names(one)]
        assert not own.names("Đinh Xuân Trường", is_first=True), "a citizen may bear a colleague's name"
        assert own.names("Giám đốc Đinh Xuân Trường", is_first=True)
        firsts = [skeleton.first for skeleton in SKELETONS.values()]
        wrong += [one for one in firsts if not addressed._NOBODY.match(fold(one)) and not own.names(one)]
    for slug in ("batxat", "vpubnd"):
        with Office(stc.app, slug).inside():
            own = within.of(agency.by_slug(slug))
            wrong += [one for one in INSIDE[slug] if not own.names(one)] + [
                one for one in OUTSIDE[slug] if own.names(one)]
    assert wrong == []


@pytest.mark.parametrize(("line", "names"), [
    ("Như trên, Sở Nội vụ", ["Sở Nội vụ"]), ("Như trên; Sở Nội vụ", ["Sở Nội vụ"]), ("Như Điều 3", []),
    ("Như Điều 1, 2, 3", []), ("Lưu: VT; NS", []), ("Lưu: VT; Sở Nội vụ", ["Sở Nội vụ"]), ("Như kính gửi", []),
    ("Thành phần mời", []), ("Các đại biểu dự họp", []), ("Đại biểu HĐND tỉnh", ["Đại biểu HĐND tỉnh"])])
def test_art_9_1_d_a_name_behind_what_names_nobody_is_not_lost(line, names):
    assert addressed._of_line(line, addressed._Known()) == names


def test_art_9_1_d_what_names_ones_own_waits_for_nobody_and_they_may_read_it(stc):
    with stc.inside():
        first = agency.names(["H38.01"])["H38.01"]
    found = stc.begin()
    file = stc.upload("chuyenvien", letter_to([first], [
        "Như trên", "Thành phần mời", "Lãnh đạo Sở", "Phòng Đầu tư", "Báo Lào Cai"]), "du thao.docx")
    stc.draft(found, addressees=["H38.01"], draft_file=file)
    page = Browser(stc.app, "stc", "truongphong").get(f"/viec/{open_task(stc, 'review', found)[0]}").text
    assert "Không có trong danh bạ, gửi giấy hoặc thư</strong>: Báo Lào Cai</li>" in page
    stc.do("truongphong", "review", {"decision": "accept"}, found)
    stc.do("lanhdao", "approve", {"decision": "approve"}, found)
    worker.run_due(stc.app)
    stc.sign(found)
    stc.seal(found)
    with stc.inside():
        told = {row.name: row.other_way for row in message.outside_of(found)}
        assert told == {"Báo Lào Cai": "", "Lãnh đạo Sở": "inside", "Phòng Đầu tư": "inside"}
        unit = db.session.scalar(db.select(Unit.id).where(Unit.name == "Phòng Đầu tư"))
        assert unit in [row.unit_id for row in of(found) if row.kind == READ]
    assert Browser(stc.app, "stc", "chuyenvien2").get(f"/van-ban/{found}").status_code == 200
    assert "Còn 1 nơi nhận ngoài danh bạ" in Browser(stc.app, "stc", "vanthu").get(f"/phat-hanh/{found}").text
    assert stc.faults() == []
