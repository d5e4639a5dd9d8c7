"""Why an administrator does something: every administrative act says it, in words that are kept with the act (S12).

And who it is that does it by command, as far as this machine knows.
"""

import os
import pwd

from app.records.history import LONGEST_REASON, SHORTEST_REASON
from app.refusal import Refusal

#: of what others are told and nobody can undo, a word or two says nothing
SHORTEST_TOLD = SHORTEST_REASON


class ReasonNeeded(Refusal):
    """An administrative act needs a reason."""

    code = "reason_needed"


class ReasonShort(ReasonNeeded):
    """The reason goes to others: it is a sentence, not two letters."""

    code = "reason_short"


def need_reason(reason: str, shortest: int = 1) -> str:
    """The reason without the space around it. Raises ReasonNeeded for an empty or an endless one, ReasonShort."""
    said = " ".join(reason.split())
    if not 1 <= len(said) <= LONGEST_REASON:
        raise ReasonNeeded()
    if len(said) < shortest:
        raise ReasonShort(shortest=shortest)
    return said


def operator() -> str:
    """The account of this process, and who became it by sudo: "root (an)". What the environment says of the account
    itself is not believed; SUDO_USER is what sudo, or who is root already, says.
    """
    account, before = _name(os.getuid()), os.environ.get("SUDO_USER", "")[:32]
    return f"{account} ({before})" if before and before != account else account


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:  # an account that only a container knows
        return f"uid {uid}"
