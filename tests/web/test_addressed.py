"""Who is named in a draft beside whom its author chose, before anything is dispatched (Art. 8.1, 9.1.d)."""

import copy

import pytest
from doors import Browser, open_task
from letters_world import changed, paragraph, right, text
from steps import Office, letter_to, quick

from app.db import db
from app.records import recipient_group
from app.records.agency import Agency
from app.records.document import Document
from app.regulation import addressed
from app.tools.blobs import Blobs


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


def test_art_9_1_d_names_in_the_draft_are_matched_with_the_directory_and_what_differs_is_shown(stc):
    with stc.inside():
        names = {agency.code: agency.name for agency in db.session.scalars(db.select(Agency))}
    other = next(code for code, name in names.items() if name.startswith("Ủy ban nhân dân xã") or "Khoa học" in name)
    found = stc.begin()
    data = letter_to(["VP UBND tỉnh", "Sở Nội vu"], ["Như trên", "Bộ Tài chính", "Các phòng (để biết)"])
    stc.draft(found, addressees=["H38.01", other], draft_file=stc.upload("chuyenvien", data, "du thao.docx"))
    with stc.inside():
        named = addressed.beside(stc.app.extensions["tools"], db.session.get(Document, found))
    home_affairs = next(name for name in names.values() if name.startswith("Sở Nội vụ"))
    assert named == addressed.Named([home_affairs], [names[other]], ["Bộ Tài chính"])
    page = Browser(stc.app, "stc", "truongphong").get(f"/viec/{open_task(stc, 'review', found)[0]}").text
    for words in ("Có trong dự thảo, chưa chọn gửi", home_affairs, "Không có trong danh bạ", "Bộ Tài chính"):
        assert words in page
    stc.do("truongphong", "review", {"decision": "return", "opinion": "Sửa nơi nhận"}, found)
    data = letter_to([names["H38.01"]], [names[other]])
    stc.draft(found, addressees=["H38.01"], recipients=[other],
              draft_file=stc.upload("chuyenvien", data, "du thao.docx"))
    page = Browser(stc.app, "stc", "truongphong").get(f"/viec/{open_task(stc, 'review', found)[0]}").text
    assert "Nơi nhận ghi trong dự thảo" not in page


DIRECTORY = {"STC": "Sở Tài chính tỉnh Lào Cai", "SNV": "Sở Nội vụ tỉnh Lào Cai", "SXD": "Sở Xây dựng tỉnh Lào Cai",
             "UB": "Ủy ban nhân dân tỉnh Lào Cai", "VP": "Văn phòng Ủy ban nhân dân tỉnh Lào Cai",
             "SP": "Ủy ban nhân dân phường Sa Pa", "BX": "Ủy ban nhân dân xã Bát Xát"}


@pytest.mark.parametrize(("written", "codes"), [
    ("Sở Tài chính tỉnh Yên Bái", [""]), ("Sở Xây dựng tỉnh Hà Giang", [""]), ("UBND tỉnh Lai Châu", [""]),
    ("Văn phòng UBND tỉnh Yên Bái", [""]), ("UBND xã Bản Xèo", [""]), ("Sở Nội vụ Yên Bái", [""]),
    ("Văn phòng", [""]), ("Thanh tra Sở Xây dựng", [""]), ("Phòng Nội vụ", [""]),
    ("Sở Nội vụ", ["SNV"]), ("Sở Nội vụ Lào Cai", ["SNV"]), ("Sở Nội vu", ["SNV"]), ("Sở Tài chínhh", [""]),
    ("Sở Tài chínhh tỉnh Lào Cai", ["STC"]), ("UBND tỉnh", ["UB"]), ("VP UBND tỉnh", ["VP"]),
    ("UBND xã Bát Xát để báo cáo", ["BX"]), ("UBND tỉnh Lào Cai", ["UB"]),
    ("Sở Nội vụ và Sở Xây dựng", ["SNV", "SXD"]), ("Sở Nội vụ, Sở Xây dựng", ["SNV", "SXD"]),
    ("Sở Tài chính và các đơn vị liên quan", ["STC", ""]), ("Sở Nông nghiệp và Môi trường", [""])])
def test_art_9_1_d_an_agency_is_never_taken_for_its_namesake_nor_lost_behind_another(written, codes):
    assert [addressed._match(one, DIRECTORY) for one in addressed._apart(
        written, addressed._Known(DIRECTORY.values()))] == codes


BY_AND = DIRECTORY | {
    "KHCN": "Sở Khoa học và Công nghệ tỉnh Lào Cai", "VH": "Sở Văn hóa, Thể thao và Du lịch tỉnh Lào Cai",
    "DBQH": "Văn phòng Đoàn đại biểu Quốc hội và Hội đồng nhân dân tỉnh Lào Cai"}


