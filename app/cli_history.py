"""Commands about what was done: is history whole, does it run again the same, shown and taken out (Art. 10.3; S12)."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import click

from app.refusal import Refusal


def _app() -> Any:
    from app import create_app

    return create_app()


@click.group()
def history() -> None:
    """What was done: is it whole, does it run again the same."""


def _answer(found: dict[str, Any], as_json: bool, faults: str) -> None:
    """Print what a check of history found; exit 1 when it found a fault."""
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
    else:
        for fault in found[faults]:
            click.echo(" ".join(str(value) for value in fault.values() if value))
        for removal in found.get("removals", ()):
            click.echo(f"document {removal['document']}: content removed by act {removal['act']}")
        click.echo(", ".join(f"{name} {value}" for name, value in found.items() if not isinstance(value, list)))
    if found[faults]:
        raise SystemExit(1)


@contextmanager
def _named() -> Iterator[None]:
    """An agency or a document that is not there is said by what was asked for, and any other refusal; exit 2."""
    from app.records.document import NotFound

    try:
        yield
    except NotFound as missing:
        agency, document = missing.facts.get("agency"), missing.facts.get("document")
        raise click.UsageError(f"no agency has the address {agency!r} (see: qlvb agency list)" if agency else
                               f"there is no document {document} with a procedure") from None
    except Refusal as refusal:
        raise click.UsageError(str(refusal)) from None


@history.command("verify")
@click.option("--agency", default="", help="address of one agency; default: all")
@click.option("--copies", type=click.Path(exists=True, file_okay=False, path_type=Path), default=None,
              help="folder with the copies of seals, where somebody else keeps them; default: the one they are put in")
@click.option("--json", "as_json", is_flag=True)
def history_verify(agency: str, copies: Path | None, as_json: bool) -> None:
    """Look for anything changed, dropped, put in or put back."""
    from app import audit

    with _named():
        _answer(audit.check_history(_app(), agency, copies), as_json, "faults")


@history.command("complete-removals")
@click.option("--agency", default="", help="address of one agency; default: all")
@click.option("--reason", required=True, help="why: kept with each act")
@click.option("--json", "as_json", is_flag=True)
def history_complete_removals(agency: str, reason: str, as_json: bool) -> None:
    """Remove what verify says is left of documents that were kept out (Art. 3.2)."""
    from app import audit

    app = _app()
    with _named():
        done = audit.complete_removals(app, agency, reason, app.config["SETTINGS"].previews)
    for one in () if as_json else done:
        click.echo(f"{one['agency']} document {one['document']}: what was left is removed")
    click.echo(json.dumps({"completed": done}) if as_json else f"completed {len(done)}")


#: what a row can have
_ID = click.IntRange(1, 2**63 - 1)


@history.command("replay")
@click.option("--document", "document_id", type=_ID, default=None)
@click.option("--all", "is_all", is_flag=True, help="every instance")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), default=None, help="only what moved since that day")
@click.option("--agency", default="", help="address of one agency; default: all")
@click.option("--json", "as_json", is_flag=True)
def history_replay(document_id: int | None, is_all: bool, since: Any, agency: str, as_json: bool) -> None:
    """Run histories through a clean engine and compare the state after each act."""
    from app import audit

    if (document_id is None) != is_all:
        raise click.UsageError("say --document ID or --all, one of them")
    with _named():
        _answer(audit.run_again(_app(), slug=agency, document_id=document_id, since=since.date() if since else None),
                as_json, "different")


@contextmanager
def _in_one_step(place: Path) -> Iterator[BinaryIO]:
    """Written beside its place and moved there when it is whole; what was there before stays if it fails."""
    half = place.with_name(f"{place.name}.part")
    if place.is_dir():
        raise click.UsageError(f"{place} is a folder: say a file")
    try:
        target = half.open("wb")
    except OSError as error:
        raise click.UsageError(f"{place} cannot be written: {error.strerror}") from None
    try:
        with target:
            yield target
        half.replace(place)
    finally:
        half.unlink(missing_ok=True)


@history.command("export")
@click.option("--document", "document_id", type=_ID, required=True)
@click.option("--out", type=click.Path(path_type=Path), default=None, help="default: history-<document>.zip")
@click.option("--reason", default="Theo yêu cầu của người vận hành", show_default=True,
              help="why: kept with the act of taking out")
def history_export(document_id: int, out: Path | None, reason: str) -> None:
    """Make the bundle that proves a document's history by itself."""
    from app import audit

    place = out or Path(f"history-{document_id}.zip")
    with _named(), _in_one_step(place) as target:
        audit.bundle(_app(), document_id, target, reason)
    click.echo(f"{place}: python3 -I -S verify.py --trust FOLDER says true (FOLDER: qlvb history trust)")


@history.command("trust")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True)
def history_trust(out: Path) -> None:
    """Write what an auditor checks bundles with: the seal's public key, certificates, verifier. Hand it over once."""
    from app import audit

    click.echo(f"{out}: seal.pem {audit.put_trust(_app(), out)}")


@history.command("mine")
@click.option("--format", "kind", type=click.Choice(["xes", "ocel", "csv"]), required=True)
@click.option("--agency", required=True, help="address of the agency")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), default=None)
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), default=None)
@click.option("--unit", "unit_id", type=_ID, default=None)
@click.option("--kind", "kinds", multiple=True, help="kinds of acts; default: all")
@click.option("--out", type=click.Path(path_type=Path), required=True)
@click.option("--reason", required=True, help="why: kept with the act of taking out")
def history_mine(kind: str, agency: str, since: Any, until: Any, unit_id: int | None, kinds: tuple[str, ...],
                 out: Path, reason: str) -> None:
    """Write an event log for process mining: XES, OCEL 2.0 JSON or CSV."""
    from app import audit

    if since and until and until < since:
        raise click.UsageError("--until is before --since")
    with _named(), _in_one_step(out) as target:
        audit.mine(_app(), agency, kind, target, reason, since=since.date() if since else None,
                   until=until.date() if until else None, unit_id=unit_id, kinds=kinds)
    click.echo(str(out))
