"""To which document an annex belongs, by what it tells (NĐ 30/2020 PL I III.1; signatures.md §5, check 11)."""

import time

import pytest

from app.regulation import annex

OURS = "12/BC-SKHCN"


@pytest.mark.parametrize(("pages", "code", "found"), [
    (["Phụ lục I\n(Kèm theo Báo cáo số 12/BC-SKHCN ngày 02/3/2026 của Sở)"], "", ""),
    (["Phụ lục\n(Kèm theo Báo cáo 012/BC-SKHCN)"], "", ""),
    (["Phụ lục\n(Kèm theo Báo cáo số: 12 /BC-\nSKHCN ngày 2 tháng 3)"], "", ""),
    (["Bìa", "(Kèm theo Báo cáo số 12/BC-SKHCN)"], "", ""),
    (["Biểu ban hành kèm theo Thông tư số 01/2021/TT-BNV (Kèm theo Báo cáo số 12/BC-SKHCN)"], "", ""),
    (["BÁO CÁO\nSố: 12/BC-SKHCN"], "", ""),
    (["Phụ lục\n(Kèm theo Báo cáo 999/BC-SKHCN)"], "attachment_elsewhere", "999/BC-SKHCN"),
    (["Bìa", "(Kèm theo Báo cáo số 999/BC-SKHCN)"], "attachment_elsewhere", "999/BC-SKHCN"),
    (["SỞ KHCN\nSố: 700/BC-SKHCN\nBÁO CÁO"], "attachment_other_letter", "700/BC-SKHCN"),
    (["Phụ lục: 9.000.000.000 đồng, kèm theo từ ngày 02/3/2026"], "attachment_untied", ""),
    ([], "attachment_untied", ""),
])
def test_check_11_an_annex_tells_to_which_document_it_belongs(pages, code, found):
    told = annex.trouble(annex.says(pages, ["Số: 12/BC-SKHCN. Kính gửi"]), [], OURS)
    assert told == ((code, found) if code else None)


def test_check_11_a_letter_that_the_document_cites_goes_along():
    said = annex.says(["Số: 700/BC-SKHCN"], ["Số: 12/BC-SKHCN", "gửi kèm Báo cáo số 700/BC-SKHCN"])
    assert annex.trouble(said, [], OURS) is None


def test_check_11_the_seal_of_an_annex_may_tell_the_number():
    silent = annex.says([], [])
    assert annex.trouble(silent, [{"words": ["12/BC-SKHCN", "2026-03-02T08:00:00+07:00"]}], OURS) is None
    assert annex.trouble(silent, [{"words": ["13/BC-SKHCN"]}], OURS) == ("attachment_elsewhere", "13/BC-SKHCN")


def test_numbers_with_other_signs_are_read_whole():
    for number in ("05/2026/QĐ-UBND", "7/SNN&PTNT", "2481/UBND-VX1"):
        assert annex.trouble(annex.says([f"(Kèm theo Quyết định số {number} ngày 02/3/2026)"], []), [], number) is None


def test_what_an_older_check_kept_is_understood():
    assert annex.trouble("999/VPUBND", [], "12/VPUBND") == ("attachment_elsewhere", "999/VPUBND")
    assert annex.trouble("12/VPUBND", [], "12/VPUBND") is None


def test_letters_from_outside_are_read_in_bounded_time_and_kept_short():
    """A page of a million figures, or spaces, or one endless notation."""
    start = time.process_time()
    for page in ("1" * 10**6, "kèm theo " + "1" * 10**6, "kèm theo 1" + " " * 10**6, "1 " * 10**5,
                 "kèm theo 12/" + "A" * 10**6, "kèm theo " * 10**5, "Số: 12/" + "A-" * 10**5):
        said = annex.says([page], [page])
        assert all(len(one) < 200 for one in (*said["to"], said["own"]))
    assert time.process_time() - start < 10
