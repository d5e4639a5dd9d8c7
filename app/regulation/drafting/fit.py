"""Art. 3.1.đ: is the draft right in form; what the agency does not let pass stops review and approval.

`look` reads the file, at the door, before an act; `require_right` asks inside the act what was found. The rules are
regulation/layout_check.py's, which of them stop an approval says records/layout_rule.py.
"""

from datetime import datetime
from typing import Any

from app.db import db
from app.engine import instance as instances
from app.engine.form import FormInvalid
from app.engine.reason import SHORTEST_TOLD
from app.engine.step import Act
from app.records import attachment, history, layout_result, layout_rule
from app.records.document import Document
from app.records.people import User
from app.refusal import Refusal
from app.regulation import layout_check, layout_printed
from app.regulation.layout_printed import Printed
from app.tools import Tools

NOT_HIS_NAME = ("Dự thảo in tên người ký là “%(printed)s”, người duyệt và ký là %(name)s. Hãy trả lại để sửa; nếu vẫn "
                "ký, ghi ở đây đúng tên đã in và lý do.")
#: what who approves writes when he signs a draft whose signature block cannot be read
AT_THE_END = "ký ở cuối văn bản"
NO_SIGNER = ("Không đọc được phần ký của dự thảo nên chữ ký số không có chỗ định sẵn. Hãy trả lại để ghi chức vụ bằng "
             "chữ in hoa, họ và tên người ký ở dưới, bên phải cuối văn bản; nếu vẫn ký, ghi ở đây “ký ở cuối văn bản” "
             "và lý do: chữ ký đặt bên phải, cạnh “Nơi nhận” hoặc dưới dòng cuối, xem trước khi ký.")


class LayoutBlocks(Refusal):
    """The draft has faults of form that the agency does not let pass."""

    code, article = "layout_blocks", "Art. 3.1.đ"


class LayoutUnchecked(Refusal):
    """The form of this version was not checked yet."""

    code, article = "layout_unchecked", "Art. 3.1.đ"


def look(tools: Tools, document: Document, sha256: str, at: datetime) -> list[dict[str, Any]]:
    """What is wrong in the form of a file of this document; read once per file and edition of the rules, which is
    an act. Commits.

    Raises what layout_check.check does.
    """
    kept = layout_result.of(sha256, document.type_name)
    if kept is not None and kept.edition == layout_check.EDITION:
        return kept.findings
    found = [one.as_json() for one in layout_check.check(tools.blobs.read(sha256), document.type_name)]
    agency_id, document_id, type_name = document.agency_id, document.id, document.type_name
    instances.lock_of_document(document_id)  # first, as everywhere
    layout_result.keep(agency_id, sha256, type_name, layout_check.EDITION, found, at)
    history.append(
        history.Act(agency_id=agency_id, subject=f"document:{document_id}", at=at, kind="layout_checked"),
        input={"sha256": sha256, "type_name": type_name, "edition": layout_check.EDITION},
        changes=history.take_changes())
    db.session.commit()
    return found


def blocking(findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those that the agency does not let pass."""
    rules = set(layout_rule.names())
    return [one for one in findings if one["rule"] in rules]


def require_right(act: Act) -> None:
    """Refuse review and approval of a draft with such faults. Raises LayoutBlocks, LayoutUnchecked."""
    if not layout_rule.names():
        return
    file = attachment.latest(act.document.id, "draft")
    kept = layout_result.of(file.sha256, act.document.type_name) if file else None
    if kept is None or kept.edition != layout_check.EDITION:
        raise LayoutUnchecked()
    wrong = blocking(kept.findings)
    if wrong:
        raise LayoutBlocks(count=len(wrong), rules=sorted({one["rule"] for one in wrong}))


def signer_of(tools: Tools, sha256: str) -> Printed | None:
    """Whom a file prints as its signer; None: nobody that can be read. Raises what `docx_layout.read` does."""
    return layout_printed.signer(tools.blobs.read(sha256))


def require_own_name(tools: Tools, document: Document, user: User, values: dict[str, Any]) -> None:
    """At the door: who approves is who signs (Art. 9.1.c), so the draft prints his name; else he returns it, or says
    whom it prints and why he signs all the same. A draft that prints nobody has no place of its own to sign: he says
    that he signs at its end, and why (appearance.leader_place finds room there). Raises FormInvalid at the opinion.
    """
    file = attachment.latest(document.id, "draft")
    if file is None:
        return
    block = signer_of(tools, file.sha256)
    opinion = str(values.get("opinion") or "")
    if block is None and not _gives_reason(opinion, AT_THE_END):
        raise FormInvalid({"opinion": [NO_SIGNER]})
    if block is not None and not block.is_of(user.full_name) and not _gives_reason(opinion, block.name):
        raise FormInvalid({"opinion": [NOT_HIS_NAME % {"printed": block.name, "name": user.full_name}]})


def _gives_reason(opinion: str, words: str) -> bool:
    """Whether these words stand in it, and a reason beside them."""
    said, asked = (" ".join(one.split()).casefold() for one in (opinion, words))
    return asked in said and len(said.replace(asked, "").strip(" .,;:-")) >= SHORTEST_TOLD
