"""Every setting, once: name, unit, default, meaning. Values come from the environment (`QLVB_<NAME>`)."""

import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path


def _env(name: str, default: str = "") -> str:
    return os.environ.get(f"QLVB_{name}", default)


@dataclass(frozen=True)
class Config:
    """The settings of one installation."""

    #: "demo", "test" or "production"; production refuses demo accounts and plain cookies
    env: str = field(default_factory=lambda: _env("ENV", "demo"))
    #: folder of everything that is kept: blobs, keys, the embedded cluster
    data: Path = field(default_factory=lambda: Path(_env("DATA", "var")).resolve())
    #: postgresql+psycopg://...; empty = an embedded cluster in the data folder
    database_url: str = field(default_factory=lambda: os.environ.get("DATABASE_URL", ""))
    #: largest upload, bytes (security.md S7)
    max_upload_bytes: int = 100 * 1024 * 1024
    #: idle life of a session, minutes (TCVN 14423:2026)
    session_idle_minutes: int = field(default_factory=lambda: int(_env("SESSION_IDLE_MINUTES", "15")))
    #: whole life of a session, hours
    session_hours: int = 12
    #: rows on one page of the inbox and of a register
    page_rows: int = 50
    #: longest run of Tesseract on one page, seconds
    ocr_seconds: int = 60
    #: longest recognition of one file, seconds (security.md S7)
    recognition_seconds: int = field(default_factory=lambda: int(_env("RECOGNITION_SECONDS", "600")))
    #: most memory that the recognition of one file may take, bytes
    recognition_memory_bytes: int = 4 * 1024 * 1024 * 1024
    #: longest check of the signatures of one file, seconds
    verification_seconds: int = 60
    #: most memory that the check of the signatures of one file may take, bytes
    verification_memory_bytes: int = 2 * 1024 * 1024 * 1024
    #: longest conversion of one file, seconds
    conversion_seconds: int = 60
    #: how long a number is held for a document that is not numbered yet, hours (NĐ 30/2020 Đ15)
    reservation_hours: int = field(default_factory=lambda: int(_env("RESERVATION_HOURS", "24")))
    #: attempts of a slow step before it becomes an incident
    step_attempts: int = field(default_factory=lambda: int(_env("STEP_ATTEMPTS", "4")))
    #: pause before the second attempt, seconds; doubles each time
    step_pause_seconds: int = field(default_factory=lambda: int(_env("STEP_PAUSE_SECONDS", "5")))
    #: a worker that gave no sign for so long is dead: its jobs are run by others, seconds
    stalled_seconds: float = field(default_factory=lambda: float(_env("STALLED_SECONDS", "30")))
    #: the exchange axis; empty = none
    exchange_url: str = field(default_factory=lambda: _env("EXCHANGE_URL"))
    #: seconds between two looks into the exchange
    exchange_seconds: int = field(default_factory=lambda: int(_env("EXCHANGE_SECONDS", "60")))
    #: seconds between two looks into the official mailboxes
    mailbox_seconds: int = field(default_factory=lambda: int(_env("MAILBOX_SECONDS", "60")))
    #: folder of the mailboxes' passwords, one file each; empty = in data (security.md S13)
    mailbox_folder: str = field(default_factory=lambda: _env("MAILBOX_FOLDER"))
    #: more authorities whose mail servers are trusted, PEM; empty = those of the machine
    mailbox_ca_file: str = field(default_factory=lambda: _env("MAILBOX_CA_FILE"))
    #: address of the time-stamping authority; empty = the demo authority of the data folder
    tsa_url: str = field(default_factory=lambda: _env("TSA_URL"))
    #: address of the OCSP responder that is asked after a certificate before it signs; empty = lists only
    ocsp_url: str = field(default_factory=lambda: _env("OCSP_URL"))
    #: addresses of revocation lists, apart by spaces, fetched when an hour old; empty = those of the data folder
    crl_urls: str = field(default_factory=lambda: _env("CRL_URLS"))
    #: hosts of other authorities, apart by spaces, that are asked when a certificate that came in names them for OCSP
    #: or a list: "host", "host:port", "alias=host"; no others, none when empty (security.md, ASVS 1.3.6)
    revocation_hosts: str = field(default_factory=lambda: _env("REVOCATION_HOSTS"))
    #: the PAdES level of signatures: "B-T" or "B-LT"; less only by the signer's own word
    signature_level: str = field(default_factory=lambda: _env("SIGNATURE_LEVEL", "B-LT"))
    #: the PKCS#11 module of the tokens or the HSM at this server, a path; empty = none
    pkcs11_module: str = field(default_factory=lambda: _env("PKCS11_MODULE"))
    #: the remote signing service (CSC API v1), with its path up to /csc/v1; empty = none
    csc_url: str = field(default_factory=lambda: _env("CSC_URL"))
    #: the signing service on each signer's own computer, as the browser reaches it
    sign_service_url: str = field(default_factory=lambda: _env("SIGN_SERVICE_URL", "wss://127.0.0.1:8987"))

    #: folder for a copy of each seal of history, on another disk, of another owner (security.md S12); empty = in data
    seal_folder: str = field(default_factory=lambda: _env("SEAL_FOLDER"))

    #: the clamd asked before a file is given out, "/path/to/socket" or "host:port" (security.md S7); empty = none
    antivirus: str = field(default_factory=lambda: _env("ANTIVIRUS"))

    #: folder that copiers write to, one sub-folder for each agency by its address; empty = scan/ in data
    scan_folder: str = field(default_factory=lambda: _env("SCAN_FOLDER"))
    #: seconds between two looks into it
    scan_seconds: int = field(default_factory=lambda: int(_env("SCAN_SECONDS", "10")))
    #: pages and files that have waited for so long are told to the clerk, days
    intake_days: int = field(default_factory=lambda: int(_env("INTAKE_DAYS", "2")))

    @property
    def production(self) -> bool:
        """Whether the strict rules of a real installation hold."""
        return self.env == "production"

    @property
    def pki(self) -> Path:
        """Folder of trust anchors and, in a demo, of keys (tools/pki.py)."""
        return self.data / "pki"

    @property
    def packet_keys(self) -> Path:
        """Folder of `<organisation code>.pem`: key and certificate with which an agency's system signs its packets."""
        return self.data / "packet-keys"

    @property
    def csc_token(self) -> Path:
        """The file with the token that lets this installation into the remote signing service (security.md S13)."""
        return self.data / "csc.token"

    @property
    def blobs(self) -> Path:
        """Folder of the files, named by their sha256."""
        return self.data / "blobs"

    @property
    def previews(self) -> Path:
        """Folder of office files as PDF, for the pages only; made again when missing."""
        return self.data / "previews"

    @property
    def answers(self) -> Path:
        """Folder of bundles and slips that somebody asked for, kept for a day."""
        return self.data / "answers"

    @property
    def mailbox_secrets(self) -> Path:
        """Folder of `<organisation code>.password`, readable by nobody else."""
        return Path(self.mailbox_folder).resolve() if self.mailbox_folder else self.data / "mailbox"

    @property
    def scans(self) -> Path:
        """Folder that copiers write to."""
        return Path(self.scan_folder).resolve() if self.scan_folder else self.data / "scan"

    @property
    def uploads(self) -> Path:
        """Folder of uploads under way."""
        return self.data / "uploads"

    @property
    def seal_copies(self) -> Path:
        """Folder of the copies of seals."""
        return Path(self.seal_folder).resolve() if self.seal_folder else self.data / "seals-outside"

    def secret_key(self) -> str:
        """The key that signs cookies: made at first use, 0600, never in the database."""
        given = _env("SECRET_KEY")
        if given:
            return given
        path = self.data / "secret.key"
        if not path.exists():
            self.data.mkdir(parents=True, exist_ok=True)
            fresh = path.with_suffix(f".{os.getpid()}")
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            os.write(descriptor, secrets.token_hex(32).encode())
            os.close(descriptor)
            try:
                os.link(fresh, path)  # the first of two starting processes wins
            except FileExistsError:
                pass
            finally:
                fresh.unlink()
        return path.read_text()
