"""A short mail from an agency's official mailbox over SMTP (RFC 5321, 6409), with TLS only (Art. 6.3; security.md S13).

Plain text, one recipient, with the files of a document or none. One without says of itself that software wrote it
(RFC 3834), so that no other software answers. The same mail sent again bears the same Message-ID. What is said is
regulation/incoming/mail_reply.py's and outgoing/by_mail.py's.
"""

import re
import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from app.refusal import Refusal
from app.tools.mailbox import CALL_SECONDS, SECONDS, STARTTLS, trusted
from app.tools.whole_call import Cut, connect

#: what no further try changes: the mail would be the same, and so would the answer
FINAL = frozenset({"recipient", "size", "content"})
#: a mail is too large, or the mailbox full (RFC 5321 4.2.3); a transaction that failed
_TOO_LARGE, _FAILED = 552, 554
#: characters of a server's answer that are kept
_SAID = 300
#: what may stand in In-Reply-To; a stranger wrote it
_ID = re.compile(r"<[!-;=?-~]{1,200}@[!-;=?-~]{1,90}>", re.ASCII)


class PostAway(Refusal):
    """The mail cannot be handed over now; it is tried again later."""

    code, status, article = "post_away", 503, "Art. 6.3"


class PostRefused(Refusal):
    """The server does not take the mail: certificate, login, sender, recipient, size or content."""

    code, status, article = "post_refused", 422, "Art. 6.3"


@dataclass(frozen=True)
class Post:
    """Where mail is handed over, by whom."""

    host: str
    port: int
    security: str
    user_name: str
    #: address in From
    address: str
    #: more authorities that are trusted, PEM; "" = those of the machine
    ca_file: str = ""


@dataclass(frozen=True)
class Letter:
    """One mail, as it will be written; `message_id` with its brackets."""

    to: str
    subject: str
    text: str
    message_id: str
    in_reply_to: str
    at: datetime
    files: "tuple[Enclosed, ...]" = ()


@dataclass(frozen=True)
class Enclosed:
    """A PDF that goes with a mail."""

    name: str
    data: bytes


def own_id(key: str, address: str) -> str:
    """The Message-ID of a mail of ours, made of what makes it one mail."""
    return f"<{key}@{address.rpartition('@')[2] or 'localhost'}>"


def written(post: Post, letter: Letter) -> EmailMessage:
    """The mail itself."""
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = post.address, letter.to, re.sub(r"\s+", " ", letter.subject)[:400]
    mail["Date"], mail["Message-ID"] = format_datetime(letter.at), letter.message_id
    if _ID.fullmatch(letter.in_reply_to):
        mail["In-Reply-To"] = mail["References"] = letter.in_reply_to
    if letter.files:  # a person had it sent, and wants to hear when nobody gets it
        mail["Auto-Submitted"] = "no"
    else:
        mail["Auto-Submitted"], mail["X-Auto-Response-Suppress"] = "auto-replied", "All"
    mail.set_content(letter.text, cte="base64")
    for file in letter.files:
        mail.add_attachment(file.data, maintype="application", subtype="pdf", filename=file.name)
    return mail


def send(post: Post, password: str, letter: Letter) -> None:
    """Hand one mail over. Raises PostAway, PostRefused (facts: `what`, one of FINAL when it need not be tried again,
    and `said`, the server's own words, when it answered).

    PostAway with `what` "unknown": all of the mail went out and no answer came; the server may have it.
    """
    if parseaddr(letter.to)[1] != letter.to:
        raise PostRefused(what="recipient")
    with _told(), Cut(CALL_SECONDS) as cut, _connected(post, cut) as server:
        server.login(post.user_name, password)
        try:
            server.send_message(written(post, letter), post.address, [letter.to])
        except OSError as error:  # the library's errors are some, too
            if not server.has_ended or isinstance(error, smtplib.SMTPResponseException):
                raise
            raise PostAway(what="unknown") from error


class _Smtp(smtplib.SMTP):
    """SMTP over a connection that a cut holds; with `trust` TLS from the first byte."""

    #: whether a whole mail went out
    has_ended = False

    def __init__(self, post: Post, cut: Cut, trust: ssl.SSLContext | None) -> None:
        self._held = cut, trust
        super().__init__(post.host, post.port, timeout=SECONDS)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        """What the library's own SMTP over TLS overrides, too."""
        return connect(host, port, timeout, *self._held)

    def send(self, s: bytes | str) -> None:
        """Nothing but the end of a mail ends so."""
        super().send(s)
        self.has_ended = self.has_ended or s[-5:] == b"\r\n.\r\n"


@contextmanager
def _connected(post: Post, cut: Cut) -> Iterator[_Smtp]:
    trust = trusted(post.ca_file)
    if post.security == STARTTLS:
        server = _Smtp(post, cut, None)
        try:
            server.starttls(context=trust)
        except BaseException:
            server.close()
            raise
    else:
        server = _Smtp(post, cut, trust)
    try:
        yield server
    finally:
        try:
            server.quit()
        except (smtplib.SMTPException, OSError):  # what was taken is taken
            server.close()


#: what a refusal is about, by the library's kind of error
_ABOUT = ((smtplib.SMTPAuthenticationError, "login"), (smtplib.SMTPSenderRefused, "sender"),
          (smtplib.SMTPDataError, "content"))


def _answered(code: int, text: bytes | str, about: str) -> Refusal:
    """The refusal that an answer of the server stands for: "later" may pass by itself (4xx)."""
    words = text.decode(errors="replace") if isinstance(text, bytes) else text
    said = f"{code} {' '.join(words.split())}"[:_SAID]
    if code < 500:
        return PostAway(what="later", said=said)
    if about == "login":
        return PostRefused(what=about, said=said)
    what = {_TOO_LARGE: "size", _FAILED: "content"}.get(code, about)
    return PostRefused(what=what, said=said)


@contextmanager
def _told() -> Iterator[None]:
    """Errors of the library as ours: what may pass by itself, and what a person must mend."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise PostRefused(what="certificate") from error
    except smtplib.SMTPRecipientsRefused as error:
        raise _answered(*next(iter(error.recipients.values())), "recipient") from error
    except smtplib.SMTPResponseException as error:
        about = next((what for kind, what in _ABOUT if isinstance(error, kind)), "server")
        raise _answered(error.smtp_code, error.smtp_error, about) from error
    except smtplib.SMTPNotSupportedError as error:
        raise PostRefused(what="server") from error
    except (smtplib.SMTPException, OSError, ValueError) as error:
        raise PostAway() from error
