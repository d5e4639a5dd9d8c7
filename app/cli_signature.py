"""The commands `bin/qlvb signature`: the verdict over a PDF's signatures (Art. 3.3, 6.3); pretended services.

The file is read in a process of its own, within limits of time and memory. It goes to no network and changes nothing.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from app.refusal import Refusal
from config import Config


@click.group()
def signature() -> None:
    """Digital signatures."""


@signature.command("verify")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--trust", type=click.Path(exists=True, file_okay=False, path_type=Path),
              help="roots/, intermediates/, tsa/, crl/, ocsp/, register.json; else what this installation trusts")
@click.option("--agency", "slug", default="", help="whose own trust list and register count (Danh sách tin cậy)")
@click.option("--sender", default="", help="the code of the agency that the document is from")
@click.option("--signer", default="", help="the full name that the document prints as its signer's")
@click.option("--at", "moment", default="", help="the moment of the check, ISO 8601; else now")
@click.option("--json", "as_json", is_flag=True)
def verify(file: Path, trust: Path | None, slug: str, sender: str, signer: str, moment: str, as_json: bool) -> None:
    """Say whether the signatures of a PDF make it valid by Art. 3.3, and what Art. 6.3 says to do next.

    Exit 0 whatever the verdict is; not 0 when none could be given, because a setting cannot be read: with --json,
    {"error": {"code", "message", "message_en", "facts"}}.
    """
    at = _moment(moment)
    if trust and slug:
        raise click.UsageError("--trust and --agency: one or the other")
    try:
        found = judged(file, trust, {"sender": sender, "signer": signer, "at": at}, _own(slug, at) if slug else None)
    except Refusal as refusal:
        from app.web.words import sentence

        if as_json:
            click.echo(json.dumps({"error": {"code": refusal.code, "message": sentence(refusal), "message_en":
                                             str(refusal), "facts": refusal.facts}}, ensure_ascii=False))
            raise click.exceptions.Exit(1) from refusal
        told = refusal.code, sentence(refusal), *map(str, refusal.facts.values())
        raise click.ClickException(" ".join(told)) from refusal
    click.echo(json.dumps(found, ensure_ascii=False) if as_json else _words(found))


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text) if text else datetime.now(UTC)
    except ValueError:
        found = datetime.min
    if not 2000 <= found.year <= 2100:  # no signature is older, no certificate lives longer
        raise click.BadParameter("no moment in ISO 8601 of the years 2000 to 2100", param_hint="--at")
    return found if found.tzinfo else found.astimezone()


def _own(slug: str, at: datetime) -> dict[str, Any]:
    """What two people put into the list of an agency: its anchors, and the senders that it registered."""
    from app import create_app, set_up
    from app.records import trust_anchor

    try:
        with set_up.behind(create_app(), slug):
            return {"anchors": trust_anchor.believed(), "senders": trust_anchor.senders(at)}
    except set_up.AgencyMissing as refusal:
        raise click.ClickException(f"no agency works here under the address {slug}") from refusal


def judged(file: Path, trust: Path | None, about: dict[str, Any], own: dict[str, Any] | None = None) -> dict[str, Any]:
    """The answer for one file; `about`: sender, signer and at, as of `signature_report.report`; `own`: an agency's own
    list. Raises TrustUnreadable, RegisterUnreadable.
    """
    from app.regulation.signature_report import refused
    from app.tools.apart import Apart, BrokeReader, TookTooLong
    from app.web.words import sentence

    config = Config()
    if (size := file.stat().st_size) > config.max_upload_bytes:
        most = config.max_upload_bytes // 1024 // 1024
        return refused("too_large", f"Tệp lớn {size // 1024 // 1024} MB; hệ thống kiểm tra tệp đến {most} MB.",
                       f"The file has {size // 1024 // 1024} MB; files of up to {most} MB are checked.")
    apart = Apart(config.verification_seconds, config.verification_memory_bytes)
    try:
        found: dict[str, Any] = apart.run(_read, file, trust, about, own or {})
    except (TookTooLong, BrokeReader) as refusal:
        return refused(refusal.code, sentence(refusal), refusal.__doc__ or "")
    finally:
        apart.finish()  # one that was stuck is gone already
    return found


def _read(file: Path, folder: Path | None, about: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """Runs in a process of its own."""
    from app.regulation.signature_register import of_lists, register
    from app.regulation.signature_report import report
    from app.tools.signing_trust import Trust

    trust = Trust.given(folder) if folder else Trust.of(Config().pki)
    if own.get("anchors") is not None:
        trust = trust.only(own["anchors"])
    known = of_lists(own.get("senders", ()), register(folder or Config().pki))
    found = report(file.read_bytes(), trust, known, **about)
    return found | ({"ignored": list(trust.ignored)} if trust.ignored else {})


def _words(found: dict[str, Any]) -> str:
    lines = [f"{found['verdict']} -> {found['handling']}"]
    lines += [f"  {one['code']}: {one['message']}" for one in found["reasons"]]
    lines += [f"  ignored: {one}" for one in found.get("ignored", ())]
    lines += [f"  [{one['role']}] {one['signer']}, {one['organ']}, {one['signed_at']} ({one['time_proof']})"
              for one in found["signatures"]]
    return "\n".join(lines)


@signature.command("service")
@click.option("--port", type=int, default=8987, show_default=True)
@click.option("--pin", required=True, help="what the signer would type into the dialog of the service")
def service(port: int, pin: str) -> None:
    """Run pretended signing services over the demo's keys: at the signer's computer, and remote (CSC API v1)."""
    from app.demo import signing_service

    config = Config()
    if config.production:
        raise click.ClickException("QLVB_ENV=production: pretended services do not start there.")
    signing_service.main(config.pki, config.csc_token, port, pin)
