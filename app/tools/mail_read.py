"""The bytes of one mail -> who sent it and which files came with it (Art. 6.3; security.md S3, S7, S8).

A stranger made it: sizes, parts and depth are counted before it is parsed; nothing is fetched, no body is rendered, a
mail inside a mail is not opened. It does not judge whether a file or a sender may come in.
"""

import email.policy
import hashlib
import re
import unicodedata
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.errors import (
    HeaderParseError,
    InvalidBase64CharactersDefect,
    InvalidBase64LengthDefect,
    InvalidBase64PaddingDefect,
)
from email.header import decode_header
from email.message import Message
from email.parser import BytesParser
from email.utils import getaddresses, parsedate_to_datetime
from types import MappingProxyType
from urllib.parse import unquote_to_bytes

from app.refusal import Refusal
from app.tools.media import clean_name, extension_of, shorter_side

#: largest mail, bytes; its files are a quarter smaller
MAX_BYTES = 50 * 1024 * 1024
MAX_PARTS, MAX_DEPTH = 100, 6
#: longest header field that is read, characters; longest block of headers, bytes
MAX_FIELD, MAX_HEADERS = 2_000, 256 * 1024

#: code -> the sentence shown to the clerk
SENTENCES = MappingProxyType({
    "mail_too_large": "Thư lớn hơn {limit} MB.",
    "mail_too_complex": "Thư có cấu trúc quá lớn hoặc lồng quá sâu.",
    "mail_bad_from": "Không xác định được duy nhất một người gửi.",
    "mail_encrypted": "Thư được mã hóa hoặc ký bằng S/MIME, PGP; phần mềm không mở.",
    "mail_outlook":
        "Thư dùng định dạng riêng của Outlook (winmail.dat); đề nghị nơi gửi gửi lại tệp đính kèm thông thường.",
    "mail_nested": "Thư chứa một thư khác bên trong; phần mềm không mở thư lồng.",
    "mail_external": "Thư chỉ dẫn đến nội dung ở nơi khác; phần mềm không tải nội dung từ bên ngoài.",
    "mail_bad_file": "Tệp đính kèm bị hỏng khi gửi.",
    "mail_no_file": "Thư không kèm tệp văn bản nào.",
})
_BASE64 = (InvalidBase64CharactersDefect, InvalidBase64LengthDefect, InvalidBase64PaddingDefect)
_ENCRYPTED = frozenset({"multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime",
                        "application/pgp-encrypted"})
_SIGNATURES = frozenset({"application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"})
#: what a mail says itself, where it has no name
_TEXTS = frozenset({"text/plain", "text/html", "text/enriched", "text/richtext", "text/x-amp-html", "text/watch-html",
                    "text/calendar"})
#: a picture of the text with a shorter side shows no page that could be read (A4 at 48 dpi), picture elements
_SMALL_SIDE = 400
#: a part of the mail that its text shows
_SHOWN = re.compile(rb"cid:([^\"'<>\s)]{1,250})", re.IGNORECASE)
_ADDRESS = re.compile(r"[^@\s<>,;:\"()\[\]\\]{1,64}@[a-z0-9.-]{1,255}", re.ASCII | re.IGNORECASE)
#: a Message-ID; a stranger wrote it
_ID = re.compile(r"<[!-;=?-~]{1,200}@[!-;=?-~]{1,90}>", re.ASCII)


class MailRefused(Refusal):
    """The mail cannot be taken in by the software."""

    code, status, article = "mail_refused", 422, "Art. 6.3"

    def __init__(self, reason: str, **values: object) -> None:
        """Facts: `code` (a key of SENTENCES) and `sentence`, Vietnamese."""
        super().__init__(f"mail refused: {reason}", code=reason, sentence=SENTENCES[reason].format(**values))


@dataclass(frozen=True)
class MailFile:
    """One attached file as it came; `name` is data."""

    name: str
    data: bytes = field(repr=False)
    sha256: str


