"""The agency's own regulation on a procedure, written from its diagram (Art. 10.2: "Ban hành quy chế, quy định").

Adds the legal bases and the closing articles to what engine/narrative.py tells. The agency's head issues it; nothing
here makes it binding, and it says of itself which release of the diagram it was written from.
"""

from collections.abc import Mapping
from datetime import date

from app.engine.narrative import Frame, Narrative, narrate
from app.engine.narrative_text import ARTICLE
from app.records.agency import Agency
from app.tools.docx_regulation import Annex, Head, regulation

#: how the drawing's articles are cited
CITED = "Quy chế"
BASES = (
    "Căn cứ Nghị định số 30/2020/NĐ-CP ngày 05 tháng 3 năm 2020 của Chính phủ về công tác văn thư",
    "Căn cứ Quyết định số 48/2017/QĐ-UBND ngày 29 tháng 12 năm 2017 của Ủy ban nhân dân tỉnh Lào Cai ban hành Quy chế "
    "quản lý, khai thác sử dụng phần mềm quản lý văn bản và điều hành trong các cơ quan nhà nước trên địa bàn tỉnh Lào "
    "Cai (sau đây gọi là Quy chế)",
)
ABOUT = (
    "Quy định này áp dụng đối với lãnh đạo, cán bộ, công chức, viên chức, văn thư và quản trị mạng của cơ quan tham "
    "gia quy trình trên phần mềm.",
    "Bước do phần mềm tự động thực hiện không thay cho trách nhiệm của người có thẩm quyền.",
)
CLOSING = (
    ("Theo dõi, đôn đốc", (
        "Lãnh đạo cơ quan, lãnh đạo phòng, ban, đơn vị theo dõi tiến độ trên phần mềm, kịp thời đôn đốc, không để văn "
        "bản tồn đọng, trễ hạn (theo khoản 4 Điều 10 Quy chế).",
        "Cán bộ, công chức xử lý công việc theo đúng trình tự, thời hạn của Quy định này và chịu trách nhiệm về thông "
        "tin trao đổi qua tài khoản của mình (theo điểm a khoản 1 Điều 11 Quy chế).",
    )),
    ("Sửa đổi quy trình", (
        "Sơ đồ quy trình trên phần mềm là một phần của Quy định này{version}.",
        "Khi sơ đồ quy trình được ban hành phiên bản mới, Quy định này được lập và ban hành lại; văn bản đang xử lý dở "
        "thực hiện tiếp theo phiên bản đã bắt đầu, trừ khi được chuyển sang phiên bản mới.",
    )),
    ("Hiệu lực và trách nhiệm thi hành", (
        "Quy định này có hiệu lực kể từ ngày ký.",
        "Lãnh đạo các phòng, ban, đơn vị trực thuộc và cán bộ, công chức của cơ quan chịu trách nhiệm thi hành Quy "
        "định này. Trong quá trình thực hiện, nếu có vướng mắc, đề nghị phản ánh về Văn phòng để tổng hợp, báo cáo "
        "lãnh đạo cơ quan xem xét, quyết định./.",
    )),
)


def internal_rules(files: Mapping[str, bytes], key: str, *, version: int | None = None, sha256: str = "") -> Narrative:
    """Art. 10.2: the regulation text of a procedure; `version` and `sha256` of its release, none for a proposal.

    Raises DiagramRefused when the drawing is no BPMN, KeyError when the files have none of this key.
    """
    said = f" (phiên bản {version}, mã kiểm tra {sha256[:16]})" if version else " (bản đề xuất, chưa ban hành)"
    closing = tuple((title, tuple(text.replace("{version}", said) for text in clauses)) for title, clauses in CLOSING)
    return narrate(files, key, Frame(BASES, CITED, ABOUT, closing))


def head_of(narrative: Narrative, agency: Agency, parent_name: str, on: date) -> Head:
    """The parts of NĐ 30/2020 around the text; number, day and month are left for who issues it."""
    last = [line.number.strip(".") for line in narrative.lines if line.style == ARTICLE][-1]
    return Head(agency.name, parent_name, f"QyĐ-{agency.abbreviation}", agency.place, on.year, "Quy định",
                f"Về quy trình nội bộ: {narrative.title}", narrative.bases, "Thủ trưởng cơ quan",
                (f"Như {last}", "Lưu: VT"))


def as_docx(narrative: Narrative, head: Head) -> bytes:
    """The same text as a document that can be corrected, signed and issued."""
    lines = [(line.style, line.number, [(span.text, span.is_strong) for span in line.spans])
             for line in narrative.lines]
    annexes = [Annex(table.number, table.title, table.intro, table.heads, [cells for _, cells in table.rows])
               for table in narrative.tables]
    return regulation(head, lines, annexes)
