"""Electronic or hybrid (Art. 4): asks the agency's published decision table `exchange_form`.

The table is the agency's to edit (Art. 4.1.c lets the province add kinds); this file only asks it.
"""

from dataclasses import dataclass

from app.engine import diagram, wording
from app.engine.obligation import asks
from app.records import catalogue
from app.records.people import User

ELECTRONIC, HYBRID = "electronic", "hybrid"
#: the procedure of each form (Art. 9.1, 9.2)
PROCEDURE = {ELECTRONIC: "outgoing_electronic", HYBRID: "outgoing_hybrid"}
#: what a document is for, as Art. 4.1 names it: the words of the law are the table's annotations
PURPOSES = {
    "consult": "Xin ý kiến, góp ý", "to_report": "Để báo cáo", "to_know": "Để biết",
    "steering": "Chỉ đạo, điều hành", "periodic_report": "Báo cáo định kỳ (tuần, tháng, quý, năm)",
    "meeting_invitation": "Mời dự họp, hội nghị", "meeting_paper": "Tài liệu phục vụ họp",
    "calendar": "Lịch làm việc, lịch công tác",
    "calendar_registration": "Đăng ký lịch làm việc với thường trực UBND tỉnh",
    "programme_plan": "Chương trình, kế hoạch", "general_notice": "Thông báo chung của cơ quan",
    "working_paper": "Tài liệu trao đổi trong quá trình xử lý công việc",
    "certified_copy": "Sao y, sao lục, trích lục văn bản của trung ương",
    "notice_seal_signature_office": "Giới thiệu con dấu, chữ ký, trụ sở làm việc",
    "conclusion": "Ý kiến kết luận của lãnh đạo", "no_paper_required": "Nơi nhận không yêu cầu văn bản giấy",
    "added_by_province": "Loại do UBND tỉnh bổ sung (Điều 4.1.c)", "other": "Mục đích khác",
}
asks("exchange_form", "Art. 4", direction="outgoing", reads=("type_name", "purpose", "scope"),
     gives={"exchange_form": (ELECTRONIC, HYBRID), "clause": ()})
for _name in ("purpose", "answer_purpose"):
    wording.means(_name, PURPOSES)


@catalogue.catalogue("purpose")
def _purposes(user: User) -> list[dict[str, str]]:
    return [{"label": label, "value": code} for code, label in PURPOSES.items()]


@dataclass(frozen=True)
class Verdict:
    """How a document is exchanged and which clause says so."""

    form: str
    clause: str
    #: the words of the clause, from the table's annotation
    words: str


def verdict(type_name: str, purpose: str, scope: str) -> Verdict:
    """Art. 4: the form of exchange of a kind of document for a purpose, "internal" or "between" agencies.

    What no row of 4.1 names is hybrid (4.2).
    """
    found = diagram.table_in_force("exchange_form").decide(
        {"type_name": type_name, "purpose": purpose, "scope": scope})
    outputs = found.outputs or {}
    return Verdict(outputs.get("exchange_form") or HYBRID, outputs.get("clause") or "Điều 4.2",
                   found.rules[0][1] if found.rules else "")