@dataclass(frozen=True)
class Mail:
    """What the headers say, and the files; `trouble`: codes of what stands against taking it in by itself."""

    #: of its bytes; of one that is too large see `read_head`
    sha256: str
    message_id: str
    #: address in lower case; "" when there is not exactly one
    sender: str
    subject: str
    sent_at: datetime | None
    files: tuple[MailFile, ...] = ()
    #: small ones that the text shows: the mark of an agency, a signature by hand
    pictures: tuple[MailFile, ...] = ()
    trouble: tuple[str, ...] = ()
    #: Message-IDs of the mails that it says it answers
    answers: tuple[str, ...] = ()
    #: whether software wrote it, or it went to a list: never answered (RFC 3834)
    is_automatic: bool = False


def read(raw: bytes) -> Mail:
    """Read a mail. Raises MailRefused only for what must not even be parsed; else `trouble` says what is wrong."""
    if len(raw) > MAX_BYTES:
        raise MailRefused("mail_too_large", limit=MAX_BYTES // 1024 // 1024)
    head = re.split(rb"\r?\n\r?\n", raw[: MAX_HEADERS + 4], maxsplit=1)
    lower = raw.lower()
    if (len(head) == 1 and len(raw) > MAX_HEADERS) or lower.count(b"multipart/") > MAX_DEPTH * 3 \
            or lower.count(b"content-type:") > MAX_PARTS * 2:
        raise MailRefused("mail_too_complex")
    try:
        message = BytesParser(policy=email.policy.compat32).parsebytes(raw)
        parts = list(_parts(message, 0))
    except (RecursionError, LookupError, ValueError) as error:
        raise MailRefused("mail_too_complex") from error
    files, pictures, trouble = _files(parts)
    if not _sender(message):
        trouble.insert(0, "mail_bad_from")
    if not files and not trouble:
        trouble.append("mail_no_file")
    return replace(_headed(hashlib.sha256(raw).hexdigest(), message), files=tuple(files), pictures=tuple(pictures),
                   trouble=tuple(dict.fromkeys(trouble)))


def read_head(head: bytes, size: int) -> Mail:
    """What the headers say of a mail of `size` bytes that is too large to read; it is known by them and its size.

    Raises MailRefused.
    """
    try:
        message = BytesParser(policy=email.policy.compat32).parsebytes(head[:MAX_HEADERS], headersonly=True)
        return _headed("head:" + hashlib.sha256(b"%d\n" % size + head).hexdigest(), message)
    except (RecursionError, LookupError, ValueError) as error:
        raise MailRefused("mail_too_complex") from error


def _headed(key: str, message: Message) -> Mail:
    return Mail(key, _field(message, "Message-ID")[:300], _sender(message), _field(message, "Subject")[:500],
                _sent_at(message), answers=_answers(message), is_automatic=_is_automatic(message))


def _answers(message: Message) -> tuple[str, ...]:
    found = " ".join(_field(message, name) for name in ("In-Reply-To", "References"))
    return tuple(dict.fromkeys(_ID.findall(found)))[:20]


def _is_automatic(message: Message) -> bool:
    told, to_many = _field(message, "Auto-Submitted").lower(), _field(message, "Precedence").lower()
    return bool(told and told != "no") or to_many in ("bulk", "junk", "list") or message.get("List-Id") is not None \
        or _field(message, "Return-Path") == "<>"


def _parts(message: Message, depth: int) -> list[Message]:
    """The leaves of a mail, in order; a mail inside it is a leaf."""
    if depth > MAX_DEPTH:
        raise MailRefused("mail_too_complex")
    if not message.is_multipart() or message.get_content_maintype() == "message":
        return [message]
    found: list[Message] = [message] if message.get_content_type() in _ENCRYPTED else []
    for part in message.get_payload():
        found += _parts(part, depth + 1)  # type: ignore[arg-type]
        if len(found) > MAX_PARTS:
            raise MailRefused("mail_too_complex")
    return found


def _files(parts: list[Message]) -> tuple[list[MailFile], list[MailFile], list[str]]:
    """The files, the small pictures of the text, and what stands against it."""
    files: list[MailFile] = []
    pictures: list[MailFile] = []
    trouble: list[str] = []
    shown = _shown(parts)
    for number, part in enumerate(parts, 1):
        if wrong := _closed(part):
            trouble.append(wrong)
            continue
        data, name = part.get_payload(decode=True), _name(part)
        if part.get_content_type() in _SIGNATURES or _is_text(part, name, data):
            continue
        if not isinstance(data, bytes) or any(isinstance(defect, _BASE64) for defect in part.defects):
            trouble.append("mail_bad_file")
            continue
        name = name or f"tep-{number}.{extension_of(data)}".rstrip(".")
        is_small = _content_id(part) in shown and (shorter_side(data) or _SMALL_SIDE) < _SMALL_SIDE
        (pictures if is_small else files).append(MailFile(name, data, hashlib.sha256(data).hexdigest()))
    return files, pictures, trouble


def _closed(part: Message) -> str:
    """The code of why the part is not opened; "" = it is."""
    kind = part.get_content_type()
    if kind in _ENCRYPTED:
        return "mail_encrypted"
    if kind == "application/ms-tnef" or _name(part).lower() == "winmail.dat":
        return "mail_outlook"
    if kind == "message/external-body":
        return "mail_external"
    return "mail_nested" if part.get_content_maintype() == "message" else ""


def _is_text(part: Message, name: str, data: object) -> bool:
    """What a mail program shows as the mail itself; a document that only calls itself text is none."""
    return not name and part.get_content_disposition() != "attachment" and part.get_content_type() in _TEXTS \
        and not (isinstance(data, bytes) and extension_of(data))


def _shown(parts: list[Message]) -> set[bytes]:
    """What the text names of the mail's own parts, by Content-ID (RFC 2392)."""
    texts = [part.get_payload(decode=True) for part in parts if part.get_content_type() == "text/html"]
    return {unquote_to_bytes(one) for text in texts if isinstance(text, bytes) for one in _SHOWN.findall(text)}


def _content_id(part: Message) -> bytes:
    return str(part.get("Content-ID") or "")[:MAX_FIELD].strip().strip("<>").encode("utf-8", "replace")


def _name(part: Message) -> str:
    """The file's name as data: no folder, no control character; "" when it has none."""
    try:
        given = part.get_filename()
    except (ValueError, LookupError, TypeError):
        given = None
    return clean_name(_decoded(str(given))[:MAX_FIELD], instead="tep") if given else ""


def _sender(message: Message) -> str:
    fields = message.get_all("From", [])
    if len(fields) != 1 or len(str(fields[0])) > MAX_FIELD:
        return ""
    found = [address for _, address in getaddresses([_decoded(str(fields[0]))])]
    plain = re.findall(_ADDRESS, re.sub(r'"[^"]*"', "", _decoded(str(fields[0]))))
    if len(found) != 1 or plain != found or not _ADDRESS.fullmatch(found[0]):
        return ""
    return found[0].lower()


def _field(message: Message, name: str) -> str:
    """A header as one line of text; "" when absent."""
    return " ".join(_decoded(str(message.get(name) or "")[:MAX_FIELD]).split())


def _decoded(text: str) -> str:
    """RFC 2047 words read; characters that turn or hide text dropped; NFC."""
    try:
        pieces = [piece.decode(charset or "utf-8", "replace") if isinstance(piece, bytes) else piece
                  for piece, charset in decode_header(text)]
    except (HeaderParseError, LookupError, ValueError):
        pieces = [text]
    kept = "".join(c for c in "".join(pieces) if c in " \t" or unicodedata.category(c)[0] != "C")
    return unicodedata.normalize("NFC", kept)


def _sent_at(message: Message) -> datetime | None:
    try:
        found = parsedate_to_datetime(str(message.get("Date") or "")[:100])
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
