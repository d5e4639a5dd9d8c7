"""NĐ 30/2020 Đ21.2.a; S10: a fax whose rows are damaged readers show each in its own way; a whole one is honest."""

import io

import pikepdf
import pytest
from page_tricks import NAME, drawn, plainly, shown
from PIL import Image, ImageDraw

from app.tools.suspect import shows_otherwise

WIDE, HIGH = 300, 60


def coded(how, wide=WIDE, high=HIGH):
    """A line of text as a fax."""
    paper = Image.new("1", (wide, high), 1)
    ImageDraw.Draw(paper).text((9, 9), "100.000.000", font_size=40)
    paper.save(target := io.BytesIO(), "TIFF", compression=how, strip_size=1 << 30)
    with Image.open(target, formats=["TIFF"]) as made:
        return target.getvalue()[made.tag_v2[273][0]:][:made.tag_v2[279][0]]


def fax(data, high=HIGH, **about):
    return shown(data=data, Filter=NAME.CCITTFaxDecode, BitsPerComponent=1, Width=WIDE, Height=high,
                 DecodeParms=pikepdf.Dictionary({"/Columns": WIDE, **{f"/{key}": one for key, one in about.items()}}))


def damaged(data, share=0.5):
    """With codes in the middle that no row has."""
    at = int(len(data) * share)
    return data[:at] + b"\0\0\0" + data[at + 3:]


BY_ROWS, BY_LINES, AT_BYTES = coded("group4"), coded("group3"), coded("tiff_ccitt")
HONEST = {
    "by rows": fax(BY_ROWS, K=-1), "black and white": fax(BY_ROWS, K=-1, BlackIs1=True), "rows told": fax(
        BY_ROWS, K=-1, Rows=HIGH), "bytes behind": fax(BY_ROWS + b"\0\0", K=-1),
    "ends of lines": fax(BY_LINES, EndOfLine=True), "ends of lines unsaid": fax(BY_LINES, K=0),
    "at whole bytes": fax(AT_BYTES, EncodedByteAlign=True),
    "within": plainly(b"q 300 0 0 60 90 590 cm BI /W 300 /H 60 /BPC 1 /CS /G /F /CCF /DP <</K -1 /Columns 300>> ID "
                      + BY_ROWS + b"\nEI Q")}
DAMAGED = {
    "by rows": fax(damaged(BY_ROWS), K=-1), "near the end": fax(damaged(BY_ROWS, .9), K=-1),
    "cut": fax(BY_ROWS[:len(BY_ROWS) // 2], K=-1), "rows that lack": fax(BY_ROWS, HIGH * 2, K=-1),
    "an end before": fax(b"\0\x10\1" + BY_ROWS, K=-1), "ends of lines": fax(damaged(BY_LINES), EndOfLine=True),
    "ends that lack": fax(BY_ROWS, K=-1, EndOfLine=True), "whole bytes that are none": fax(
        BY_ROWS, K=-1, EncodedByteAlign=True), "lines at whole bytes": fax(BY_LINES, EncodedByteAlign=True),
    "lines that lack": fax(BY_LINES[:len(BY_LINES) // 2], EndOfLine=True),
    "at whole bytes": fax(damaged(AT_BYTES), EncodedByteAlign=True),
    "within": plainly(b"q 300 0 0 60 90 590 cm BI /W 300 /H 60 /BPC 1 /CS /G /F /CCF /DP <</K -1 /Columns 300>> ID "
                      + damaged(BY_ROWS) + b"\nEI Q")}


@pytest.mark.parametrize("name", HONEST)
def test_s10_a_whole_fax_is_not_named(name):
    assert shows_otherwise(drawn(HONEST[name])) == ""


@pytest.mark.parametrize("name", DAMAGED)
def test_s10_a_fax_of_damaged_rows_is_named(name, capfd):
    assert shows_otherwise(drawn(DAMAGED[name])) == "/CCITTFaxDecode"
    assert capfd.readouterr().err == ""


def test_s10_rows_coded_by_lines_and_rows_by_turns_are_named():
    assert shows_otherwise(drawn(fax(BY_LINES, K=4, EndOfLine=True))) == "/K"
