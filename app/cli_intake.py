"""Commands about files that come in; each stores nothing (security.md S7)."""

import json
from pathlib import Path

import click

from app.refusal import Refusal
from app.tools.checked import ACCEPT, HOLD, REJECT, Checked
from config import Config


@click.group()
def intake() -> None:
    """Files that come to the clerk."""


@intake.command("check")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--name", default="", help="judge it as if it bore this name")
@click.option("--json", "as_json", is_flag=True)
def check(file: Path, name: str, as_json: bool) -> None:
    """Say whether a file would be taken in, held for a person or refused, and why."""
    most = Config().max_upload_bytes
    with open(file, "rb") as stream:
        found = judged(stream.read(most + 1), name or file.name, most)
    if as_json:
        click.echo(json.dumps(found.as_json(), ensure_ascii=False))
    else:
        click.echo(" ".join(filter(None, (found.outcome, found.code, found.message))))


def judged(data: bytes, name: str, most_bytes: int) -> Checked:
    """The answer for one file."""
    from app.tools.arrival import judge
    from app.web.words import sentence

    try:
        found = judge(data, name, most_bytes)
    except Refusal as refusal:
        return Checked(REJECT, refusal.code, sentence(refusal), {"name": name, "size": len(data)})
    fields = {"name": name, "size": len(data), "media_type": found.media.media_type, "pages": found.media.pages,
              "is_signed": found.is_signed}
    if found.held_for is not None:
        return Checked(HOLD, found.held_for.code, sentence(found.held_for), fields)
    return Checked(ACCEPT, fields=fields)
