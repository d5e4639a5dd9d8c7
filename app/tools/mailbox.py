"""The official mailbox of one agency over IMAP (Art. 6.3; RFC 3501), as its reader: TLS only, nothing is deleted.

Speaks to one configured host. A mail is fetched without changing it and marked as seen only when it was taken in. It
reads no mail (mail_read.py) and keeps nothing.
"""

import imaplib
import re
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from types import TracebackType

from app.refusal import Refusal
from app.tools.whole_call import Cut, connect

#: longest silence, and longest call with all that it brings, seconds: 50 MB at 1.5 Mbit/s
SECONDS, CALL_SECONDS = 30, 300
#: how long a look goes on to another mail, seconds; the rest has the next one
LOOK_SECONDS = 600
#: IMAP over TLS from the first byte, or by STARTTLS
TLS, STARTTLS = "tls", "starttls"
_UID, _SIZE = re.compile(rb"\bUID (\d+)"), re.compile(rb"RFC822\.SIZE (\d+)")
_CAME = re.compile(rb'INTERNALDATE "([^"]{1,60})"')
#: mails that are asked for by one command
_AT_ONCE = 500
#: months as IMAP writes them
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


class MailboxAway(Refusal):
    """The mailbox cannot be reached; it is asked again later."""

    code, status, article = "mailbox_away", 503, "Art. 6.3"


class MailboxRefused(Refusal):
    """The mailbox does not let us in: certificate, name, password or folder."""

    code, status, article = "mailbox_refused", 422, "Art. 6.3"


class SecretMissing(Refusal):
    """The file with the mailbox's password is not there, or others may read it."""

    code, status = "mailbox_secret_missing", 409


@dataclass(frozen=True)
class Access:
    """Where a mailbox is and who reads it; the password comes apart."""

    host: str
    port: int
    user_name: str
    security: str = TLS
    folder: str = "INBOX"
    #: more authorities that are trusted, PEM; "" = those of the machine
    ca_file: str = ""


def secret(folder: Path, agency_code: str) -> str:
    """The password of an agency's mailbox: `<folder>/<code>.password`, which nobody else may read (security.md S13).

    Raises SecretMissing.
    """
    path = folder / f"{re.sub(r'[^A-Za-z0-9.]', '_', agency_code)}.password"
    try:
        if path.stat().st_mode & 0o077:
            raise SecretMissing(path=str(path))
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SecretMissing(path=str(path)) from error


