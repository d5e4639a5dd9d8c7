"""Sample documents for trying a procedure, and what a form of a trial is filled with (Art. 10.2).

What a sample document brings along is what the product knows when it starts such an instance; nothing is stored.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _

from app.engine.sandbox import SAMPLE_FILE

Plain = dict[str, Any]


@dataclass(frozen=True)
class SampleDocument:
    """One sample a person may choose: its name and the sample of engine/sandbox.py."""

    name: str
    data: Plain
    results: dict[str, Plain] = field(default_factory=dict)

    @property
    def sample(self) -> Plain:
        """As `play` takes it."""
        return {"data": self.data, **({"results": self.results} if self.results else {})}


_DRAFTS = (
    SampleDocument(_("Dự thảo mới của chuyên viên"), {"kind": "fresh"}),
    SampleDocument(_("Dự thảo trả lời một văn bản đến"), {"kind": "answer"}),
)
_SAMPLES = {
    "incoming": (
        SampleDocument(_("Văn bản giấy, quét vào"), {"channel": "paper"},
                       {"exclude": {}, "check_signatures": {}, "require_paper": {}}),
        SampleDocument(_("Gói tin liên thông, chữ ký số hợp lệ"), {"channel": "exchange"},
                       {"exclude": {}, "check_signatures": {"signature_ok": True},
                        "require_paper": {"paper_awaited": False}}),
        SampleDocument(_("Gói tin liên thông, chữ ký số không hợp lệ"), {"channel": "exchange"},
                       {"exclude": {}, "check_signatures": {"signature_ok": False},
                        "require_paper": {"paper_awaited": False}}),
        SampleDocument(_("Gói tin liên thông, chọn kết quả kiểm tra khi chạy"), {"channel": "exchange"}),
    ),
    "outgoing_electronic": _DRAFTS,
    "outgoing_hybrid": _DRAFTS,
}


def samples(key: str) -> tuple[SampleDocument, ...]:
    """The sample documents of a procedure; one of a procedure that nothing starts."""
    return _SAMPLES.get(key, (SampleDocument(_("Văn bản mẫu"), {}),))


def filled(schema: Plain) -> Plain:
    """Values with which a drawn form opens, so that one chooses the way and need not type."""
    known: Plain = {
        "code_number": "125", "code_notation": "STC-QLNS", "issued_date": "2026-01-05",
        "organ_name": gettext("Sở Tài chính"), "signer_name": gettext("Nguyễn Văn Mẫu"),
        "signer_position": gettext("Giám đốc"), "page_amount": 2, "priority": "0",
        "subject": gettext("V/v góp ý dự thảo kế hoạch (văn bản mẫu)"),
    }
    found: Plain = {}
    for component in schema["components"]:
        key, fill = component.get("key"), _FILL.get(component["type"])
        if not key:
            continue
        options = [option["value"] for option in component.get("values", [])]
        if key in known and (not options or known[key] in options):
            found[key] = known[key]
        elif fill and component.get("validate", {}).get("required"):
            found[key] = fill(options)
    return {key: value for key, value in found.items() if value is not None}


_FILL: dict[str, Callable[[list[str]], Any]] = {
    "filepicker": lambda _options: SAMPLE_FILE,
    "checkbox": lambda _options: True,
    "select": lambda options: options[0] if options else None,
    "textfield": lambda _options: gettext("Nội dung thử"),
    "textarea": lambda _options: gettext("Nội dung thử"),
    "number": lambda _options: 1,
}
