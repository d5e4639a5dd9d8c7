"""The commands `bin/qlvb signature`: the verdict over a PDF's signatures (Art. 3.3, 6.3); pretended services.

The file is read in a process of its own, within limits of time and memory. It goes to no network and changes nothing.
"""

import json
from collections.abc import Iterable
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
              help="roots/, intermediates/, tsa/, crl/, ocsp/, register.json; else what this installation trusts. It "
                   "needs no database, and does not go together with --agency.")
@click.option("--agency", "slug", default="",
              help="the address of an agency that works here: its own trust list and register count (Danh sách tin "
                   "cậy), beside it the installation's register. Left out, without --trust: the one "
                   "agency that works here, if it is one.")
@click.option("--sender", default="",
              help="the code of the agency that the document is from, with --trust as with --agency; else the "
                   "registered agency that signed last")
@click.option("--signer", default="", help="the full name that the document prints as its signer's")
@click.option("--at", "moment", default="",
              help="the moment of the check, ISO 8601, in Viet Nam's time where it names no zone, else now; the lists "
                   "count as they stand now")
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
        own, asked = ({}, {}) if trust else _lists(slug, at)
        found = judged(file, trust, {"sender": sender, "signer": signer, "at": at}, own) | asked
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
    from app.records.calendar import ZONE

    try:
        found = datetime.fromisoformat(text) if text else datetime.now(UTC)
    except ValueError:
        found = datetime.min
    if not 2000 <= found.year <= 2100:  # no signature is older, no certificate lives longer
        raise click.BadParameter("no moment in ISO 8601 of the years 2000 to 2100", param_hint="--at")
    return found if found.tzinfo else found.replace(tzinfo=ZONE)


#: why no agency's own list was asked, in both languages; {slugs}: of the agencies that there are
_NOT_ASKED = {
    "several": ("Nơi này có nhiều cơ quan làm việc ({slugs}): chưa hỏi danh sách tin cậy riêng của cơ quan nào; thêm "
                "--agency và một trong các địa chỉ đó.",
                "Several agencies work here ({slugs}): the trust list of none was asked; give --agency and one of "
                "them."),
    "none": ("Chưa có cơ quan nào làm việc tại đây: chỉ hỏi danh sách của nơi cài đặt.",
             "No agency works here yet: only the lists of the installation were asked."),
    "away": ("Cơ sở dữ liệu không chạy: chưa hỏi danh sách tin cậy riêng của cơ quan nào, chỉ hỏi danh sách của nơi "
             "cài đặt.", "The database does not run: the trust list of no agency was asked, only the lists of the "
             "installation."),
}


def _lists(slug: str, at: datetime) -> tuple[dict[str, Any], dict[str, Any]]:
    """What two people put into the list of an agency, its anchors and the senders that it registered; and {"lists":
    whose it is, or why nobody's}. Without a slug that of the one agency that works here, where the database runs.

    Raises DatabaseMissing, when one is named.
    """
    from sqlalchemy.exc import DBAPIError

    from app import set_up
    from app.db.embedded import DatabaseMissing, DatabaseOfOtherVersion

    try:
        return _asked(slug, at)
    except set_up.AgencyMissing as refusal:
        raise click.ClickException(f"no agency works here under the address {slug}") from refusal
    except (DatabaseMissing, DatabaseOfOtherVersion, DBAPIError) as error:
        if slug:
            raise DatabaseMissing() from error
        return {}, _nobodys("away")


def _asked(slug: str, at: datetime) -> tuple[dict[str, Any], dict[str, Any]]:
    from app import create_app, set_up
    from app.db.embedded import Cluster
    from app.records import trust_anchor

    config = Config()
    if not slug and not config.database_url and not Cluster(config.data).running():
        return {}, _nobodys("away")  # it is not started for this
    app = create_app(config)
    if not slug:
        slugs = set_up.served(app)
        if len(slugs) != 1:
            return {}, _nobodys("several" if slugs else "none", slugs)
        [slug] = slugs
    with set_up.behind(app, slug):
        own = {"anchors": trust_anchor.believed(), "senders": trust_anchor.senders(at)}
    return own, {"lists": {"agency": slug, "message": "", "message_en": ""}}


def _nobodys(why: str, slugs: Iterable[str] = ()) -> dict[str, Any]:
    message, message_en = (one.replace("{slugs}", ", ".join(slugs)) for one in _NOT_ASKED[why])
    return {"lists": {"agency": "", "message": message, "message_en": message_en}}


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
    lines += [f"  lists: {lists['agency'] or lists['message']}"] if (lists := found.get("lists")) else []
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
