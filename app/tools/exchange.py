"""The transport of the exchange: the operations of the national document axis, as one agency's client.

QĐ 28/2018/QĐ-TTg Art. 6, 12, 13; NĐ 30/2020 Art. 21. Speaks to one configured host only, follows no redirect,
signs every request as the axis' SDK does, and can repeat any call: a packet sent twice under one key is one
message. It reads no packet (edxml.py) and keeps nothing.
"""

import base64
import binascii
import hashlib
import hmac
import json
import math
import re
import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from types import MappingProxyType
from typing import TypeVar
from urllib.parse import quote
from uuid import uuid4

import httpx

from app.refusal import Refusal
from app.tools.whole_call import Cut

_Taken = TypeVar("_Taken")
SDK_VERSION = "3.0.201608"
#: transport states of a packet for its receiver; not the business codes 01-16, which travel as packets
INITIAL, PROCESSING, DONE, FAIL = "INITIAL", "PROCESSING", "DONE", "FAIL"
#: largest answer taken: a packet of 64 MB in Base64 and its envelope
MAX_ANSWER_BYTES = 90 * 1024 * 1024
_VIETNAM = timezone(timedelta(hours=7))
#: codes of the axis that may pass by themselves
_PASSING = frozenset({"20", "21"})
#: code of the axis: this one recipient is locked
LOCKED = "23"
#: longest wait for a connection, seconds
CONNECT_SECONDS = 3
#: calls that carry a packet
_WITH_PACKET = frozenset({"sendEdoc", "getEdoc"})
#: when the look that calls is over
_ends: ContextVar[float] = ContextVar("ends", default=math.inf)
#: longest reason that travels with a transport status, characters
_REASON_LENGTH = 200

#: error code of the axis -> the sentence shown to the clerk; 30 and above are our local axis' own
SENTENCES = MappingProxyType(
    {
        "10": "Trục liên thông báo tệp gói tin không hợp lệ.",
        "15": "Trục liên thông không chấp nhận mã hệ thống hoặc khóa bí mật của cơ quan.",
        "18": "Cơ quan nhận không có trên trục liên thông.",
        "19": "Cơ quan gửi chưa đăng ký trên trục liên thông.",
        "20": "Trục liên thông đang gặp lỗi hệ thống.",
        "21": "Trục liên thông gặp lỗi khi xử lý tệp.",
        "22": "Trục liên thông báo gói tin không đúng chuẩn edXML.",
        "23": "Cơ quan nhận đang bị khóa trên trục liên thông.",
        "30": "Không tìm thấy văn bản này trên trục liên thông.",
        "31": "Trục liên thông không hiểu yêu cầu.",
        "40": "Văn bản này đã được gửi với nội dung khác.",
    }
)
_AWAY = "Chưa kết nối được với trục liên thông, hệ thống sẽ tự gửi lại."
_TOO_LARGE = "Trục liên thông trả về dữ liệu quá lớn."
_UNKNOWN = "Trục liên thông từ chối yêu cầu (mã {code})."


class ExchangeAway(Refusal):
    """The exchange cannot be reached or is in trouble; the same call may be made again later."""

    code = "exchange_away"
    status = 503
    article = "NĐ 30/2020 Art. 18.1"


class ExchangeDown(ExchangeAway):
    """It answers nobody: no connection, no answer in time, or none of an axis."""


class LookOver(ExchangeAway):
    """The time of a look is over (`within`); the next one goes on."""


class ExchangeRefused(Refusal):
    """The exchange said no; the same call will be refused again."""

    code = "exchange_refused"
    status = 422
    article = "QĐ 28/2018/QĐ-TTg Art. 8"


