"""Commands about files that come in; each stores nothing (security.md S7)."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.refusal import Refusal
from app.tools import checked
from app.tools.checked import ACCEPT, HOLD, REJECT, Checked
from config import Config

if TYPE_CHECKING:
    from app.regulation.barred_text import Rule


@click.group()
def intake() -> None:
    """Files that come to the clerk."""


@intake.command("check")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--name", default="", help="judge it as if it bore this name")
@click.option("--agency", "slug", default="", help="by the list of this agency, too (Art. 3.2)")
@click.option("--json", "as_json", is_flag=True)
def check(file: Path, name: str, slug: str, as_json: bool) -> None:
    """Say whether a file would be taken in, held for a person or refused, and why. Exit code 2: it cannot be read."""
    most = Config().max_upload_bytes
    try:
        data = checked.read(file, most)
    except checked.Unreadable as unread:
        click.echo(unread.checked().said(as_json))
        raise SystemExit(checked.UNREAD) from unread
    found = judged(data, name or file.name, most, _rules(slug) if slug else ())
    click.echo((found if found.outcome == REJECT else scanned(found, data)).said(as_json))


def scanned(found: Checked, data: bytes) -> Checked:
    """What was found of a file, and what the scanner says where there is one: of what it does not let go, no more."""
    from app.tools.antivirus import Infected, Scanner, ScannerAway
    from app.web.words import sentence

    try:
        Scanner(Config().antivirus).require_clean("", lambda: data)
    except (Infected, ScannerAway) as refusal:
        return Checked(HOLD, refusal.code, sentence(refusal), found.fields)
    return found


def _rules(slug: str) -> "list[Rule]":
    """What the agency's list says today (Art. 3.2)."""
    from app import create_app, set_up
    from app.regulation.barred_text import Rule
    from app.regulation.incoming import keep_out

    try:
        with set_up.behind(create_app(), slug):
            return [Rule(one.kind, one.text) for one in keep_out.rules(datetime.now(UTC))]
    except set_up.AgencyMissing as refusal:
        raise click.ClickException(f"no agency works here under the address {slug}") from refusal


def judged(data: bytes, name: str, most_bytes: int, rules: "Sequence[Rule]" = ()) -> Checked:
    """The answer for one file; `rules`: the agency's list."""
    from app.regulation.barred_text import PetitionDoubted
    from app.regulation.incoming import keep_out
    from app.tools.arrival import judge
    from app.web.words import sentence

    try:
        found = judge(data, name, most_bytes)
    except Refusal as refusal:
        return Checked(REJECT, refusal.code, sentence(refusal), {"name": name, "size": len(data)})
    if barred := keep_out.in_file(data, name, found.media.media_type, rules):
        return Checked(REJECT, barred.refusal().code, sentence(barred.refusal()),
                       {"name": name, "size": len(data), "rule": barred.rule, "page": barred.page})
    fields = {"name": name, "size": len(data), "media_type": found.media.media_type, "pages": found.media.pages,
              "is_signed": found.is_signed}
    held_for = found.held_for
    if held_for is None and keep_out.is_doubtful(data, found.media.media_type):
        held_for = PetitionDoubted()
    if held_for is not None:
        return Checked(HOLD, held_for.code, sentence(held_for), fields)
    return Checked(ACCEPT, fields=fields)