class Box:
    """One open mailbox; use as a context manager. Raises MailboxAway, MailboxRefused."""

    def __init__(self, access: Access, password: str) -> None:
        """Connect, log in, open the folder."""
        self._ends = time.monotonic() + LOOK_SECONDS
        with _told(), Cut(CALL_SECONDS) as cut:
            self._imap = _connect(access, cut)
        try:
            with self._call():
                self._imap.login(access.user_name, password)
                status, _ = self._imap.select(_quoted(access.folder))
                if status != "OK":
                    raise MailboxRefused(what="folder")
                found = self._imap.response("UIDVALIDITY")[1]
                #: another value: the mailbox was made anew, its numbers mean other mails
                self.validity = int(found[0]) if found and found[0] else 0
        except Refusal:
            self.close()
            raise

    @property
    def has_time(self) -> bool:
        """Whether the look may go on to another mail."""
        return time.monotonic() < self._ends

    def __enter__(self) -> "Box":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Leave; a connection that is lost already is no error."""
        with suppress(Refusal), self._call():
            self._imap.logout()
        with suppress(OSError):  # as it is after a logout
            self._imap.shutdown()

    @contextmanager
    def _call(self) -> Iterator[None]:
        with _told(), Cut(CALL_SECONDS) as cut:
            cut.hold(self._imap.sock)
            yield

    def after(self, uid: int, most: int, since: datetime | None = None) -> list[tuple[int, int]]:
        """(uid, size in bytes) of the mails above `uid`, lowest first, at most so many; `since`: that the server has
        had since then.
        """
        wanted = f"UID {uid + 1}:*"
        if since is not None:  # by days of the server, wherever it is; by the second below
            day = since.astimezone(UTC) - timedelta(days=1)
            wanted += f" SINCE {day.day}-{_MONTHS[day.month - 1]}-{day.year}"
        found: list[tuple[int, int]] = []
        with self._call():
            uids = sorted(n for n in map(int, (self._uid("SEARCH", wanted)[0] or b"").split()) if n > uid)
            for n in range(0, len(uids), _AT_ONCE):
                found += self._sizes(uids[n:n + _AT_ONCE], since)
                if len(found) >= most:
                    break
        return found[:most]

    def _sizes(self, uids: list[int], since: datetime | None) -> list[tuple[int, int]]:
        found = []
        for line in self._uid("FETCH", ",".join(map(str, uids)), "(UID RFC822.SIZE INTERNALDATE)"):
            text = b" ".join(line) if isinstance(line, tuple) else line or b""
            uid, size = _UID.search(text), _SIZE.search(text)
            if uid and size and (since is None or _came(text, since) >= since):
                found.append((int(uid[1]), int(size[1])))
        return sorted(found)

    def fetch(self, uid: int, most_bytes: int) -> bytes | None:
        """The first `most_bytes` of a mail as it lies there, not marked as seen; None when it is gone."""
        return self._peek(uid, f"BODY.PEEK[]<0.{most_bytes}>")

    def fetch_head(self, uid: int, most_bytes: int) -> bytes | None:
        """The same of its headers alone."""
        return self._peek(uid, f"BODY.PEEK[HEADER]<0.{most_bytes}>")

    def _peek(self, uid: int, what: str) -> bytes | None:
        with self._call():
            for line in self._uid("FETCH", str(uid), f"({what})"):
                if isinstance(line, tuple):
                    return line[1]
        return None

    def named(self, message_id: str) -> list[int]:
        """The uids of the mails with this Message-ID."""
        if not message_id or not message_id.isascii() or not message_id.isprintable():
            return []
        with self._call():
            found = self._uid("SEARCH", "HEADER", "Message-ID", _quoted(message_id))
        return [int(n) for n in (found[0] or b"").split()]

    def mark(self, uid: int) -> None:
        """Mark as seen, so that who looks into the mailbox sees what was taken in."""
        with self._call():
            self._uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Seen)")

    def _uid(self, command: str, *arguments: str) -> list:
        status, data = self._imap.uid(command, *arguments)
        if status != "OK":
            raise imaplib.IMAP4.error(f"{command}: {status}")
        return data


def trusted(ca_file: str) -> ssl.SSLContext:
    """TLS to a mail server whose certificate and name are checked (security.md S13); `ca_file`: authorities more."""
    found = ssl.create_default_context()
    found.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file:
        found.load_verify_locations(ca_file)
    return found


class _Imap(imaplib.IMAP4):
    """IMAP over a connection that a cut holds; with `trust` TLS from the first byte."""

    def __init__(self, access: Access, cut: Cut, trust: ssl.SSLContext | None) -> None:
        self._held = cut, trust
        super().__init__(access.host, access.port, SECONDS)

    def open(self, host: str = "", port: int = 0, timeout: float | None = None) -> None:
        """The library's way to another connection than its own."""
        self.host, self.port = host, port
        cut, trust = self._held
        self.sock = connect(host, port, timeout or SECONDS, cut, trust)
        self.file = self.sock.makefile("rb")


def _connect(access: Access, cut: Cut) -> imaplib.IMAP4:
    trust = trusted(access.ca_file)
    if access.security != STARTTLS:
        return _Imap(access, cut, trust)
    plain = _Imap(access, cut, None)
    try:
        plain.starttls(trust)
    except BaseException:
        with suppress(OSError):
            plain.shutdown()
        raise
    return plain


def _came(line: bytes, otherwise: datetime) -> datetime:
    """When the server got the mail; one that does not say so is not lost for it."""
    said = _CAME.search(line)
    try:
        found = parsedate_to_datetime(said[1].decode("ascii").strip()) if said else otherwise
    except ValueError:
        return otherwise
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _quoted(text: str) -> str:
    return '"' + re.sub(r'([\\"])', r"\\\1", re.sub(r"[\r\n\0]", "", text)) + '"'


@contextmanager
def _told() -> Iterator[None]:
    """Errors of the library as ours: what may pass by itself, and what a person must mend."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise MailboxRefused(what="certificate") from error
    except imaplib.IMAP4.abort as error:
        raise MailboxAway() from error
    except imaplib.IMAP4.error as error:
        raise MailboxRefused(what="login") from error
    except (OSError, EOFError, ValueError) as error:
        raise MailboxAway() from error
