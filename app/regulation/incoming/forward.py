"""To the leader, within the time that the rules set (Art. 6.2.c, 6.3.a; NĐ 30/2020 Đ23.1)."""

from typing import Any

from app.engine.obligation import expect, oblige
from app.engine.step import Act, step
from app.engine.template import offer
from app.records import deadline
from app.records.people import with_role
from app.refusal import Refusal

oblige("forward", "Art. 6.2.c", needs=("enter",), sets="forward", direction="incoming")
oblige("forward", "Art. 7", sets="forward", owes=("directed", "returned", "withdrawn"), direction="incoming")
expect("forward", "Art. 6.2.c", direction="incoming")
offer("forward", "Chuyển lãnh đạo xử lý",
      gives={"leader_id": (1,), "forward_due_at": ("2026-01-05T17:00:00+07:00",),
             "forward_due_date": ("2026-01-05",), "due_date": (None, "2026-01-12")})


class LeaderMissing(Refusal):
    """The agency has no active leader to forward to."""

    code, status, article = "leader_missing", 409, "Art. 6.2.c"


class PaperAwaited(Refusal):
    """A document of a kind with an appraisal file on paper goes to the leader when its file has come."""

    code, status, article = "paper_awaited", 409, "Art. 3.4"


@step
def forward(act: Act, days: int = 1, urgent_minutes: int = deadline.URGENT_MINUTES) -> dict[str, Any]:
    """The leader the clerk chose, else the head of the agency (who signs for nobody: no "KT.").

    NĐ 30/2020 Đ23.1: the same day, by the end of the next working day (`days`) at the latest; what is urgent at once,
    which is alerted after `urgent_minutes`, out of hours too.

    Raises PaperAwaited: what waits for its appraisal file on paper goes on with it only (Art. 3.4).

    Returns {"leader_id", "forward_due_at", "forward_due_date", "due_date"}.
    """
    if act.data.get("paper_awaited") is True:
        raise PaperAwaited()
    leader_id = act.data.get("leader_id")
    if leader_id is None:
        leaders = with_role("leader")
        if not leaders:
            raise LeaderMissing()
        leader_id = min(leaders, key=lambda leader: ("KT." in leader.competence, leader.id)).id
    due_at = deadline.give(act.document, "assign", act.at, days=days, urgent_minutes=urgent_minutes)
    due_date = act.document.due_date
    return {"leader_id": leader_id, "forward_due_at": due_at, "forward_due_date": due_at[:10],
            "due_date": due_date.isoformat() if due_date else None}