class Axis:
    """One agency's way to the axis; safe to use from several threads."""

    def __init__(
        self,
        url: str,
        system_id: str,
        secret: str,
        seconds: float = 10,
        *,
        max_bytes: int = MAX_ANSWER_BYTES,
    ) -> None:
        """`seconds`: longest silence; a whole call takes twice as long at most, one that carries a packet six times."""
        self.url = url.rstrip("/")
        self.system_id = system_id
        self._secret = secret.encode()
        self._seconds = seconds
        self._max_bytes = max_bytes
        #: no proxy or .netrc of the machine: only the configured host is spoken to
        self._http = httpx.Client(
            timeout=httpx.Timeout(seconds, connect=min(seconds, CONNECT_SECONDS)),
            follow_redirects=False,
            trust_env=False,
            verify=_trust(),
            limits=httpx.Limits(max_connections=10, max_keepalive_connections=0),
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def send_edoc(self, data: bytes, *, sender: str, to: Sequence[str], message_type: str, key: str) -> str:
        """Hand one packet over and give the axis' DocId.

        `message_type`: "edoc" or "status". `key`: the message's own name (document id, business type,
        recipient); the same key with the same bytes gives the same DocId, with other bytes is refused (code
        40). Raises ExchangeAway (send again, same key), ExchangeRefused.
        """
        headers = {
            "from": sender,
            "to": json.dumps(list(to)),
            "serviceType": "eDoc",
            "messageType": message_type,
            "hash-file": hashlib.sha256(data).hexdigest(),
            "idempotency-key": quote(key, safe="/,.:-"),
        }
        return self._call("sendEdoc", headers, _doc_id, data)

    def received(self, organ_code: str, message_type: str, from_date: str, to_date: str) -> list[dict]:
        """List what came for an agency between two ISO dates, both included (of Vietnam).

        Each: doc_id, from, to, message_type, service_type, created_time, updated_time, status (upper case),
        status_desc; unknown times stay as the axis wrote them.
        """
        headers = {
            "serviceType": "eDoc",
            "messageType": message_type,
            "organCode": organ_code,
            "fromDate": _wire_day(from_date),
            "toDate": _wire_day(to_date),
        }
        items = self._call("getReceivedEdocList", headers, _items)
        found = [
            {
                "doc_id": _text(item, "docid"),
                "from": _text(item, "from"),
                "to": _text(item, "to"),
                "message_type": _text(item, "messagetype").lower(),
                "service_type": _text(item, "servicetype"),
                "created_time": _text(item, "created_time"),
                "updated_time": _text(item, "updated_time"),
                "status": _text(item, "status").upper(),
                "status_desc": _text(item, "status_desc"),
            }
            for item in items
        ]
        return [item for item in found if item["doc_id"] and _is_for(organ_code, item["to"])]

    def sent(self, message_type: str, from_date: str, to_date: str) -> list[dict]:
        """List what this agency sent between two ISO dates: the axis' own field names in lower case."""
        headers = {
            "serviceType": "eDoc",
            "messageType": message_type,
            "fromDate": _wire_day(from_date),
            "toDate": _wire_day(to_date),
        }
        return self._call("getSentEdocList", headers, _items)

    def get(self, doc_id: str) -> bytes:
        """Fetch one packet; its hash is checked when the axis tells it (the national one does not)."""
        return self._call("getEdoc", {"docId": doc_id}, _packet)

    def update_status(self, doc_id: str, status: str, reason: str = "") -> None:
        """Tell the axis how far this receiver's software is: PROCESSING, DONE (stored for good) or FAIL."""
        headers = {"docId": doc_id, "status": status}
        if reason:
            headers["status_desc"] = quote(reason[:_REASON_LENGTH], safe=" ")
        self._call("updateStatus", headers, dict)

    def agencies(self) -> list[dict]:
        """List the agencies on the axis: id, pid, code, name, mail."""
        items = self._call("getAgenciesList", {}, _items)
        return [{key: _text(item, key) for key in ("id", "pid", "code", "name", "mail")} for item in items]

    def _call(
        self, operation: str, headers: Mapping[str, str], take: Callable[[dict], _Taken], data: bytes = b""
    ) -> _Taken:
        """Call once, signed: who asks, asks again (Art. 13.3), at a look of the clock or when a step is tried again."""
        if time.monotonic() > _ends.get():
            raise LookOver()
        signed = sign(headers, operation, self.system_id, self._secret)
        signed["Accept-Encoding"] = "identity"  # a packed answer could grow past the cap
        content: dict = {"content": b""}
        if not data:
            signed["Content-Type"] = "application/json"
        else:
            content = {"files": {"file_doc": ("document.edxml", data, "application/octet-stream")}}
        longest = self._seconds * (6 if operation in _WITH_PACKET else 2)
        body = bytearray()
        try:
            with Cut(longest) as cut, self._http.stream(
                "POST", f"{self.url}/{operation}", headers=signed, extensions={"trace": cut.see}, **content
            ) as response:
                for piece in response.iter_raw():
                    body += piece
                    if len(body) > self._max_bytes:
                        raise ExchangeRefused("answer too large", code="size", sentence=_TOO_LARGE)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ExchangeDown(type(error).__name__, sentence=_AWAY) from error
        return take(_envelope(response.status_code, bytes(body)))


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """No call begins after so long: it raises LookOver."""
    token = _ends.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _ends.reset(token)


@cache
def _trust() -> ssl.SSLContext:
    """Trust what the machine trusts, so that a state network's own authority can be installed there."""
    return ssl.create_default_context()


def sign(headers: Mapping[str, str], operation: str, system_id: str, secret: bytes) -> dict[str, str]:
    """Give all headers of one request: each also as `XroadVnpt-*`, their names, their JSON and its HMAC.

    `operation` and `nonce` are ours: signed with the rest, they bind the signature to one call.
    """
    now = datetime.now(UTC).astimezone(_VIETNAM)
    logical = {
        **headers,
        "operation": operation,
        "nonce": uuid4().hex,
        "systemid": system_id,
        "timestamp": now.strftime("%d%m%YT%H%M%S%z"),
    }
    text = json.dumps(logical)
    return {
        **logical,
        **{f"XroadVnpt-{name}": value for name, value in logical.items()},
        "XroadVnpt-version": SDK_VERSION,
        "XroadVnpt-sign-header-key": ";".join(logical),
        "XroadVnpt-sign-header": text,
        "XroadVnpt-hash-header": hmac.new(secret, text.encode(), hashlib.sha256).hexdigest(),
    }


def _envelope(status_code: int, body: bytes) -> dict:
    """Read the answer: keys in lower case; ErrorCode "0" is success."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        if status_code >= 500 or status_code in (200, 408, 429):
            raise ExchangeDown(f"answer {status_code} is not JSON", sentence=_AWAY)
        code = f"HTTP {status_code}"
        raise ExchangeRefused(f"answer {status_code}", code=code, sentence=_UNKNOWN.format(code=code))
    answer = _lower(answer)
    code = str(answer.get("errorcode", "")).strip()
    if code == "0" and status_code < 300:
        return answer
    if code in _PASSING or code == LOCKED or (status_code >= 500 and code not in SENTENCES):
        raise ExchangeAway(f"axis error {code}", code=code, sentence=SENTENCES.get(code, _AWAY))
    shown = code or f"HTTP {status_code}"
    told = str(answer.get("errordesc") or "")[:200]
    text = SENTENCES.get(code) or _UNKNOWN.format(code=shown)
    raise ExchangeRefused(f"axis error {shown}: {told}", code=shown, sentence=text, told=told)


def _doc_id(answer: Mapping) -> str:
    doc_id = answer.get("docid")
    if not isinstance(doc_id, str) or not doc_id:
        raise ExchangeAway("answer without DocId", sentence=_AWAY)
    return doc_id


def _packet(answer: Mapping) -> bytes:
    """Give the bytes of a fetched packet, whole as its hash says."""
    try:
        data = base64.b64decode("".join(str(answer.get("data") or "").split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ExchangeAway("packet is not Base64", sentence=_AWAY) from error
    told = answer.get("hash-file")
    if not data or (told and str(told).lower() != hashlib.sha256(data).hexdigest()):
        raise ExchangeAway("packet is empty or was damaged on the way", sentence=_AWAY)
    return data


def _items(answer: Mapping) -> list[dict]:
    """Give the list of an answer, which some implementations send as JSON inside a string."""
    data = answer.get("data")
    if isinstance(data, str):
        try:
            data = json.loads(data or "[]")
        except (ValueError, RecursionError) as error:
            raise ExchangeAway("list is not JSON", sentence=_AWAY) from error
    if data is None:
        return []
    if not isinstance(data, list):
        raise ExchangeAway("list is not a list", sentence=_AWAY)
    return [_lower(item) for item in data if isinstance(item, dict)]


def _lower(values: Mapping) -> dict:
    return {str(key).lower(): value for key, value in values.items()}


def _text(item: Mapping, key: str) -> str:
    value = item.get(key)
    return "" if value is None else str(value)


def _is_for(organ_code: str, to: str) -> bool:
    """One system may fetch for several agencies; some axes write `to` as a list, some leave it out."""
    return not to or organ_code in re.findall(r"[A-Z0-9.]+", to)


def _wire_day(value: str) -> str:
    return date.fromisoformat(value).strftime("%Y/%m/%d")
