"""Commands about what comes by wire: packets judged without storing, the official mailbox (Art. 6.3)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from app.refusal import Refusal
from app.tools import checked
from app.tools.checked import ACCEPT, HOLD, REJECT, Checked
from config import Config


@click.group()
def edxml() -> None:
    """Packets of the exchange."""


@edxml.command("check")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--to", "own_codes", multiple=True, help="organisation code of who reads; default: any")
@click.option("--from", "sender", default="", help="organisation code of who handed it to the axis")
@click.option("--sha256", default="", help="hash that the axis tells")
@click.option("--trust", type=click.Path(exists=True, file_okay=False, path_type=Path),
              help="whom to trust when the packet is signed, as for signature verify; else what this installation does")
@click.option("--json", "as_json", is_flag=True)
def edxml_check(file: Path, own_codes: tuple[str, ...], sender: str, sha256: str, trust: Path | None,
                as_json: bool) -> None:
    """Say whether a packet would be taken in, held for a person or refused, and why; nothing is stored.

    A packet that bears a signature of its own is held when that is not its sender's. Exit code 2: the file cannot be
    read.
    """
    from app.tools.edxml_packet import MAX_BYTES

    try:
        data = checked.read(file, MAX_BYTES)
    except checked.Unreadable as unread:
        click.echo(unread.checked().said(as_json))
        raise SystemExit(checked.UNREAD) from unread
    found = judged(data, own_codes, sender, sha256)
    if found.outcome != REJECT:
        found = with_signature(found, data, trust)
    click.echo(found.said(as_json))


def judged(data: bytes, own_codes: tuple[str, ...] = (), sender: str = "", sha256: str = "") -> Checked:
    """The answer for one packet."""
    import hashlib

    from app.regulation.incoming import keep_out
    from app.regulation.incoming.receive import BARRED_WORDS
    from app.tools import edxml as packets

    if sha256 and hashlib.sha256(data).hexdigest() != sha256.lower():
        return Checked(REJECT, "wrong_hash", packets.sentence("wrong_hash"))
    try:
        packet = packets.read(data, own_codes=own_codes)
        packets.require_sender(packet, [sender] if sender else [])
    except packets.PacketRefused as refusal:
        return Checked(REJECT, str(refusal.facts["code"]), str(refusal.facts["sentence"]))
    fields = {**packet.header(), "files": [
        {"name": one.name, "media_type": one.media_type, "sha256": one.sha256, "size": len(one.data)}
        for one in packet.files]}
    if barred := keep_out.in_packet(packet) if packet.kind == "document" else None:
        code = barred.refusal().code
        return Checked(REJECT, code, BARRED_WORDS[code], {"rule": barred.rule, "page": barred.page})
    odd = [*packet.warnings, *(one.warning for one in packets.judged_files(packet) if one.warning)]
    if odd:
        return Checked(HOLD, odd[0][0], " ".join(sentence for _, sentence in odd), fields)
    return Checked(ACCEPT, fields=fields)


def with_signature(found: Checked, data: bytes, folder: Path | None) -> Checked:
    """What was found of a packet, and of its own signature where it bears one: in the field `signature`."""
    from app.regulation.verdict_reason import VALID
    from app.tools import edxml_signature
    from app.tools.apart import Apart, BrokeReader, TookTooLong
    from app.web.words import sentence

    if not edxml_signature.is_signed(data):
        return replace(found, fields=found.fields | {"signature": None})
    config = Config()
    apart = Apart(config.verification_seconds, config.verification_memory_bytes)
    try:
        told = apart.run(_signature_of, data, folder, found.fields["from_"]["organ_id"])
    except (TookTooLong, BrokeReader) as refusal:
        return Checked(HOLD, refusal.code, sentence(refusal), found.fields)
    except Refusal as refusal:
        raise click.ClickException(f"{refusal.code} {sentence(refusal)}") from refusal
    finally:
        apart.close()
    fields = found.fields | {"signature": told["signature"] | {"reasons": told["reasons"]}}
    if told["verdict"] == VALID:
        return replace(found, fields=fields)
    words = " ".join(filter(None, (*(one["message"] for one in told["reasons"]), found.message)))
    return Checked(HOLD, told["reasons"][0]["code"], words, fields)


def _signature_of(data: bytes, folder: Path | None, sender: str) -> dict[str, Any] | None:
    """Runs in a process of its own."""
    from app.regulation.signature_register import register
    from app.regulation.signature_report import of_packet
    from app.tools.signing_trust import Trust

    pki = Config().pki
    trust = Trust.given(folder) if folder else Trust.of(pki)
    return of_packet(data, trust, register(folder or pki), sender=sender, at=datetime.now(UTC))


@click.group()
def mailbox() -> None:
    """The official mailbox of an agency (IMAP over TLS)."""


@contextmanager
def _behind(slug: str) -> Iterator[Any]:
    """The application, behind the wall of an agency."""
    from app import create_app, set_up

    try:
        with set_up.behind(create_app(), slug) as own:
            yield own
    except set_up.AgencyMissing as refusal:
        raise click.ClickException(f"no agency works here under the address {slug}") from refusal


@mailbox.command("set")
@click.argument("slug")
@click.option("--host", required=True)
@click.option("--port", default=993, show_default=True)
@click.option("--user", "user_name", required=True)
@click.option("--starttls", is_flag=True, help="TLS by STARTTLS; else from the first byte. Never without.")
@click.option("--folder", default="INBOX", show_default=True)
@click.option("--sender", "senders", multiple=True, help='"address" or "@domain", then "=CODE" of its agency if known')
@click.option("--smtp-host", default="", help="where replies to senders are handed over; without it none are sent")
@click.option("--smtp-port", default=465, show_default=True)
@click.option("--smtp-starttls", is_flag=True, help="TLS by STARTTLS; else from the first byte. Never without.")
@click.option("--address", default="", help="the mailbox's own address, for what it sends; default: the user's name")
@click.option("--from", "day", type=click.DateTime(["%Y-%m-%d"]),
              help="take what arrived on this day or later; default: what arrives from now on, or as it was set before")
@click.option("--off", is_flag=True, help="do not look into it")
@click.option("--reason", required=True)
def mailbox_set(slug: str, host: str, port: int, user_name: str, starttls: bool, folder: str,
                senders: tuple[str, ...], smtp_host: str, smtp_port: int, smtp_starttls: bool, address: str,
                day: datetime | None, off: bool, reason: str) -> None:
    """Say where an agency's mailbox is and whose mail comes in by itself; the password goes into a file.

    What lies there already is left alone and nobody is answered for it, unless --from names an earlier day.
    """
    from app.records.calendar import ZONE
    from app.regulation.incoming import mail

    rules = [[who.strip().lower(), code.strip()] for who, _, code in (one.partition("=") for one in senders)]
    if bad := [who for who, _ in rules if "@" not in who]:
        raise click.UsageError(f"no address and no @domain: {', '.join(bad)}")
    values = {"host": host, "port": port, "user_name": user_name, "security": "starttls" if starttls else "tls",
              "folder": folder, "senders": rules, "is_on": not off, "smtp_host": smtp_host, "smtp_port": smtp_port,
              "smtp_security": "starttls" if smtp_starttls else "tls", "address": address or user_name}
    if smtp_host and "@" not in values["address"]:
        raise click.UsageError("--address: what is sent needs an address to come from")
    if day is not None:
        values["taken_from"] = day.replace(tzinfo=ZONE)
    with _behind(slug) as own:
        box = mail.settings(None, own, values, reason, datetime.now(UTC))
        place, since = Config().mailbox_secrets / f"{own.code}.password", box.taken_from
    click.echo(f"password: {place}, readable by its owner alone")
    click.echo(f"mails that arrived before {since.astimezone(ZONE):%Y-%m-%d %H:%M:%S} are left alone, nobody is "
               "answered for them; --from DAY names another day" if since else "all mails that lie there are taken")


@mailbox.command("check")
@click.argument("slug")
def mailbox_check(slug: str) -> None:
    """Log in, count the mails, change nothing."""
    from app import worker_mail
    from app.records import mail as mails
    from app.tools.mailbox import Box, secret

    config = Config()
    with _behind(slug) as own:
        box = mails.mailbox()
        if box is None:
            raise click.ClickException("this agency has no mailbox; see mailbox set")
        try:
            with Box(worker_mail.access(box, config), secret(config.mailbox_secrets, own.code)) as opened:
                every, taken = (len(opened.after(0, 100_000, since)) for since in (None, box.taken_from))
                click.echo(f"reached; {every} mails, {taken} of them of the time from which on mail is taken")
        except Refusal as refusal:
            raise click.ClickException(" ".join([refusal.code, *map(str, refusal.facts.values())])) from refusal
