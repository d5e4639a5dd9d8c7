"""Art. 9.2.c: another figure, name, negation or sentence on the paper is told; a reader's noise is not."""

from dataclasses import dataclass, field, replace
from datetime import date

import pytest
from letters_world import changed, listed, right

from app.regulation.outgoing.compare import compare
from app.tools import docx_list
from app.tools.ocr import Page, Word

APPROVED = """ỦY BAN NHÂN DÂN TỈNH LÀO CAI
SỞ TÀI CHÍNH
CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
Độc lập - Tự do - Hạnh phúc
Số:        /STC-NS
Lào Cai, ngày     tháng     năm 2026
V/v bổ sung dự toán năm 2026
Kính gửi: Ủy ban nhân dân xã Bát Xát
Thực hiện Nghị quyết số 12/NQ-HĐND ngày 10 tháng 7 năm 2026 của Hội đồng nhân dân tỉnh, Sở Tài chính thông báo bổ sung \
dự toán năm 2026 cho đơn vị như sau:
1. Số tiền bổ sung: 5.400.000.000 đồng, chi đầu tư xây dựng trường mầm non.
2. Thời hạn giải ngân: trước ngày 31 tháng 12 năm 2026.
3. Đơn vị không được chuyển nguồn kinh phí này sang năm sau.
Đề nghị đơn vị quản lý, sử dụng kinh phí đúng quy định, báo cáo kết quả về Sở Tài chính./.
Nơi nhận:
- Như trên;
- Kho bạc Nhà nước khu vực VIII;
- Lưu: VT, NS.
GIÁM ĐỐC
Đinh Xuân Trường"""
#: as it is printed: two boxes side by side at the head, lines that end where the paper does
PRINTED = [
    ("ỦY BAN NHÂN DÂN TỈNH LÀO CAI", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"),
    ("SỞ TÀI CHÍNH", "Độc lập - Tự do - Hạnh phúc"),
    ("Số: 07/STC-NS", "Lào Cai, ngày 28tháng 11năm 2026"), ("V/v bổ sung dự toán năm 2026", ""),
    ("Kính gửi: Ủy ban nhân dân xã Bát Xát",), ("Thực hiện Nghị quyết số 12/NQ-",),
    ("HĐND ngày 10 tháng 7 năm 2026 của Hội đồng nhân dân tỉnh, Sở Tài chính thông báo",),
    ("bổ sung dự toán năm 2026 cho đơn vị như sau:",),
    ("1. Số tiền bổ sung: 5.400.000.000 đồng, chi đầu tư xây dựng trường mầm non.",),
    ("2. Thời hạn giải ngân: trước ngày 31 tháng 12 năm 2026.",),
    ("3. Đơn vị khôngđược chuyển nguôn kinh phí này sang năm sau.",),
    ("Đề nghị đơn vị quản lý, sử dụng kinh phí đúng quy định, báo cáo kết quả về Sở Tài chính./.",),
    ("Nơi nhận:", "GIÁM ĐỐC"), ("- Như trên;", ""), ("- Kho bạc Nhà nước khu vực VIH;", ""), ("- Lưu: VT, NS.", ""),
]
READ = {"code_number": {"value": "07", "confidence": 0.9}, "code_notation": {"value": "STC-NS", "confidence": 0.9},
        "issued_date": {"value": "2026-11-28", "confidence": 0.9},
        "signer_name": {"value": "Đinh Xuân Trường", "confidence": 0.9}}


@dataclass
class _Scan:
    """A page of these lines; each mark of a change is one text for another."""

    changes: tuple[tuple[str, str], ...] = ()
    #: what another reading of a word finds: "" for what it is
    again: str = ""
    words: list[Word] = field(default_factory=list)

    def page(self) -> Page:
        for number, parts in enumerate(PRINTED):
            for side, text in enumerate(parts):
                for old, new in self.changes:
                    text = text.replace(old, new)
                x, y = (85.0 + 250 * side, 60.0 + 20 * number)
                for word in text.split():
                    width = 5.0 * len(word)
                    self.words.append(Word(word, 0.95, (x, y, x + width, y + 12), number, 0))
                    x += width + 4
        return Page(1, 595.0, 842.0, tuple(self.words), "ocr", _again=self.read_again)

    def read_again(self, _number, box, _kind):
        there = [word for word in self.words if word.box[0] >= box[0] and word.box[2] <= box[2]
                 and word.box[1] >= box[1] and word.box[3] <= box[3]]
        return tuple(replace(word, text=self.again) for word in there) if self.again else tuple(there)


def differences(*changes, read=READ, signer="Đinh Xuân Trường", approved=APPROVED, again=""):
    found = compare(approved, [_Scan(changes, again).page()], read, number="07", notation="STC-NS",
                    issued=date(2026, 11, 28), signer=signer)
    return [(one["what"], one["found"], one["should"]) for one in found["differences"]], found["likeness"]


def test_art_9_2_c_an_honest_scan_raises_no_question():
    assert differences()[0] == []


@pytest.mark.parametrize(("change", "told"), [
    (("5.400.000.000", "9.400.000.000"), ("figure", "9.400.000.000", "5.400.000.000")),
    (("5.400.000.000", "540.000.000"), ("figure", "540.000.000", "5.400.000.000")),
    (("31 tháng 12", "31 tháng 03"), ("figure", "03", "12")),
    (("ngày 10 tháng 7 năm", "ngày 10 tháng 8 năm"), ("figure", "8", "7")),
    (("12/NQ-", "13/NQ-"), ("figure", "13/NQ-", "12/NQ-HĐND")),
    (("xã Bát Xát", "phường Sa Pa"), ("name", "phường Sa Pa", "xã Bát Xát")),
    (("- Như trên;", "- Như trên; - Thanh tra tỉnh;"), ("name", "Thanh tra tỉnh;", "")),
    (("khôngđược", "được"), ("sense", "", "không")),
    (("Đề nghị đơn vị", "Đề nghị đơn vị không"), ("sense", "không", "")),
    (("trước ngày 31", "sau ngày 31"), ("changed", "sau", "trước")),
    (("3. Đơn vị khôngđược chuyển nguôn kinh phí này sang năm sau.", ""),
     ("missing", "", "3. Đơn vị không được chuyển nguồn kinh phí này sang năm sau.")),
])
def test_art_9_2_c_the_wrong_paper_is_told_by_its_place(change, told):
    assert told in differences(change)[0]


def test_art_9_2_c_two_sums_that_changed_their_lines_are_told():
    swapped = differences(("5.400.000.000 đồng", "X"), ("31 tháng 12", "5.400.000.000 đồng"), ("X", "31 tháng 12"))[0]
    assert any(what == "figure" for what, _, _ in swapped)


def test_art_9_2_c_another_signer_and_a_number_that_was_not_read_are_asked_about():
    assert differences(signer="Trần Quốc Bảo")[0] == [("signer", "Đinh Xuân Trường", "Trần Quốc Bảo")]
    unread = {"signer_name": READ["signer_name"]}
    assert differences(read=unread)[0] == [("unread", "", "07/STC-NS"), ("unread", "", "2026-11-28")]


def test_art_9_2_c_another_letter_is_told_as_a_whole():
    other = [(line[0], "Các phòng cử người trực theo danh sách đã phân công") for line in PRINTED[5:12]]
    found, likeness = differences(*other)
    assert likeness < 70 and found[0][0] == "words"


def test_art_9_2_c_the_numbers_of_words_lists_are_compared():
    """They stand in no text of the file."""
    items = ("Số tiền bổ sung", "Thời hạn giải ngân", "Đơn vị không được")
    body = [("plain", row.partition(". ")[2] if row[:1].isdigit() else row) for row in APPROVED.split("\n")[8:13]]
    approved = docx_list.printed(changed(right(body=body), listed(*items)))
    rows = [*APPROVED.split("\n")[:8], *(row for row in approved.split("\n") if row in APPROVED and len(row) > 40),
            *APPROVED.split("\n")[13:]]
    assert all(row in rows for row in APPROVED.split("\n")[9:12]), "as they are printed"
    assert differences(approved="\n".join(rows))[0] == []
    assert ("figure", "8.", "3.") in differences(("3. Đơn vị", "8. Đơn vị"), approved="\n".join(rows))[0]


@pytest.mark.parametrize(("change", "told"), [
    (("Như trên;", "Như trến;"), ("name", "trến;", "trên;")), (("xã Bát Xát", "xã Bạt Xát"), ("name", "Bạt", "Bát")),
    (("tỉnh, Sở Tài chính", "tỉnh, Sở Tái chính"), ("name", "Tái", "Tài")),
    (("khôngđược", "khống được"), ("sense", "khống", "không")),
])
def test_art_9_2_c_a_name_or_a_negation_with_another_mark_is_told(change, told):
    assert differences(change)[0] == [told]


def test_art_9_2_c_other_words_with_another_mark_and_what_a_second_reading_finds_right_are_a_readers_noise():
    assert differences(("chi đầu tư", "chỉ đầu tư"), ("trường mầm", "trưởng mầm"))[0] == []
    assert differences(("xã Bát Xát", "xã Bạt Xát"), again="Bát")[0] == []


#: what goes with the letter: rows of a table, cell by cell
TABLE = [("TT", "Đơn vị", "Dự toán", "Thực hiện"), ("1", "Xã Bát Xát", "8.051", "3.237"), (
    "2", "Xã Mường Khương", "6.912", "5.564"), ("3", "Phường Sa Pa", "4.246", "1.505")]


def attached(*changes, lost=(), read=(), alone=None):
    """A scan of the letter and its appendix, on paper that lay a little askew. `read`: what is read in the place of
    some words, unsurely; `alone`: what a cell that was lost or read so gives when it is read by itself.
    """
    cells = [[cell for cell in row] for row in TABLE]
    words = []
    for number, row in enumerate(cells):
        for column, text in enumerate(row):
            for old, new in changes:
                text = text.replace(old, new)
            x, y = 80.0 + 110 * column, 90.0 + 20 * number - column % 2
            for place, word in enumerate(() if text in lost else text.split()):
                words.append(Word(dict(read).get(word, word), 0.3 if word in dict(read) else 0.95, (
                    x + 30 * place, y, x + 30 * place + 5 * len(word), y + 12), 10 * number + column, column))
    words.append(Word("Phụ", 0.95, (280.0, 60.0, 300.0, 72.0), 90, 9))
    words.append(Word("lục", 0.95, (304.0, 60.0, 320.0, 72.0), 90, 9))
    approved = "\n".join([APPROVED, "Phụ lục", *(cell for row in TABLE for cell in row)])
    pages = [_Scan().page(), Page(2, 595.0, 842.0, tuple(words), "ocr", _again=lambda _number, box, kind: tuple(
        Word(one, 0.95, box, 0, 0) for one in (alone or {}).get(kind, "").split()))]
    found = compare(approved, pages, READ, number="07", notation="STC-NS", issued=date(2026, 11, 28),
                    signer="Đinh Xuân Trường")
    return [(one["what"], one["found"], one["should"]) for one in found["differences"]]


def test_art_9_2_c_a_table_that_is_attached_is_compared_cell_by_cell():
    assert attached() == [] and attached(lost=("1", "2", "3")) == [], "readers lose what only counts the rows"
    assert attached(("5.564", "5.664")) == [("figure", "5.664", "5.564")]
    assert attached(("8.051", "3.237"), ("3.237", "8.051")) != [], "two figures that changed their columns"
    assert attached(lost=("4.246",)) == [("figure", "", "4.246")]


def test_art_9_2_c_a_figure_that_is_found_when_its_cell_is_read_by_itself_is_not_asked_about():
    both = {"line": "4.246", "plain": "4.246"}
    assert attached(lost=("4.246",), alone=both) == [], "between its neighbours"
    assert attached(lost=("1.505",), alone={"line": "1.505", "plain": "1.505 ml"}) == [], "at the end of its row"
    assert attached(read=[("4.246", "Aß")], alone=both) == [], "read as no figure"
    told = [("figure", "", "4.246")]
    assert attached(lost=("4.246",), alone={"line": "4.246", "plain": "4.240"}) == told, "the readings do not agree"
    assert attached(lost=("4.246",), alone={"line": "4.296", "plain": "4.296"}) == told
    assert attached(lost=("4.246",), alone={"line": "4.246 9", "plain": "4.246"}) == told
