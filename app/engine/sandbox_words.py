"""What a trial says of its elements and of why it stopped, in Vietnamese, with the article (Art. 10.2).

Only sentences; sandbox.py knows when to say them.
"""

from collections.abc import Mapping

from app.engine import obligation
from app.engine.dialect import Element
from app.engine.template import Template
from app.refusal import Refusal

_SENTENCES = {
    "not_waiting": "Ở “{label}” không có gì đang chờ.",
    "stuck": "Quy trình dừng giữa chừng: không đi tiếp được và cũng không kết thúc được.",
    "too_deep": "Văn bản đã qua quá nhiều bước; quy trình có thể lặp không dừng.",
    "collection_unfit": "“{label}” cần một danh sách không quá 200 giá trị.",
    "step_unknown": "“{label}” gọi một bước mà hệ thống không có.",
    "table_missing": "“{label}” dùng một bảng quyết định chưa có.",
    "decision_unclear": "Bảng quyết định ở “{label}” cho nhiều kết quả khác nhau.",
}
_ORDERED = {
    "out_of_order": "“{label}” chưa được làm: {article} yêu cầu làm xong “{need}” trước.",
    "too_late": "“{label}” không được làm nữa: đã làm “{need}” ({article}).",
    "only_once": "“{label}” chỉ được làm một lần ({article}).",
    "out_of_place": "“{label}” không thuộc quy trình của loại văn bản này ({article}).",
    "not_their_task": "“{label}” nằm ở làn của vai trò không được làm việc này ({article}).",
    "still_owed": "Quy trình chưa được kết thúc: đã làm “{step}” thì phải làm {owes} ({article}).",
}


def effect(element: Element, targets: list[str], ways: int) -> str:
    """What passing an element means, for those that run no step; "" for what needs no line."""
    if element.kind == "start":
        return "Bắt đầu quy trình."
    if element.kind == "end":
        return "Kết thúc."
    if element.kind == "gateway":
        return f"Đi tiếp: {', '.join(f'“{target}”' for target in targets)}." if ways > 1 and targets else ""
    if element.kind in ("catch", "boundary"):
        return "Đã nhận tin." if element.message else "Đã đến hạn."
    return "Xong phần việc bên trong." if element.kind == "subprocess" else ""


def sentence_of(refusal: Refusal, label: str, templates: Mapping[str, Template]) -> str:
    """Why the trial stopped at the element of this label."""
    if refusal.article and refusal.code in _ORDERED:
        return _ordered(refusal, label, templates)
    errors = getattr(refusal, "errors", None)
    if errors:
        return f"Biểu mẫu của “{label}” có mục chưa đúng: " + "; ".join(
            f"{name or 'biểu mẫu'}: {' '.join(said)}" for name, said in errors.items())
    said = str(refusal.facts.get("message") or "")
    if said:
        return said if label and label in said else f"Ở “{label}”: {said}" if label else said
    return _SENTENCES.get(refusal.code, "Không chạy tiếp được từ “{label}”.").replace("{label}", label)


def clause(article: str) -> str:
    """An article as a Vietnamese reader cites it."""
    return article.replace("Art.", "Điều")


def _ordered(refusal: Refusal, label: str, templates: Mapping[str, Template]) -> str:
    """One obligation that is broken, with its article."""

    facts = refusal.facts
    owes = " hoặc ".join(f"“{milestone_label(name, templates)}”" for name in facts.get("owes", ()))
    return _ORDERED[refusal.code].format(
        label=label, article=clause(refusal.article), owes=owes,
        need=milestone_label(str(facts.get("need") or ""), templates),
        step=step_label(str(facts.get("step") or ""), templates))


def milestone_label(name: str, templates: Mapping[str, Template]) -> str:
    """What has been done when a milestone stands: the words of the step or form that reaches it."""
    return step_label((obligation.setters(name) or [name])[0], templates)


def step_label(step: str, templates: Mapping[str, Template]) -> str:
    """The words of a step, or of a form ("task:<form key>")."""
    found = templates.get(f"qlvb.{step.replace('task:', 'task.')}")
    return found.label if found else step
