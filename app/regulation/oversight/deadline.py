"""Art. 10.4: what is due or overdue is urged in time."""

from typing import Any

from app.engine import task
from app.engine.step import Act, step


@step
def remind(act: Act) -> dict[str, Any]:
    """Mark the open tasks of the document as urged; the inbox shows it."""
    for row in task.open_of(act.instance.id):
        row.reminded_at = act.at
    return {}
