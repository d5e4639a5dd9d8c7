"""Art. 9.1.b: number and date are written into the approved draft, and it becomes a PDF with what goes with it."""

from datetime import date
from typing import Any

from app.engine.obligation import oblige
from app.engine.step import Act, SlowStep, slow_step
from app.engine.template import offer
from app.records import attachment, milestone
from app.refusal import Refusal
from app.regulation import layout_printed
from app.regulation.layout_grammar import UNNUMBERED
from app.tools import Tools, docx, pdf_join

oblige("complete", "Art. 9.1.b", needs=("number", "approve"), sets="complete", direction="outgoing",
       clears=("leader_key", "sign_by_leader", "agency_key", "sign_by_agency"))
offer("complete", "Điền số, chuyển PDF", is_outside=True)


class NotApprovedFile(Refusal):
    """The draft is not the one that the leader approved."""

    code, status, article = "not_approved_file", 409, "Art. 8.3"


@slow_step("conversion")
class Complete(SlowStep):
    """Fill in, convert."""

    def ask(self, act: Act) -> dict[str, Any]:
        """The approved draft, and no other. Raises NotApprovedFile."""
        document = act.document
        draft, approved = attachment.latest(document.id, "draft"), milestone.standing(document.id).get("approve")
        if draft is None or approved is None or draft.sha256 != approved.sha256:
            raise NotApprovedFile()
        return {"sha256": draft.sha256, "name": draft.name, "number": document.code_number,
                "appendices": [{"sha256": one.sha256, "name": one.name} for one in attachment.of(document.id)
                               if one.kind == "appendix" and one.removed_at is None],
                "notation": document.code_notation, "place": act.agency.place,
                **({"may_lack_number": True} if document.type_name in UNNUMBERED else {}),
                "date": document.issued_date.isoformat() if document.issued_date else None}

    def work(self, tools: Tools, asked: dict[str, Any]) -> dict[str, Any]:
        """{"sha256" of the PDF, "docx" of the filled draft, "size", "authority" that it prints, if it can be read}."""
        draft = tools.blobs.read(asked["sha256"])
        filled = docx.fill_number(
            draft, number=asked["number"], notation=asked["notation"],
            place=asked["place"], needs_number=not asked.get("may_lack_number"), date=date.fromisoformat(asked["date"]))
        pdf = tools.converter.to_pdf(filled, asked["name"])
        if parts := [(one["name"], tools.converter.to_pdf(docx.as_saved(
                tools.blobs.read(one["sha256"]), one["name"]), one["name"])) for one in asked.get("appendices", ())]:
            pdf = pdf_join.join(pdf, parts)
        block = layout_printed.signer(draft)
        return {"sha256": tools.blobs.put(pdf), "docx": tools.blobs.put(filled), "size": len(pdf),
                **({"authority": block.authority} if block else {})}

    def record(self, act: Act, found: dict[str, Any]) -> dict[str, Any]:
        """The PDF is the final form; the filled draft lies behind it by its hash."""
        document = act.document
        document.signer_competence = found.get("authority", document.signer_competence)
        name = f"{document.code_number}-{document.code_notation}".replace("/", "-") + ".pdf"
        attachment.attach(document, "final", name, "application/pdf", found["sha256"], found["size"], act.at)
        act.sha256, document.status, document.verdict = found["sha256"], "completed", None  # that of an older file
        return {}
