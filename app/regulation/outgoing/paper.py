"""The paper side of a hybrid document (Art. 9.2): signed, numbered, sealed, its original archived, scanned."""

from typing import Any

from app.engine.obligation import oblige
from app.engine.step import Act, step, taken
from app.records import attachment

oblige("sign_paper", "Art. 9.2", needs=("approve",), sets="sign_paper", form="hybrid")
oblige("seal_paper", "Art. 9.2.b", needs=("sign_paper", "number"), sets="seal_paper", form="hybrid")
oblige("digitise", "Art. 9.2.c", needs=("seal_paper",), sets="digitise", clears=("sign_by_agency",), form="hybrid")


@taken("sign_paper")
def take_signed_paper(act: Act, values: dict[str, Any]) -> dict[str, Any]:
    """Art. 9.2: the clerk has the paper, signed by the leader, in hand."""
    if values.get("signed_date"):
        act.say("opinion", f"Văn bản giấy ký ngày {values['signed_date']}.")
    return {}


@step
def sign_paper(act: Act) -> None:
    """The signed paper is with the clerk."""
    act.document.status = "paper_signed"


@taken("seal_paper")
def take_sealed_paper(act: Act, values: dict[str, Any]) -> dict[str, Any]:
    """Art. 9.2.b: number written, sealed, the original's place in the archive."""
    act.document.description = f"Bản gốc lưu tại: {values['archive_place']}"[:500]
    return {}


@step
def seal_paper(act: Act) -> None:
    """The paper is sealed and its original archived."""
    act.document.status = "sealed"


@taken("digitise")
def take_scan(act: Act, values: dict[str, Any]) -> dict[str, Any]:
    """Art. 9.2.c: the scan of the sealed paper."""
    attachment.attach_upload(act.document, "scan", values["scan"], act.at, act.actor_id)
    return {}


@step
def digitise(act: Act) -> None:
    """The scan stands for the paper; the agency signs it next."""
    scan = attachment.latest(act.document.id, "scan")
    act.sha256 = scan.sha256 if scan else None
