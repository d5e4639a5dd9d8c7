"""The command `bin/qlvb recognise`: files -> registration fields with place and confidence (Art. 2.2); no database.

Each file is read in a process of its own, within limits of time and memory: what cannot be read gives a refusal with
its code, and the other files go on. It stores nothing and changes no file.
"""

import json
from pathlib import Path
from typing import Any

import click

from app.refusal import Refusal
from config import Config


@click.command("recognise")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="one JSON object a line, in the order of the files")
@click.option("--agencies", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="names of agencies, one a line: a reading near one becomes it")
@click.option("--fields-only", is_flag=True, help="read only the pages that carry fields; no text")
def recognise(files: tuple[Path, ...], as_json: bool, agencies: Path | None, fields_only: bool) -> None:
    """Read the registration fields of PDF, TIFF, JPEG and PNG files, and of DOCX and ODT.

    Exit code 2: one of the files cannot be read at all; the others are.
    """
    from app.tools import checked
    from app.tools.apart import Apart

    config = Config()
    names, unread = directory(agencies), False
    apart = Apart(config.recognition_seconds, config.recognition_memory_bytes)
    try:
        for file in files:
            try:
                checked.read(file, 0)
                result = {"outcome": "accept", **apart.run(read, file, names, not fields_only)}
            except checked.Unreadable as error:
                unread, result = True, error.checked().as_json()
            except OSError:  # gone meanwhile
                unread, result = True, checked.Unreadable("file_not_readable", file).checked().as_json()
            except Refusal as refusal:
                result = {"outcome": "reject", "code": refusal.code, "message": str(refusal), "facts": refusal.facts}
            _say({"file": str(file), **result}, as_json)
    finally:
        apart.close()
    if unread:
        raise SystemExit(checked.UNREAD)


def directory(agencies: Path | None) -> tuple[str, ...]:
    """The names of agencies in a file, one a line."""
    lines = agencies.read_text("utf-8").splitlines() if agencies else []
    return tuple(line.strip() for line in lines if line.strip())


def read(file: Path, agencies: tuple[str, ...], with_text: bool) -> dict[str, Any]:
    """All fields of one file, and the text of its pages; runs in a process of its own."""
    from app.regulation.recognition import paged
    from app.regulation.recognition import recognise as read_fields
    from app.tools.conversion import Converter
    from app.tools.media import MAX_BYTES, clean_name, sniff
    from app.tools.ocr import Reader

    config = Config()
    with file.open("rb") as opened:
        data = opened.read(MAX_BYTES + 1)
    media_type = sniff(data, clean_name(file.name)).media_type
    data, media_type = paged(Converter(config.conversion_seconds), data, media_type)
    found = read_fields(Reader(config.ocr_seconds), data, media_type, agencies)
    result: dict[str, Any] = {**found.stated(), "page_count": found.page_count}
    return {**result, "text": found.texts()} if with_text else result


def _say(result: dict[str, Any], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False))
        return
    click.echo(f"{result['file']}: {result['outcome']} {result.get('code', '')} {result.get('message', '')}".rstrip())
    for key, value in result.items():
        if isinstance(value, dict) and "confidence" in value:
            doubt = "?" if value["confidence"] < 0.6 else " "
            click.echo(f"  {doubt} {key:16} {value['confidence']:.2f}  {value['value']}")
