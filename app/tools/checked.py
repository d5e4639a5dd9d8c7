"""The answer of a check that stores nothing: take it, let a person look first, or refuse it.

One shape for files (`bin/qlvb intake check`) and packets (`bin/qlvb edxml check`). It judges nothing itself.
"""

from dataclasses import asdict, dataclass, field
from typing import Any

ACCEPT, HOLD, REJECT = "accept", "hold", "reject"


@dataclass(frozen=True)
class Checked:
    """What would become of something that came in."""

    #: ACCEPT, HOLD or REJECT
    outcome: str
    #: the refusal's code; "" when nothing speaks against it
    code: str = ""
    #: a sentence in Vietnamese; "" when nothing speaks against it
    message: str = ""
    #: what is known of it: JSON values
    fields: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """{"outcome", "code", "message", "fields"}."""
        return asdict(self)
