"""A finding of the check: where, which rule, which article, and a Vietnamese sentence that says what to do.

The sentences about obligations and about the course name elements and steps by their labels. What is wrong is found
elsewhere (check_space.py, check_task.py, check_name.py); here it is only worded.
"""

import re
from dataclasses import dataclass
from typing import Any

from app.engine import obligation
from app.engine.check_law import Broken
from app.engine.drawing import shown
from app.engine.template import Template

ERROR, WARNING = "error", "warning"


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong (error: it may not be published) or doubtful (warning)."""

    rule: str
    severity: str
    #: id of the element; "" = the whole diagram
    element: str
    label: str
    #: "Art. 9.1.d"; "" where no article orders it
    article: str
    #: Vietnamese
    message: str
    #: ids of the elements passed, from the start, on the shortest way to it; () where it is no matter of a course
    path: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Plain values, for the editor and the command."""
        return {"rule": self.rule, "severity": self.severity, "element": self.element, "label": self.label,
                "article": self.article, "message": self.message, "path": list(self.path)}


def said(article: str) -> str:
    """An article as Vietnamese readers cite it: "Art. 9.1.d" -> "Điều 9.1.d Quy chế"."""
    other = re.fullmatch(r"(NĐ|QĐ) (\S+) Đ(\S+)", article)
    if other:
        kind = {"NĐ": "Nghị định", "QĐ": "Quyết định"}[other[1]]
        return f"Điều {other[3]} {kind} {other[2]}"
    return f"Điều {article[5:]} Quy chế" if article.startswith("Art. ") else article


