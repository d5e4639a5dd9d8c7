"""The commands of `bin/qlvb diagram` that need no database: check a file, evaluate an expression (Art. 10.2).

They print what the editor shows; with `--json` exactly `{"ok", "findings"}` and `{"ok", "value", "message"}`, and they
end with 1 when something is wrong. They publish nothing.
"""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

_ROOT = Path(__file__).resolve().parents[1]
_KINDS = {".bpmn": "bpmn", ".dmn": "dmn", ".json": "form"}
#: how a file of scenarios ends, beside the forms
_CASE = ".case.json"
#: no file of a release is larger (drawing.py, decision_read.py, form_read.py have limits of their own)
_MAX_BYTES = 2 * 1024 * 1024


@click.command("check")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--with", "others", multiple=True, type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="forms, tables, other procedures; what is not given is as shipped")
@click.option("--json", "as_json", is_flag=True)
def check(file: Path, others: tuple[Path, ...], as_json: bool) -> None:
    """Say everything that is wrong with a diagram, a form, a table or saved scenarios."""
    found = findings(file, others)
    ok = not any(finding["severity"] == "error" for finding in found)
    if as_json:
        click.echo(json.dumps({"ok": ok, "findings": found}, ensure_ascii=False))
    else:
        for finding in found:
            click.echo("{severity:8} {rule:10} {element:24} {message}".format(**finding))
        click.echo("ok" if ok else "not ok")
    raise SystemExit(0 if ok else 1)


@click.command("expression", context_settings={"ignore_unknown_options": True})  # "-1" is an expression
@click.argument("text")
@click.option("--data", default="{}", help="instance data as a JSON object")
@click.option("--json", "as_json", is_flag=True)
def expression(text: str, data: str, as_json: bool) -> None:
    """Evaluate an expression of diagrams, tables and forms."""
    found = evaluated(text, data)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
    else:
        click.echo(json.dumps(found["value"], ensure_ascii=False) if found["ok"] else found["message"])
    raise SystemExit(0 if found["ok"] else 1)


def findings(file: Path, others: tuple[Path, ...]) -> list[dict[str, Any]]:
    """The findings of one file among others and what is shipped, as plain values."""
    from app import register_articles
    from app.engine.check import check_among
    from app.engine.diagram import shipped
    from app.engine.drawing import shown

    register_articles()
    given: dict[str, bytes] = {}
    for path in (file, *others):
        if path.suffix not in _KINDS:
            return [_refused(f"Không nhận tệp “{shown(path.name)}”: chỉ nhận .bpmn, .dmn và .json.")]
        text = _read(path)
        name = f"case:{path.name[:-len(_CASE)]}" if path.name.endswith(_CASE) \
            else f"{_KINDS[path.suffix]}:{_key(path, text)}"
        if name in given:
            return [_refused(f"Tệp “{shown(path.name)}” trùng mã “{shown(name)}” với một tệp đã đưa. "
                             "Hãy chỉ đưa một tệp cho mỗi mã.")]
        given[name] = text
    first = next(iter(given))
    if first.startswith("case:"):
        return _of_scenarios({**shipped(_ROOT), **given}, first[5:])
    reports = check_among({**shipped(_ROOT), **given}, *given)
    found = [finding.as_json() for report in reports.values() for finding in report.findings]
    return list({json.dumps(finding): finding for finding in found}.values())


def _of_scenarios(files: dict[str, bytes], key: str) -> list[dict[str, Any]]:
    """What saved scenarios say of their procedure: those that fail, or why the file holds none."""
    from app.engine.scenario import run_all

    if f"bpmn:{key}" not in files:
        return [_refused(f"Không có sơ đồ “{key[:80]}” cho tệp kịch bản này.")]
    return [_refused(f"{one.name}: {one.sentence}") | {"rule": "scenario", "element": one.element}
            for one in run_all(files, key).failures]


def _read(path: Path) -> bytes:
    """At most one byte more than is ever taken."""
    with path.open("rb") as opened:
        return opened.read(_MAX_BYTES + 1)


def _key(path: Path, text: bytes) -> str:
    """A procedure's key is the id of its process, where it can be read; else the file's name."""
    from app.engine.dialect import survey

    drawing = survey(text)[0] if path.suffix == ".bpmn" else None
    return drawing.key if drawing else path.stem


def _refused(sentence: str) -> dict[str, Any]:
    return {"rule": "file", "severity": "error", "element": "", "label": "", "article": "", "message": sentence,
            "path": []}


def evaluated(text: str, data: str) -> dict[str, Any]:
    """{"ok", "value", "message"} of an expression over a JSON object."""
    from app.engine import language
    from app.refusal import Refusal

    if not _is_text(text):
        return {"ok": False, "value": None, "message": "Biểu thức có ký tự không dùng được."}
    try:
        given = json.loads(data, parse_float=Decimal)
        if not _is_text(json.dumps(given, ensure_ascii=False, default=str)):
            raise ValueError("half a character")
    except (ValueError, RecursionError):
        return {"ok": False, "value": None, "message": "Dữ liệu (--data) không phải là JSON đúng."}
    if not isinstance(given, dict):
        return {"ok": False, "value": None, "message": "Dữ liệu (--data) phải là một đối tượng JSON."}
    try:
        parsed = language.parse(text.removeprefix("="))
        if unknown := sorted(parsed.names - given.keys()):
            return {"ok": False, "value": None, "message": f"Không có tên “{unknown[0]}” trong dữ liệu."}
        return {"ok": True, "value": _plain(parsed.evaluate(given, datetime.now(UTC))), "message": ""}
    except Refusal as refused:
        return {"ok": False, "value": None, "message": str(refused.facts.get("message") or refused)}


def _is_text(text: str) -> bool:
    """Whole characters only: half of a pair (`\\ud800`) cannot be written anywhere."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _plain(value: Any) -> Any:
    """A value of the language as JSON: decimals, dates and lengths of time as text."""
    from app.engine.language import Months

    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, timedelta):
        return f"PT{int(value.total_seconds())}S"
    if isinstance(value, Months):
        years, months = divmod(abs(value.count), 12)
        sign, whole = "-" if value.count < 0 else "", f"{years}Y" if years else ""
        return f"{sign}P{whole}{months}M" if months or not years else f"{sign}P{whole}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)
