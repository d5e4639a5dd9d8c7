"""Electronic or hybrid (Art. 4): asks the agency's published decision table `exchange_form`.

The table is the agency's to edit (Art. 4.1.c lets the province add kinds, for a time); this file only asks it. Its
rows may say from when and until when they hold: the one that holds on the day of the draft decides, and its name stays
with the document, so that it is found again in the table of that day.
"""

from dataclasses import dataclass
from datetime import date

from app.db import db
from app.engine import decision, diagram, wording
from app.engine.obligation import asks
from app.records import catalogue, history
from app.records.agency import Agency
from app.records.document import Document
from app.records.people import User
from app.refusal import Refusal

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
asks("exchange_form", "Art. 4", direction="outgoing", reads=("type_name", "purpose", "scope", "day"),
     gives={"exchange_form": (ELECTRONIC, HYBRID), "clause": ()})
#: the clause of what no row names; columns of the table have no labels of a form
_INTERNAL = '"internal"'
_ALL_ELSE, _PLAIN = "Điều 4.2", wording.Labels()
for _name in ("purpose", "answer_purpose"):
    wording.means(_name, PURPOSES)


class OutsideScope(Refusal):
    """What was begun as exchanged within the agency is to be sent to others, to whom a paper is due."""

    code, article = "outside_scope", "Art. 4"


class OutsideScopeIssued(OutsideScope):
    """What was issued as exchanged within the agency is said to go to others, to whom a paper is due."""

    code = "outside_scope_issued"


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
    #: id of the row that says so; empty: none does
    rule: str = ""


def verdict(type_name: str, purpose: str, scope: str, day: date) -> Verdict:
    """Art. 4: the form of exchange of a kind of document for a purpose, "internal" or "between" agencies, on a day.

    What no row of 4.1 names is hybrid (4.2).
    """
    found = diagram.table_in_force("exchange_form").decide(
        {"type_name": type_name, "purpose": purpose, "scope": scope, "day": day})
    outputs, (rule, words) = found.outputs or {}, (found.rules or [("", "")])[0]
    clause = (outputs.get("clause") or _ALL_ELSE)[:100]
    return Verdict(outputs.get("exchange_form") or HYBRID, clause, words, rule[:100])


def decided(document: Document) -> Verdict:
    """What the table said of a document when it was begun, in the words of the table of that day."""
    line = _line_then(document)
    if line is None:
        return Verdict(document.exchange_form, document.exchange_clause, "")
    return Verdict(line.gives.get("exchange_form") or HYBRID, line.gives.get("clause") or _ALL_ELSE, line.annotation,
                   line.id)


def require_scope(document: Document, codes: list[str], day: date) -> None:
    """At the door: a draft that was begun as exchanged within the agency goes to no other one in a form that Art. 4
    does not allow between agencies. `codes`: who is to get it. Raises OutsideScope; of what is issued already
    OutsideScopeIssued: its form is what it is.
    """
    own = db.session.get_one(Agency, document.agency_id).code
    if set(codes) - {own} and (other := due_outside(document, day)):
        refusal = OutsideScopeIssued if document.status == "dispatched" else OutsideScope
        raise refusal(clause=document.exchange_clause, other=other)


def due_outside(document: Document, day: date) -> str:
    """The clause by which a paper is due to whoever is outside the agency, of a document that was begun as exchanged
    electronically within it; "": by its form it may go to others.
    """
    if document.exchange_form != ELECTRONIC:
        return ""
    line = _line_then(document)
    if line is None or line.asks.get("scope") != _INTERNAL or line.gives.get("clause") != document.exchange_clause:
        return ""  # between agencies, or the form was asked for with a reason
    found = verdict(document.type_name, document.purpose, "between", day)
    return "" if found.form == ELECTRONIC else found.clause


def _line_then(document: Document) -> decision.Line | None:
    """The row that decided when the document was begun; None: no row did."""
    lines = _table_then(document).lines() if document.exchange_rule else []
    return next((one for one in lines if one.id[:100] == document.exchange_rule), None)


def _table_then(document: Document) -> decision.Table:
    """The table that was in force when the document was begun, whatever its procedure follows by now."""
    first = db.session.scalar(db.select(history.Act.release_sha256).where(
        history.Act.subject == f"document:{document.id}", history.Act.kind == "instance_started").limit(1))
    release = db.session.scalar(db.select(diagram.Release).where(diagram.Release.sha256 == first).limit(1))
    return diagram.bundle(release).table("exchange_form") if release else diagram.table_in_force("exchange_form")


@dataclass(frozen=True)
class Line:
    """A row of the table, in words: when it holds, and what it says."""

    asks: dict[str, str]
    form: str
    clause: str
    words: str
    holds: bool


def lines(day: date) -> list[Line]:
    """The rows of the table in force, in their order; which of them hold on a day."""
    def said(name: str, text: str) -> str:
        words = wording.cell("" if text == "-" else text, name, _PLAIN).removeprefix("là ")
        return wording.upper(words.translate(dict.fromkeys(map(ord, "“”"))))

    return [Line({name: said(name, text) for name, text in row.asks.items()},
                 row.gives.get("exchange_form") or HYBRID, row.gives.get("clause") or _ALL_ELSE, row.annotation,
                 row.takes("day", day)) for row in diagram.table_in_force("exchange_form").lines()]