class Words:
    """Words a diagram's findings with the labels of its elements and of the catalogue."""

    def __init__(self, labels: dict[str, str], templates: dict[str, Template]) -> None:
        self.labels, self.templates = labels, templates

    def label(self, element: str) -> str:
        """The name on the drawing."""
        return self.labels.get(element) or shown(element)

    def finding(self, rule: str, element: str, sentence: str, *, article: str = "", path: tuple[str, ...] = (),
                severity: str = ERROR) -> Finding:
        """A finding at an element; the sentence begins with its label unless it names it."""
        label = self.label(element) if element else ""
        named = sentence if not element or f"“{label}”" in sentence else f"“{label}”: {sentence}"
        return Finding(rule, severity, element, label, article, named, path)

    def of_step(self, name: str) -> str:
        """The catalogue's name of a step or form."""
        found = self.templates.get(f"qlvb.task.{name[5:]}" if name.startswith("task:") else f"qlvb.{name}")
        return f"“{found.label}”" if found else f"“{name}”"

    def of_milestones(self, names: tuple[str, ...]) -> str:
        """The steps that reach any of some milestones, joined by "or"."""
        steps = dict.fromkeys(step for name in names for step in obligation.setters(name))
        return " hoặc ".join(self.of_step(step) for step in steps) or "“?”"

    @staticmethod
    def of_the_missing(broken: Broken) -> str:
        """The article that is passed over: of the step that is missing, not of the one that asks for it."""
        rule = broken.rule
        articles = [other.article for other in sorted(obligation.table(), key=lambda o: o.step)
                    if other.sets == broken.name
                    and other.form in ("", rule.form) and other.direction in ("", rule.direction)]
        return articles[0] if articles else rule.article

    def broken(self, broken: Broken, path: tuple[str, ...], *, is_decided: bool = False) -> Finding:
        """An obligation that does not hold on a path; `is_decided`: only for what somebody may decide on the way."""
        here, other = f"“{self.label(broken.element)}”", self.of_milestones((broken.name,))
        article, law = broken.rule.article, said(broken.rule.article)
        if broken.kind == "needs":
            article = self.of_the_missing(broken)
            laws = said(article) if article == broken.rule.article else f"{said(article)}; {here}: {law}"
            sentence = f"Có đường đi đến {here} mà chưa làm xong {other} ({laws}). Hãy đặt việc đó trước {here} trên " \
                       "mọi đường đi, hoặc bỏ đường đi vượt qua nó."
        elif broken.kind == "bars":
            sentence = f"Có đường đi đến {here} sau khi đã làm {other}: khi đó không còn được làm nữa ({law}). " \
                       "Hãy bỏ đường đi này."
        elif broken.kind == "once":
            sentence = f"Có đường đi làm {here} lần thứ hai, mà việc này chỉ được làm một lần ({law}). " \
                       "Hãy bỏ đường quay lại đó."
        elif broken.kind == "only":
            sentence = f"Có đường đi đến {here} với văn bản mà quy chế không giao việc này ({law}). " \
                       "Hãy rẽ nhánh trước đó cho đúng loại văn bản."
        else:
            done = self.of_milestones(broken.rule.owes)
            sentence = f"Có đường đi kết thúc ở {here} khi đã làm {other} mà chưa làm {done} ({law}). " \
                       "Hãy dẫn đường đi này qua việc còn thiếu trước khi kết thúc."
        if is_decided:
            sentence = f"Tùy lựa chọn của người xử lý: {sentence[0].lower()}{sentence[1:]} " \
                       "Hãy xem lại điều kiện trên các nhánh rẽ."
        rule = "owed" if broken.kind == "owed" else broken.kind
        return self.finding(rule, broken.element, sentence, article=article, path=path)

    def missing(self, expected: obligation.Expectation) -> Finding:
        """Something that must be possible is not."""
        sentence = f"Không có đường nào thực hiện được {self.of_step(expected.step)}; quy trình phải có việc này " \
                   f"({said(expected.article)})."
        return self.finding("missing", "", sentence, article=expected.article)

    def foreign(self, element: str, rule: obligation.Obligation) -> Finding:
        """A step of other documents."""
        kind = {"electronic": "văn bản đi điện tử", "hybrid": "văn bản đi kèm bản giấy"}.get(rule.form) or {
            "incoming": "văn bản đến", "outgoing": "văn bản đi"}.get(rule.direction, "văn bản khác")
        sentence = f"bước này chỉ dùng cho {kind} ({said(rule.article)}). Hãy bỏ bước này khỏi sơ đồ."
        return self.finding("place", element, sentence, article=rule.article)

    def deadlock(self, element: str, path: tuple[str, ...]) -> Finding:
        """Nothing can go on."""
        sentence = f"Quy trình có thể kẹt ở “{self.label(element)}”: cổng này chờ một nhánh không bao giờ tới. " \
                   "Hãy hợp các nhánh bằng cổng cùng loại với cổng đã tách chúng."
        return self.finding("deadlock", element, sentence, path=path)

    def unheard(self, element: str, path: tuple[str, ...]) -> Finding:
        """It waits for a message that cannot come there."""
        sentence = f"Quy trình sẽ chờ mãi ở “{self.label(element)}”: thông điệp này chỉ được gửi sau một bước chưa " \
                   "làm trên đường đi đó. Hãy đặt bước ấy trước, hoặc bỏ sự kiện chờ này."
        return self.finding("unheard", element, sentence, path=path)

    def twice(self, element: str, path: tuple[str, ...]) -> Finding:
        """Two tokens at one element."""
        sentence = f"“{self.label(element)}” có thể chạy hai lần cùng lúc vì hai nhánh song song cùng dẫn tới. " \
                   "Hãy hợp các nhánh đó bằng một cổng song song trước phần tử này."
        return self.finding("twice", element, sentence, path=path)

    def livelock(self, element: str, path: tuple[str, ...]) -> Finding:
        """No way to an end."""
        sentence = f"Từ “{self.label(element)}” trở đi không còn đường nào tới điểm kết thúc. Hãy thêm một nhánh ra."
        return self.finding("livelock", element, sentence, path=path)

    def never(self, element: str, *, is_decided: bool = False) -> Finding:
        """It never runs."""
        why = "với các điều kiện trên nhánh rẽ, " if is_decided else ""
        sentence = f"{why}phần tử này không bao giờ được thực hiện. Hãy xem lại đường dẫn tới, hoặc bỏ nó."
        return self.finding("never", element, sentence, severity=WARNING if is_decided else ERROR)

    def early_end(self, element: str, path: tuple[str, ...]) -> Finding:
        """An end while others go on."""
        sentence = f"Khi tới “{self.label(element)}” có thể còn nhánh khác đang chạy; hồ sơ chỉ kết thúc khi " \
                   "mọi nhánh đã xong. Nếu không cố ý, hãy hợp các nhánh trước khi kết thúc."
        return self.finding("ends", element, sentence, path=path, severity=WARNING)

    def too_wide(self, element: str) -> Finding:
        """Too much to look at."""
        sentence = "Sơ đồ có quá nhiều nhánh song song (quá 8 nhánh) hoặc quá nhiều tổ hợp nên không kiểm tra " \
                   "hết được. Hãy bớt nhánh, hoặc dùng một việc “cho từng người trong danh sách”."
        return self.finding("wide", element, sentence)
