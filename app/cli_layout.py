"""The command `bin/qlvb layout check`: drafts (DOCX) held against the layout of NĐ 30/2020 (Art. 3.1.đ); no database.

What cannot be read gives a refusal with its code, and the other files go on. It changes no file.
"""

import json
from pathlib import Path
from typing import Any

import click

from app.refusal import Refusal


@click.group()
def layout() -> None:
    """The form of drafts."""


@layout.command("check")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--type", "type_name", default="", help="the kind that each should be, by its name")
@click.option("--json", "as_json", is_flag=True, help="one JSON object a line, in the order of the files")
def check(files: tuple[Path, ...], type_name: str, as_json: bool) -> None:
    """Say what is not right in the form of drafts; exit 1 when there is an error, or a file cannot be read."""
    told = [_judge(file, type_name) for file in files]
    for one in told:
        click.echo(json.dumps(one, ensure_ascii=False) if as_json else _words(one))
    if any("code" in one or any(found["severity"] == "error" for found in one["findings"]) for one in told):
        raise SystemExit(1)


def _judge(file: Path, type_name: str) -> dict[str, Any]:
    from app.regulation import layout_check
    from app.tools.media import MAX_BYTES, clean_name, sniff

    try:
        with file.open("rb") as opened:
            data = opened.read(MAX_BYTES + 1)
        sniff(data, clean_name(file.name))
        found = layout_check.check(data, type_name)
    except Refusal as refusal:
        return {"file": str(file), "code": refusal.code, "message": str(refusal), "facts": refusal.facts}
    except OSError as error:
        return {"file": str(file), "code": "file_not_readable", "message": error.strerror or str(error)}
    return {"file": str(file), "findings": [one.as_json() for one in found]}


def _words(one: dict[str, Any]) -> str:
    if "code" in one:
        return f"{one['file']}: {one['code']} {one['message']}"
    lines = [f"{one['file']}: {len(one['findings']) or 'no'} finding{'s' * (len(one['findings']) > 1)}"]
    lines += [f"  {found['severity']:7} {found['rule']:14} {found['where']}: {found['is']} -> {found['should']} "
              f"({found['article']}{', can be repaired' if found['repair'] else ''})" for found in one["findings"]]
    return "\n".join(lines)
