"""Art. 3.2 at every way in: found before it is stored, only the fact kept; the agency's list; who is told."""

import io
import json
import unicodedata
import zipfile
from datetime import timedelta
from pathlib import Path

import docx
import pytest
from click.testing import CliRunner
from doors import Browser
from fakes import LETTER, pdf, printed
from letters_world import with_note
from steps import Office, arrived, fetch, quick, send

from app import cli_intake
from app.db import db
from app.records import barred, history, message
from app.records.attachment import Upload
from app.records.barred import BarredEntry
from app.records.document import Document
from app.records.intake import IntakeFile, IntakePart
from app.regulation import barred_text
from app.regulation.barred_text import Rule
from app.regulation.incoming import keep_out, scan
from app.tools.media import TYPES
from app.web.moment import now

REASON = "Theo chỉ đạo của thủ trưởng cơ quan"
HEAD = tuple((left, top, text) for left, top, text, _ in LETTER)
SECRET = printed((*HEAD, (90, 138, "MẬT")))
COMPLAINT = printed(((150, 60, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"), (220, 120, "ĐƠN TỐ CÁO"),
                     (80, 160, "Kính gửi: Ủy ban nhân dân tỉnh. Tôi tên là Nguyễn Văn An, trú tại Bát Xát.")))
COMPLAINT_HEAD = ((150, 60, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"), (190, 76, "Độc lập - Tự do - Hạnh phúc"))
HARMLESS = printed((*HEAD, (80, 260, "Về bảo vệ bí mật nhà nước và giải quyết đơn khiếu nại: mật khẩu, bảo mật.")))
STACK = printed(HEAD, HEAD, (*HEAD, (90, 138, "TUYỆT MẬT")))


def word(*paragraphs: str, margin: str = "") -> bytes:
    """A DOCX with these paragraphs, and this one in the header of its second section."""
    made, target = docx.Document(), io.BytesIO()
    if margin:
        made.add_section().header.is_linked_to_previous = False
        made.sections[1].header.paragraphs[0].text = margin
    for one in paragraphs:
        made.add_paragraph(one)
    made.save(target)
    return target.getvalue()


def found(data: bytes, name: str = "thu.pdf", rules=()):
    kind = TYPES[name.rpartition(".")[2]]
    one = keep_out.in_file(data, name, kind, rules)
    return (one.rule, one.page) if one else None


def test_art_3_2_what_a_file_brings_along_is_read_before_it_is_stored():
    assert found(SECRET) == ("secrecy", 1) and found(STACK) == ("secrecy", 3) and found(COMPLAINT) == ("petition", 1)
    assert found(HARMLESS) is None and found(printed(HEAD)) is None and found(pdf(1)) is None
    assert found(printed((*HEAD, (400, 138, "MẬT")))) is None, "not where a mark stands: recognition looks again"
    assert found(word(), "trong.docx") is None and found(word(""), "trong.docx") is None, "no text is no sign"
    assert found(word("ỦY BAN", "TỐI MẬT", "Nội dung"), "a.docx") == ("secrecy", 1)
    assert found(word("ĐƠN ĐỀ NGHỊ", "GIẢI QUYẾT TRANH CHẤP ĐẤT ĐAI"), "a.docx") == ("petition", 1)
    assert found(word("BÁO CÁO", "Công tác bảo mật; đơn khiếu nại"), "a.docx") is None
    assert found(word("ỦY BAN", margin="TỐI MẬT"), "a.docx") == ("secrecy", 1)
    for said, rule in (("TỐI MẬT", ("secrecy", 1)), ("Xem Danh mục bí mật nhà nước độ mật", None)):
        assert found(with_note(said), "a.docx") == rule, "a footnote"
    for said in ("ỦY BAN NHÂN DÂN\tM Ậ T", "Số: 12/BC-UBND (Mật)", "Số: 05/TTr-CAT [TUYỆT MẬT]"):
        assert found(word("BÁO CÁO", said), "a.docx") == ("secrecy", 1), said
        assert found(printed((*HEAD, (60, 138, said.split("\t")[-1])))) == ("secrecy", 1), said
    for letter in (("Đơn khiếu nại",), ("Đ Ơ N  T Ố  C Á O",), ("Đơn đề nghị giải quyết tranh chấp đất đai",),
                   ("ĐƠN", "ĐỀ NGHỊ GIẢI QUYẾT", "TRANH CHẤP ĐẤT ĐAI")):
        assert found(word("Độc lập - Tự do - Hạnh phúc", *letter, "Kính gửi"), "a.docx") == ("petition", 1), letter
        lines = [(298 - 3.0 * len(one), 150 + 18 * n, one) for n, one in enumerate(letter)]
        complaint = COMPLAINT_HEAD + tuple(lines) + ((80, 240, "Kính gửi: Ủy ban nhân dân tỉnh. Tôi tên là An."),)
        assert found(printed(complaint)) == ("petition", 1), letter
    for other in (("Số: 12/BC-TTr", "Đơn khiếu nại"), ("Đơn khiếu nại của ông A;",), ("ĐƠN", "XIN NGHỈ PHÉP", "AN"),
                  ("Danh mục", "Đơn tố cáo lần đầu đã được giải quyết"), ("Số: 1/KH (bảo mật)",), ("H Ọ P",)):
        assert found(word(*other), "a.docx") is None, other
    for name in ("[Mật] thu.pdf", "12-CV-MẬT.pdf", "bao_cao_TUYET_MAT.pdf", "Độ mật: Tối mật.pdf"):
        assert found(pdf(1), name) == ("secrecy", 0), name
    for name in ("don_to_cao_ong_A.pdf", "Fwd: Đơn khiếu nại.pdf"):
        assert found(pdf(1), name) == ("petition", 0), name
    for name in ("mat-ong.pdf", "tra loi don khieu nai.pdf", "bí mật nhà nước.pdf", "Thu khẩn.pdf"):
        assert found(pdf(1), name) is None, name


def packed(main: str, parts: dict[str, str]) -> bytes:
    """An office package whose main part is of this content type."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as made:
        if main.startswith("application/vnd.oasis"):
            made.writestr("mimetype", main)
        else:
            made.writestr("[Content_Types].xml", f'<Types><Override ContentType="{main}"/></Types>')
        for name, text in parts.items():
            made.writestr(name, text)
    return sink.getvalue()


def sheets(*texts: list[str], header: str = "", box: str = "", shared: bool = False) -> bytes:
    """An XLSX: of each sheet the cells below one another."""
    words = [one for rows in texts for one in rows]
    parts, at = {}, 0
    for number, rows in enumerate(texts, 1):
        cells = [f'<c t="s"><v>{at + n}</v></c>' if shared else f'<c t="inlineStr"><is><t>{one}</t></is></c>'
                 for n, one in enumerate(rows)]
        at += len(rows)
        parts[f"xl/worksheets/sheet{number}.xml"] = (
            f"<worksheet><sheetData>{''.join(f'<row>{one}</row>' for one in cells)}</sheetData>"
            f"<headerFooter><oddHeader>{header}</oddHeader></headerFooter></worksheet>")
    if shared:
        parts["xl/sharedStrings.xml"] = "<sst>" + "".join(f"<si><r><t>{one}</t></r></si>" for one in words) + "</sst>"
    if box:
        parts["xl/drawings/drawing1.xml"] = f"<wsDr><txBody><p><r><t>{box}</t></r></p></txBody></wsDr>"
    return packed("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml", parts)


def slides(*texts: str, master: str = "") -> bytes:
    drawn = "<sld><p><r><t>{}</t></r></p></sld>"
    parts = {f"ppt/slides/slide{number}.xml": drawn.format(text) for number, text in enumerate(texts, 1)}
    return packed("application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml",
                  {**parts, "ppt/slideMasters/slideMaster1.xml": drawn.format(master)})


def styled(text: str, name: str) -> str:
    return f"<text:span text:style-name='{name}'>{text}</text:span>"


def style(name: str, how: str, above: str = "") -> str:
    return (f"<style:style style:name='{name}' style:parent-style-name='{above}'>"
            f"<style:text-properties {how}/></style:style>")


def odt(*texts: str, header: str = "", styles: str = "") -> bytes:
    space = ('xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:draw="urn:x-draw" '
             'xmlns:style="urn:x-style" xmlns:fo="urn:x-fo"')
    written = "".join(f"<text:p>{one}</text:p>" for one in texts)
    return packed(TYPES["odt"], {"content.xml": f"<doc {space}>{written}</doc>",
                                 "styles.xml": f"<doc {space}>{styles}<text:p>{header}</text:p></doc>"})


def test_art_3_2_sheets_slides_and_odf_texts_are_read_before_they_are_stored():
    table = ["UBND TỈNH", "BẢNG SỐ LIỆU", "1", "Bảo mật thông tin"]
    assert found(sheets(table), "a.xlsx") is None and found(sheets([]), "a.xlsx") is None
    for shared in (False, True):
        assert found(sheets(["UBND TỈNH", "MẬT"], shared=shared), "a.xlsx") == ("secrecy", 1)
        assert found(sheets(table, ["Phụ lục", "TỐI MẬT"], shared=shared), "a.xlsx") == ("secrecy", 2)
        assert found(sheets([*map(str, range(40)), "MẬT"], shared=shared), "a.xlsx") is None, "far down in a table"
    assert found(sheets(table, header='&amp;L&amp;"Arial,Bold"&amp;14TUYỆT MẬT&amp;RTrang &amp;P'), "a.xlsx") == (
        "secrecy", 1)
    assert found(sheets(table, box="MẬT"), "a.xlsx") == ("secrecy", 1)
    assert found(sheets(["ĐƠN KHIẾU NẠI"]), "a.xlsx") == ("petition", 1)
    assert found(sheets(["Dự toán kinh phí"]), "a.xlsx", [Rule("words", "dự toán kinh phí")]) == ("listed", 1)
    assert found(slides("BÁO CÁO", "Bảo mật"), "a.pptx") is None
    assert found(slides("BÁO CÁO", "MẬT"), "a.pptx") == ("secrecy", 2)
    assert found(slides("BÁO CÁO", master="TỐI MẬT"), "a.pptx") == ("secrecy", 1)
    assert found(odt("BÁO CÁO", "Bảo mật"), "a.odt") is None
    assert found(odt("BÁO CÁO", "UBND<text:tab/>M<text:s/>Ậ<text:s/>T"), "a.odt") == ("secrecy", 1)
    assert found(odt("BÁO CÁO", "<draw:frame><draw:text-box><text:p>MẬT</text:p></draw:text-box></draw:frame>Chữ"),
                 "a.odt") == ("secrecy", 1)
    assert found(odt("BÁO CÁO", header="MẬT"), "a.odt") == ("secrecy", 1)
    for how in ('fo:text-transform="uppercase"', 'fo:font-variant="small-caps"'):
        assert found(odt("BÁO CÁO", styled("Mật", "B"), styles=style("A", how) + style("B", "", "A")), "a.odt") == (
            "secrecy", 1), "of the style above"
        assert found(odt("BÁO CÁO", f"<text:span text:style-name='A'>Tối</text:span>{styled(' Mật', 'A')}",
                         styles=style("A", how)), "a.odt") == ("secrecy", 1)
        assert found(odt("BÁO CÁO", styled("Mật", "B"), styles=style("A", how)), "a.odt") is None, "of another style"
    plain = style("A", 'fo:text-transform="uppercase"') + style("B", 'fo:text-transform="none"', "A")
    assert found(odt("BÁO CÁO", styled("Mật", "B"), styles=plain), "a.odt") is None
    for mark, is_upper in (("all", True), ("small", True), ("none", False)):
        run = f'</t></r><r><rPr cap="{mark}"/><t>Mật</t></r><r><t>'
        assert found(slides("BÁO CÁO", run), "a.pptx") == (("secrecy", 2) if is_upper else None)
        box = (f'</t></r></p><txBody><lstStyle><lvl1pPr><defRPr cap="{mark}"/></lvl1pPr></lstStyle>'
               "<p><r><t>Mật</t></r></p></txBody><p><r><t>")
        assert found(slides("BÁO CÁO", box), "a.pptx") == (("secrecy", 2) if is_upper else None)
    secret = sheets(["MẬT"])
    for broken in (secret[:len(secret) // 2], packed("a", {}), sheets(["<b>"]),
                   packed("x.spreadsheetml.sheet.main+xml", {"xl/worksheets/sheet1.xml": "<!DOCTYPE a><a/>"})):
        assert found(broken, "a.xlsx") is None, "who judges files says what is wrong with it"


def test_art_3_2_dd_what_the_head_of_the_agency_adds_is_found_by_kind_mark_and_words():
    letter = (*HEAD, (200, 178, "PHIẾU XIN Ý KIẾN NHÂN SỰ"), (80, 300, "Về quy hoạch cán bộ năm 2026"))
    for rule in (Rule("type", "Phiếu xin ý kiến"), Rule("words", "quy hoạch cán bộ")):
        assert found(printed(letter), rules=[rule]) == ("listed", 1) and found(printed(HEAD), rules=[rule]) is None
    wrapped = (*HEAD, (80, 300, "Về việc rà soát công tác quy hoạch"), (80, 314, "cán bộ năm 2026"))
    apart = (*HEAD, (80, 300, "Về việc quy hoạch"), (80, 390, "cán bộ năm 2026"))
    assert found(printed(wrapped), rules=[Rule("words", "quy hoạch cán bộ")]) == ("listed", 1)
    assert found(printed(apart), rules=[Rule("words", "quy hoạch cán bộ")]) is None
    assert found(word("Rà soát quy hoạch", "cán bộ"), "a.docx", [Rule("words", "quy hoạch cán bộ")]) == ("listed", 1)
    mark = Rule("mark", "LƯU HÀNH NỘI BỘ")
    assert found(printed((*HEAD, (90, 138, "Lưu hành nội bộ"))), rules=[mark]) == ("listed", 1)
    assert found(printed((*HEAD, (90, 138, "Tài liệu lưu hành nội bộ của Sở"))), rules=[mark]) is None
    assert found(pdf(1), "quy_hoach_can_bo_2026.pdf", [Rule("words", "quy hoạch cán bộ")]) == ("listed", 0)
    assert barred_text.in_stated(["Về nhân sự"], [Rule("type", "Tờ trình")], "Tờ trình").rule == "listed"
    assert found(SECRET, rules=[mark]) == ("secrecy", 1), "the gravest counts"


@pytest.fixture
def stc(world):
    quick(world.app)
    office = Office(world.app)
    with office.inside():
        leader, told = office.user("lanhdao"), office.user("truongphong").id
        for matter in barred.MATTERS:
            assert barred.name_officer(leader, matter, told, REASON, now())
    return office


def entries(office: Office) -> list[tuple[str, str, str]]:
    """(way, rule, who sent or brought it), oldest first."""
    with office.inside():
        return [(one.way, one.rule, one.user.username if one.user else one.partner)
                for one in db.session.scalars(db.select(BarredEntry).order_by(BarredEntry.id))]


def stored(office: Office) -> list[str]:
    """Names of all that lies in the store."""
    return sorted(path.name for path in office.app.extensions["tools"].blobs.folder.rglob("*") if path.is_file())


def sent_up(clerk: Browser, data: bytes, name: str, key: str = "a" * 64):
    begun = clerk.send("/van-ban/tiep-nhan/tai-len", {"key": key, "name": name, "size": len(data)}).json
    return clerk.client.patch(f"/van-ban/tiep-nhan/tai-len/{begun['id']}", data=data, headers={
        **clerk.script, "Upload-Offset": "0", "Content-Type": "application/octet-stream"})


def test_art_3_2_an_upload_is_refused_before_it_is_stored_and_only_the_fact_is_kept(stc):
    clerk, officer, before = Browser(stc.app, "stc", "vanthu"), Browser(stc.app, "stc", "chuyenvien"), stored(stc)
    answer = sent_up(clerk, SECRET, "thu.pdf")
    assert answer.status_code == 422 and "dấu chỉ độ mật" in answer.json["error"] and "Điều 3.2" in answer.json["error"]
    assert answer.json["final"], "nobody is invited to send it again"
    assert "Trang 3" in sent_up(clerk, STACK, "xap.pdf").json["error"]
    for data, name in ((COMPLAINT, "a.pdf"), (pdf(1), "đơn tố cáo.pdf")):
        answer = officer.client.post("/tep", data={"csrf_token": officer.token, "file": (io.BytesIO(data), name)})
        assert answer.status_code == 422 and "đơn thư" in answer.json["error"]
    assert entries(stc) == [("upload", "secrecy", "vanthu")] * 2 + [("upload", "petition", "chuyenvien")] * 2
    assert stored(stc) == before and not list(Path(stc.app.config["SETTINGS"].uploads).glob("*"))
    with stc.inside():
        assert not db.session.scalar(db.select(db.func.count()).select_from(Upload))
        assert not db.session.scalar(db.select(db.func.count()).select_from(IntakePart))
        acts = [one for one in history.course(f"barred:{stc.agency_id}") if one.kind == "entry_barred"]
        assert len(acts) == 4 and history.faults(f"barred:{stc.agency_id}") == []
        told = json.dumps([one.input for one in db.session.scalars(db.select(history.ActContent).where(
            history.ActContent.act_id.in_([one.id for one in acts])))], ensure_ascii=False)
        assert "tố cáo" not in told and "thu" not in told
    assert sent_up(clerk, HARMLESS, "thu.pdf", "b" * 64).status_code == 200
    responsible = Browser(stc.app, "stc", "truongphong")
    page = responsible.get("/viec").text
    assert page.count("Đã biết</button>") == 4 and "bảo vệ bí mật nhà nước" in page and "tố cáo.pdf" not in page
    with stc.inside():
        first = db.session.scalars(db.select(BarredEntry.id).order_by(BarredEntry.id)).first()
    assert clerk.post(f"/khong-cap-nhat/{first}/da-biet").status_code == 409, "it is another's"
    assert [responsible.post(f"/khong-cap-nhat/{first}/da-biet").status_code for _ in range(2)] == [303, 409]
    assert all(responsible.get(path).text.count("Đã biết</button>") == 3 for path in ("/", "/thong-bao"))
    assert stc.faults() == []


def test_art_3_2_who_has_it_in_hand_says_that_it_was_a_mistake_and_one_such_file_comes_in(stc):
    clerk, officer = Browser(stc.app, "stc", "vanthu"), Browser(stc.app, "stc", "chuyenvien")
    assert sent_up(clerk, SECRET, "thu.pdf").status_code == 422
    with stc.inside():
        entry = db.session.scalars(db.select(BarredEntry.id)).one()
    assert officer.post(f"/khong-cap-nhat/{entry}/nham", reason=REASON).status_code == 409
    assert clerk.post(f"/khong-cap-nhat/{entry}/nham", reason="x").status_code == 422
    assert [clerk.post(f"/khong-cap-nhat/{entry}/nham", reason=REASON).status_code for _ in range(2)] == [303, 409]
    assert sent_up(clerk, SECRET, "thu.pdf", "c" * 64).status_code == 200
    other = printed((*HEAD, (90, 138, "MẬT"), (80, 400, "Thư khác")))
    assert sent_up(clerk, other, "khac.pdf", "d" * 64).status_code == 422, "a word is for one file"
    with stc.inside():
        assert [one.kind for one in history.course(f"barred:{stc.agency_id}")][-3:] == [
            "barred_cleared", "barred_cleared", "entry_barred"]
        assert not barred.let_in("secrecy", "f" * 64, now() + timedelta(days=2), user_id=stc.user("vanthu").id)
    assert REASON in clerk.get("/khong-cap-nhat").text
    assert stc.faults() == []


def test_art_3_2_a_copiers_file_is_deleted_and_the_queue_says_that_something_came(stc):
    folder, at = stc.app.config["SETTINGS"].scans / "stc", now()
    folder.mkdir(parents=True)
    (folder / "to cao ong A.pdf").write_bytes(COMPLAINT)
    (folder / "thu.pdf").write_bytes(pdf(2))
    with stc.inside():
        for seconds in (30, 60, 90):
            seen = scan.finished(stc.agency_id, folder, at + timedelta(seconds=seconds))
            for one in seen:
                scan.take(stc.agency_id, one, folder, stc.app.extensions["tools"].blobs, 10**6, at)
        files = list(db.session.scalars(db.select(IntakeFile).order_by(IntakeFile.name)))
        assert [(one.name, one.state, one.code) for one in files] == [
            ("", "refused", "barred_petition"), ("thu.pdf", "held", "")]
    assert [path.name for path in folder.rglob("*.pdf")] == [f"{files[1].id}-thu.pdf"]
    assert entries(stc) == [("scan", "petition", "")]
    queue = Browser(stc.app, "stc", "vanthu").get("/van-ban/tiep-nhan/trang-thai").json["queue"]
    assert {(one["name"], one["is_stored"]) for one in queue} == {("thu.pdf", True), ("Tệp từ máy quét", False)}
    assert stc.faults() == []


def test_art_3_2_a_packet_is_answered_with_02_and_nothing_of_it_is_stored(stc, monkeypatch):
    before = stored(stc)
    with monkeypatch.context() as away:  # the worker dies when the fact is kept and before the sender is told
        away.setattr("app.worker_fetch._tell", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            send(stc.app, SECRET)
    assert entries(stc) == [("exchange", "secrecy", "H38.01")]
    fetch(stc.app, "stc")
    fetch(stc.app, "stc")
    assert entries(stc) == [("exchange", "secrecy", "H38.01")] and stored(stc) == before
    axis, today = stc.app.extensions["tools"].axis.of("H38.01"), now().date()
    told = axis.received("H38.01", "status", today.isoformat(), today.replace(year=today.year + 1).isoformat())
    assert len(told) == 1 and "Từ chối: văn bản có dấu chỉ độ mật" in axis.get(told[0]["doc_id"]).decode()
    with stc.inside():
        assert not db.session.scalar(db.select(db.func.count()).select_from(Document).where(
            Document.channel == "exchange"))
        row, = message.not_taken_in(9)
        assert (row.sha256, row.status_code) == ("", "02")
        entry = db.session.scalars(db.select(BarredEntry.id)).one()
    clerk = Browser(stc.app, "stc", "vanthu")
    assert "Từ chối: văn bản có dấu chỉ độ mật" in clerk.get("/kenh-den").text
    assert clerk.post(f"/khong-cap-nhat/{entry}/nham", reason=REASON).status_code == 303
    send(stc.app, SECRET, key="again")
    assert stc.status(arrived(stc)) == "arrived", "sent again, after the clerk has said that it was a mistake"
    assert stc.faults() == []


def test_art_3_2_dd_the_list_is_kept_by_the_head_with_a_reason_from_a_day_on(stc):
    leader, clerk = Browser(stc.app, "stc", "lanhdao"), Browser(stc.app, "stc", "vanthu")
    values = {"kind": "words", "text": "quy hoạch  cán bộ", "reason": REASON}
    assert clerk.post("/khong-cap-nhat/danh-muc", **values).status_code == 403
    for wrong in ({"text": "x"}, {"kind": "any"}, {"reason": "x"}, {"from_date": "2020-01-01"}, {"from_date": "mai"}):
        assert leader.post("/khong-cap-nhat/danh-muc", **{**values, **wrong}).status_code == 422, wrong
    for _ in range(2):
        assert leader.post("/khong-cap-nhat/danh-muc", **values).status_code == 303
    tomorrow = (now() + timedelta(days=2)).date().isoformat()
    assert leader.post("/khong-cap-nhat/danh-muc", kind="mark", text="LƯU HÀNH NỘI BỘ", reason=REASON,
                       from_date=tomorrow).status_code == 303
    with stc.inside():
        assert [one.text for one in barred.rules()] == ["LƯU HÀNH NỘI BỘ", "quy hoạch cán bộ"]
        assert [one.text for one in keep_out.rules(now())] == ["quy hoạch cán bộ"]
        rule = barred.rules()[1].id
        assert barred.changes(stc.agency_id)[0][1]["reason"] == REASON
    answer = sent_up(clerk, pdf(1), "Quy hoạch cán bộ.pdf")
    assert answer.status_code == 422 and "thủ trưởng cơ quan" in answer.json["error"]
    for _ in range(2):
        assert leader.post("/khong-cap-nhat/danh-muc", what="drop", rule=str(rule), reason=REASON).status_code == 303
    assert sent_up(clerk, pdf(1), "Quy hoạch cán bộ.pdf", "e" * 64).status_code == 200
    assert leader.post("/khong-cap-nhat/phu-trach", matter="secrecy", person="999999", reason=REASON).status_code == 422
    assert clerk.post("/khong-cap-nhat/phu-trach", matter="secrecy", person="1", reason=REASON).status_code == 403
    assert stc.faults() == []


def test_art_3_2_the_check_of_a_file_says_the_same_without_storing(tmp_path):
    for data, code in ((SECRET, "barred_secrecy"), (STACK, "barred_secrecy_within"), (HARMLESS, "")):
        (tmp_path / "thu.pdf").write_bytes(data)
        said = json.loads(CliRunner().invoke(cli_intake.check, [str(tmp_path / "thu.pdf"), "--json"]).output)
        assert (said["code"], said["outcome"]) == (code, "reject" if code else "accept")


def test_art_3_2_a_leader_is_told_where_nobody_is_in_charge(world):
    stc = Office(world.app)
    with stc.inside():
        matters, keeper = barred.unnamed(), stc.user("lanhdao")
        assert set(matters) == set(barred.MATTERS) and barred.officer_of(barred.SECRECY).id == keeper.id
    assert "Chưa cử người phụ trách" in Browser(stc.app, "stc", "lanhdao").get("/").text
    assert "Chưa cử người phụ trách" not in Browser(stc.app, "stc", "vanthu").get("/").text
    with stc.inside():
        other = stc.user("truongphong").id
        barred.name_officer(stc.user("lanhdao"), "secrecy", other, REASON, now())
    with stc.inside():
        assert "secrecy" not in barred.unnamed() and barred.officer_of(barred.SECRECY).id == other


def test_art_3_2_letters_that_look_like_ours_hide_no_mark_and_no_title():
    cyrillic, greek = str.maketrans("MTOIYEAKCHX", "МТОІУЕАКСНХ"), str.maketrans("MTOIYEAKH", "ΜΤΟΙΥΕΑΚΗ")
    full = {ord(letter): chr(ord(letter) + 0xFEE0) for letter in "MTOIYEAKCHX"}
    for mark in ("MẬT", "TỐI MẬT", "TUYỆT MẬT", "TUYET MAT"):
        for said in (mark.translate(cyrillic), mark.translate(greek), mark.translate(full), "\u200b".join(mark),
                     unicodedata.normalize("NFD", mark).translate(cyrillic), mark.replace("T", "\u00adT"),
                     mark.translate({ord("M"): "\U0001d40c", ord("T"): "\U0001d413"})):
            assert said != mark and found(word("ỦY BAN", said, "Nội dung"), "a.docx") == ("secrecy", 1), ascii(said)
            assert found(word("ỦY BAN", margin=said), "a.docx") == ("secrecy", 1), ascii(said)
            if mark != "TUYET MAT":
                assert found(pdf(1), f"[{said}] thu.pdf") == ("secrecy", 0), ascii(said)
                assert found(sheets(["A"], header=said), "a.xlsx") == ("secrecy", 1), ascii(said)
    drawn = printed((*HEAD, (90, 138, "MẬT".translate(cyrillic))))
    assert found(drawn) == ("secrecy", 1)
    for title in ("ĐƠN TỐ CÁO", "ĐƠN KHIẾU NẠI"):
        said = title.translate(cyrillic).replace("Đ", "Ð")
        assert found(word("Độc lập - Tự do - Hạnh phúc", said, "Kính gửi"), "a.docx") == ("petition", 1), ascii(said)
        assert found(pdf(1), f"{said} ông A.pdf") == ("petition", 0), ascii(said)
    for real in (("ПРОТОКОЛ", "МАТ", "Шахматы"), ("МАТ И ПАТ",), ("Ω Μ Α Τ",), ("Số: 1/BC", "Дом", "ТОТ")):
        assert found(word(*real), "a.docx") is None, real