@pytest.mark.parametrize(("written", "names", "codes"), [
    ("Sở Nội vụ, Sở Xây dựng và Sở Khoa học và Công nghệ", None, ["SNV", "SXD", "KHCN"]),
    ("Sở Khoa học và Công nghệ và Sở Nội vụ", None, ["KHCN", "SNV"]),
    ("Sở Khoa học và Công nghệ (cơ quan chủ trì; gửi bản giấy), Sở Nội vụ (phối hợp)", None, ["KHCN", "SNV"]),
    ("Sở Khoa học và Công nghệ chủ trì, Sở Nội vụ phối hợp", None, ["KHCN", "SNV"]),
    ("Sở Văn hóa, Thể thao và Du lịch, Sở Nội vụ", None, ["VH", "SNV"]),
    ("Văn phòng Đoàn đại biểu Quốc hội và HĐND tỉnh; UBND tỉnh", None, ["DBQH", "UB"]),
    ("Sở Nội vụ và Sở Nông nghiệp và Môi trường", ["Sở Nội vụ", "Sở Nông nghiệp và Môi trường"], ["SNV", ""]),
    ("Sở Nội vụ và lãnh đạo Sở Xây dựng", ["Sở Nội vụ", "lãnh đạo Sở Xây dựng"], ["SNV", ""]),
    ("Chủ tịch, các Phó Chủ tịch UBND tỉnh", ["Chủ tịch, các Phó Chủ tịch UBND tỉnh"], [""]),
    ("Lãnh đạo Sở, đơn vị trực thuộc, các phòng", ["Lãnh đạo Sở, đơn vị trực thuộc, các phòng"], [""]),
    ("Thường trực HĐND và Ủy ban MTTQ tỉnh", ["Thường trực HĐND và Ủy ban MTTQ tỉnh"], [""]),
    ("Như Điều 3, 4, Sở Nội vụ", ["Sở Nội vụ"], ["SNV"]),
    ("Các sở, ban, ngành tỉnh và UBND xã Bát Xát", ["Các sở, ban, ngành tỉnh", "UBND xã Bát Xát"], ["", "BX"]),
    ("Các cơ quan Đảng và Văn phòng UBND tỉnh", ["Các cơ quan Đảng và Văn phòng UBND tỉnh"], [""]),
    ("Sở Nội vụ, tỉnh Yên Bái", ["Sở Nội vụ, tỉnh Yên Bái"], [""]),
    ("Ông Nguyễn Văn A, Sở Tài chính", ["Ông Nguyễn Văn A, Sở Tài chính"], [""])])
def test_art_9_1_d_and_within_a_name_parts_nobody(written, names, codes):
    known = addressed._Known([*BY_AND.values(), "Các cơ quan Đảng và Văn phòng UBND tỉnh"])
    found = addressed._of_line(written, known)
    assert [addressed._match(one, BY_AND) for one in found] == codes
    assert names is None or found == names


def test_art_9_1_d_a_name_over_two_lines_is_one(tmp_path):
    """In a paragraph of its own, and broken within one."""
    def listed(document):
        text("- Sở Nội vụ", "- Ủy ban Mặt trận Tổ quốc Việt Nam")(document)
        last = paragraph(document, "- Sở Xây")
        last._p.addprevious(copy.deepcopy(last._p))
        text("- Sở Xây", "tỉnh Lào Cai;")(document)

    def broken(document):
        run = paragraph(document, "Kính gửi").runs[0]
        run.text = "Kính gửi: Ủy ban nhân dân\ntỉnh Lào Cai"

    blobs, found = Blobs(tmp_path), []
    for data in (changed(right(), listed), changed(right(addressees=["Sở Nội vụ"]), broken)):
        told = addressed._named(addressed._lines(blobs, blobs.put(data)), addressed._Known())
        found.append([name for name, place in told.items() if place == addressed.TO])
    assert found == [["Ủy ban Mặt trận Tổ quốc Việt Nam tỉnh Lào Cai", "Sở Xây dựng"],
                     ["Ủy ban nhân dân tỉnh Lào Cai"]]


def test_art_9_1_d_a_group_of_another_province_is_not_ours():
    ours = recipient_group.Group("Các sở, ban, ngành", DIRECTORY, True)
    written = ["Các sở, ban, ngành", "Các sở, ban, ngành tỉnh", "Các sở, ban, ngành tỉnh Lào Cai",
               "Các sở, ban, ngành tỉnh Yên Bái"]
    assert list(addressed._groups(written, [ours])) == written[:3]
