"""A real Dovecot of Debian for tests: own folder, own certificates, one user, started without rights; IMAP over TLS.

And a real SMTP server (aiosmtpd) beside it."""

import email
import email.policy
import os
import pwd
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

PASSWORD = "mat-khau-hop-thu"
DOVECOT = shutil.which("dovecot") or "/usr/sbin/dovecot"
_CONF = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = required
ssl_cert = <{folder}/server.pem
ssl_key = <{folder}/server.key
ssl_min_protocol = TLSv1.2
mail_location = maildir:{folder}/mail
first_valid_uid = 1
first_valid_gid = 0
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/home
}}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {port}
  }}
}}
"""


@dataclass
class Dovecot:
    """A running server."""

    folder: Path
    port: int
    ca_file: Path

    def put(self, raw: bytes | EmailMessage, at: datetime | None = None) -> None:
        """Deliver a mail: a file in the maildir, as a delivery agent does; `at`: when it came, if not now."""
        data = raw if isinstance(raw, bytes) else raw.as_bytes()
        new = self.folder / "mail" / "new"
        name = f"{time.time_ns()}.{len(list(new.iterdir()))}.test"
        (self.folder / "mail" / "tmp" / name).write_bytes(data)
        _own(self.folder / "mail" / "tmp" / name)
        if at is not None:
            os.utime(self.folder / "mail" / "tmp" / name, (at.timestamp(), at.timestamp()))
        os.rename(self.folder / "mail" / "tmp" / name, new / name)

    def make_anew(self) -> None:
        """The mailbox gets another UIDVALIDITY and other numbers; the mails stay."""
        for name in ("dovecot-uidlist", "dovecot.index", "dovecot.index.log", "dovecot.index.cache"):
            (self.folder / "mail" / name).unlink(missing_ok=True)
        for path in self.folder.glob("mail/dovecot-uidvalidity*"):
            path.unlink()

    def seen(self) -> int:
        """How many mails are marked as seen."""
        return sum(1 for path in (self.folder / "mail" / "cur").iterdir() if "S" in path.name.rpartition(":2,")[2])

    def count(self) -> int:
        """How many mails lie there."""
        return sum(len(list((self.folder / "mail" / sub).iterdir())) for sub in ("cur", "new"))


def _account() -> pwd.struct_passwd:
    """Whoever runs the tests; root hands it to nobody."""
    return pwd.getpwuid(os.getuid()) if os.getuid() else pwd.getpwnam("nobody")


def _own(path: Path) -> None:
    if not os.getuid():
        os.chown(path, _account().pw_uid, _account().pw_gid)


def _certificates(folder: Path) -> None:
    """An authority of its own, and a certificate for "localhost" by it."""
    now = datetime.now(UTC)
    ca_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test mail CA")])
    ca = x509.CertificateBuilder().subject_name(ca_name).issuer_name(ca_name).public_key(ca_key.public_key())
    ca = ca.serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=9))
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    ca = ca.add_extension(x509.BasicConstraints(True, None), True).add_extension(usage, True)
    ca = ca.add_extension(x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key()), False)
    found = ca.sign(ca_key, hashes.SHA256())
    own = x509.CertificateBuilder().subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]))
    own = own.issuer_name(ca_name).public_key(key.public_key()).serial_number(2)
    own = own.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=9))
    own = own.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)
    own = own.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), False)
    own = own.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
    pem = serialization.Encoding.PEM
    (folder / "ca.pem").write_bytes(found.public_bytes(pem))
    (folder / "server.pem").write_bytes(own.sign(ca_key, hashes.SHA256()).public_bytes(pem))
    (folder / "server.key").write_bytes(key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))


@contextmanager
def dovecot(folder: Path) -> Iterator[Dovecot]:
    """A server on a free port until the block ends."""
    import grp

    for name in ("run", "state", "home", "mail", "mail/cur", "mail/new", "mail/tmp"):
        (folder / name).mkdir(parents=True)
    _certificates(folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    account = _account()
    (folder / "conf").write_text(_CONF.format(
        folder=folder, port=port, password=PASSWORD, user=account.pw_name, uid=account.pw_uid, gid=account.pw_gid,
        group=grp.getgrgid(account.pw_gid).gr_name))
    for path in (folder, *folder.rglob("*")):
        _own(path)
    who = {} if os.getuid() else {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    process = subprocess.Popen([DOVECOT, "-F", "-c", str(folder / "conf")], **who)
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert process.poll() is None, (folder / "log").read_text()
            time.sleep(0.05)
        yield Dovecot(folder, port, folder / "ca.pem")
    finally:
        process.terminate()
        process.wait(10)


@dataclass
class Line:
    """A line to a server that runs; while `is_slow` is set, what the server says drips, a byte every 50 ms."""

    port: int
    is_slow: threading.Event


@contextmanager
def line_to(port: int) -> Iterator[Line]:
    """Until the block ends."""
    entry, is_over = socket.create_server(("127.0.0.1", 0)), threading.Event()
    line = Line(entry.getsockname()[1], threading.Event())

    def pump(source: socket.socket, sink: socket.socket, drips: bool) -> None:
        with suppress(OSError), source, sink:
            while data := source.recv(65536):
                for piece in ([data[n:n + 1] for n in range(len(data))] if drips and line.is_slow.is_set() else [data]):
                    sink.sendall(piece)
                    if len(piece) < len(data) and is_over.wait(0.05):
                        return

    def serve() -> None:
        with suppress(OSError):  # closed
            while True:
                caller = entry.accept()[0]
                caller.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                server = socket.create_connection(("127.0.0.1", port))
                for ends in ((caller, server, False), (server, caller, True)):
                    threading.Thread(target=pump, args=ends, daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield line
    finally:
        is_over.set()
        entry.close()


@dataclass
class Post:
    """A real SMTP server that keeps what it was given; `refuse` is what it says to the next recipients, `refuse_data`
    to the next mails, `refuse_login` to who logs in.
    """

    port: int
    mails: list[EmailMessage]
    refuse: list[str]
    refuse_data: list[str] = field(default_factory=list)
    refuse_login: list[str] = field(default_factory=list)

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.refuse:
            return self.refuse.pop()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if self.refuse_data:
            return self.refuse_data.pop()
        self.mails.append(email.message_from_bytes(envelope.original_content, policy=email.policy.default))
        return "250 OK"


@contextmanager
def smtp(folder: Path) -> Iterator[Post]:
    """aiosmtpd on a free port with the certificate of `dovecot`, TLS from the first byte, one name and password."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        post = Post(free.getsockname()[1], [], [])

    def is_let_in(server, session, envelope, mechanism, data):
        if post.refuse_login:
            return AuthResult(success=False, handled=False, message=post.refuse_login[0])
        return AuthResult(success=(data.login, data.password) == (b"stc", PASSWORD.encode()))

    running = Controller(post, hostname="127.0.0.1", port=post.port, ssl_context=context, authenticator=is_let_in,
                         auth_required=True, auth_require_tls=False)
    running.start()
    try:
        yield post
    finally:
        running.stop()


def letter(*files: tuple[str, bytes], sender: str = "Văn thư <vanthu@vpubnd.example>", subject: str = "Gửi công văn",
           message_id: str = "", text: str = "Kính gửi quý cơ quan.") -> EmailMessage:
    """A mail with files."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, "stc@example", subject
    mail["Date"] = "Wed, 25 Nov 2026 08:00:00 +0700"
    mail["Message-ID"] = message_id or f"<{time.time_ns()}@vpubnd.example>"
    mail.set_content(text)
    for name, data in files:
        kind, _, sub = {"pdf": "application/pdf"}.get(name[-3:], "application/octet-stream").partition("/")
        mail.add_attachment(data, maintype=kind, subtype=sub, filename=name)
    return mail
