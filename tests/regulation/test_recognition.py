"""Art. 2.2: files become registration fields on the command line; what cannot be read is refused, the rest goes on."""

import json
import shutil
from datetime import date

import pytest
from click.testing import CliRunner

from app.cli import cli
from app.demo import letters
from app.regulation.recognition import FIELDS

LETTER = {
    "code_number": "417", "code_notation": "SNV-TCBC", "issued_date": date(2026, 4, 9), "place": "Lào Cai",
    "parent_name": "UBND tỉnh Lào Cai", "organ_name": "Sở Nội vụ", "type_name": "Công văn",
    "subject": "rà soát biên chế năm 2026", "addressees": ["Sở Tư pháp"], "recipients": ["Như trên", "Lưu: VT, TCBC"],
    "signer_name": "Lương Văn Tiến", "signer_position": "Giám đốc",
}
needs_tesseract = pytest.mark.skipif(not shutil.which("tesseract"), reason="tesseract is not installed")


@needs_tesseract
def test_art_2_2_each_file_gives_its_fields_or_a_refusal(tmp_path):
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7 nothing")
    (tmp_path / "scan.pdf").write_bytes(letters.letter(LETTER, 5))
    names = [str(tmp_path / name) for name in ("broken.pdf", "missing.pdf", "scan.pdf")]
    done = CliRunner().invoke(cli, ["recognise", *names, "--json"])
    assert done.exit_code == 0, done.output
    broken, missing, scan = map(json.loads, done.output.splitlines())
    assert (broken["outcome"], missing["outcome"], scan["outcome"]) == ("reject", "reject", "accept")
    assert broken["code"] and missing["code"] == "file_not_readable"
    assert [key for key in scan if key in FIELDS] == list(FIELDS)
    for key in FIELDS:
        assert set(scan[key]) == {"value", "confidence", "page", "boxes"}
    assert (scan["code_number"]["value"], scan["code_notation"]["value"]) == ("417", "SNV-TCBC")
    assert scan["issued_date"]["value"] == "2026-04-09"
    assert scan["recipients"]["value"] == LETTER["recipients"]
    # boxes are points of an A4 page
    for x0, y0, x1, y1 in scan["issued_date"]["boxes"]:
        assert 250 < x0 < x1 < 595 and 60 < y0 < y1 < 200
    assert len(scan["text"]) == scan["page_count"] and "biên chế" in " ".join(scan["text"])
