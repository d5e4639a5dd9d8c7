"""Why an administrator does something: every administrative act says it, in words that are kept with the act (S12)."""

from app.refusal import Refusal

LONGEST_REASON = 500


class ReasonNeeded(Refusal):
    """An administrative act needs a reason."""

    code = "reason_needed"


def need_reason(reason: str) -> str:
    """The reason without the space around it. Raises ReasonNeeded for an empty or an endless one."""
    said = " ".join(reason.split())
    if not 1 <= len(said) <= LONGEST_REASON:
        raise ReasonNeeded()
    return said
