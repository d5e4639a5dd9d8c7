"""What an edXML packet is: its names, lengths, code tables, and the sentences of its refusals.

Source: QCVN 102:2016/BTTTT as amended by Thông tư 01/2022/TT-BTTTT; the field names are edXML's own in
snake_case. It does not read or write a packet (edxml_read.py, edxml_write.py) and holds no partner's
peculiarities.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta, timezone
from types import MappingProxyType

from app.refusal import Refusal

NAMESPACE = "http://www.mic.gov.vn/TBT/QCVN_102_2016"
#: systems older than 2016 still write this one
OLD_NAMESPACE = "http://www.e-doc.vn/Schema/"
#: the largest packet read or written, bytes (security.md S3)
MAX_BYTES = 64 * 1024 * 1024
#: every clock of the exchange stands on Vietnam time (QĐ 28/2018 Art. 14.4); it has no summer time
VIETNAM = timezone(timedelta(hours=7))

#: longest text of a field, characters (edXML table 3; organisation codes as of the amendment of 2022)
LENGTHS = MappingProxyType(
    {
        "organ_id": 35,
        "organization_in_charge": 200,
        "organ_name": 200,
        "organ_add": 250,
        "email": 100,
        "telephone": 20,
        "fax": 20,
        "website": 100,
        "document_id": 255,
        "code_number": 11,
        "code_notation": 30,
        "place": 50,
        "type_name": 100,
        "subject": 500,
        "content": 500,
        "competence": 100,
        "position": 100,
        "full_name": 50,
        "to_place": 150,
        "sphere_of_promulgation": 100,
        "typer_notation": 10,
        "appendix": 250,
        "code": 42,
        "reason": 500,
        "description": 500,
        "department": 200,
        "staff": 100,
        "mobile": 20,
        "name": 200,
    }
)

#: element of an organisation -> field; in the order of the regulation's table
ORGANISATION = MappingProxyType(
    {
        "OrganId": "organ_id",
        "OrganizationInCharge": "organization_in_charge",
        "OrganName": "organ_name",
        "OrganAdd": "organ_add",
        "Email": "email",
        "Telephone": "telephone",
        "Fax": "fax",
        "Website": "website",
    }
)
STAFF = MappingProxyType(
    {"Department": "department", "Staff": "staff", "Email": "email", "Mobile": "mobile"}
)
SIGNER = MappingProxyType({"Competence": "competence", "Position": "position", "FullName": "full_name"})
ANSWERED = MappingProxyType(
    {
        "OrganId": "organ_id",
        "Code": "code",
        "PromulgationDate": "promulgation_date",
        "DocumentId": "document_id",
    }
)

#: business status codes of the national exchange (states of QĐ 28/2018 Đ10); others are stored and shown, never guessed
STATUS_CODES = frozenset({"01", "02", "03", "04", "05", "06", "13", "15", "16"})
#: refusing and taking back need a reason (QĐ 28/2018 Art. 5, 8)
CODES_WITH_REASON = frozenset({"02", "13", "16"})
#: values of BussinessDocType
NEW, RECALL, UPDATE, REPLACE = 0, 1, 2, 3

_OLD_CODE = re.compile(r"\d{3}\.\d{2}\.\d{2}\.[A-Z]\d{2}", re.ASCII)
_NEW_CODE = re.compile(r"[A-Z0-9]+(\.[A-Z0-9]+)*", re.ASCII)
_MIXED_CODE = re.compile(r"\d+(\.\d+)*\.[A-Z]\d{2}", re.ASCII)

#: code -> the sentence shown to the clerk; the first ones refuse a packet, the rest only warn
SENTENCES = MappingProxyType(
    {
        "too_large": "Gói tin vượt quá {limit} MB.",
        "not_utf8": "Gói tin không phải là văn bản mã hóa UTF-8.",
        "doctype": "Gói tin chứa khai báo DOCTYPE, không được phép.",
        "not_xml": "Gói tin không phải là XML hợp lệ.",
        "too_complex": "Gói tin có cấu trúc quá lớn hoặc lồng quá sâu.",
        "not_edxml": "Tệp không phải là gói tin edXML: thiếu phần tử {element}.",
        "missing": "Gói tin thiếu thông tin bắt buộc: {element}.",
        "repeated": "Gói tin lặp lại phần tử chỉ được có một lần: {element}.",
        "mixed_kind": "Gói tin vừa là văn bản vừa là trạng thái, không xác định được loại.",
        "wrong_recipient": "Văn bản không gửi cho cơ quan này (nơi nhận: {codes}).",
        "field_too_large": "Nội dung của {element} quá dài, không thể tiếp nhận.",
        "unmatched_file": "Danh mục tệp và tệp đính kèm không khớp nhau: {content_id}.",
        "repeated_file": "Mã tệp đính kèm bị lặp: {content_id}.",
        "too_many_files": "Gói tin có quá {limit} tệp đính kèm.",
        "wrong_sender": "Cơ quan gửi trong gói tin khác cơ quan gửi trên trục.",
        "wrong_hash": "Gói tin bị thay đổi trên đường truyền: mã băm không khớp.",
        "bad_base64": "Tệp {name} bị hỏng: nội dung không phải là Base64 hợp lệ.",
        "empty_file": "Tệp {name} không có nội dung.",
        "bad_zip": "Tệp {name} bị hỏng: không mở được tệp nén.",
        "encrypted_zip": "Tệp {name} được nén có mật khẩu, không thể tiếp nhận.",
        "several_entries": "Tệp nén của {name} chứa nhiều tệp, chỉ được có một.",
        "zip_path": "Tệp nén của {name} chứa đường dẫn không an toàn.",
        "zip_bomb": "Tệp {name} giải nén ra quá lớn, không thể tiếp nhận.",
        "old_namespace": "Gói tin dùng không gian tên {namespace}, khác với QCVN 102:2016.",
        "duplicate_recipient": "Nơi nhận {organ_id} bị lặp trong gói tin.",
        "unseen": "{element} có ký tự điều khiển không nhìn thấy (đổi chiều chữ, độ rộng không); đã bỏ.",
        "too_long": "{element} dài {length} ký tự, quá giới hạn {limit}.",
        "odd_code": "Mã định danh cơ quan {organ_id} không đúng mẫu.",
        "date_form": "Ngày {text} ở {element} không viết theo dạng năm/tháng/ngày.",
        "bad_date": "Không đọc được ngày giờ {text} ở {element}.",
        "future_date": "Ngày ban hành {date} ở tương lai.",
        "out_of_range": "Giá trị {text} của {element} không hợp lệ, được hiểu là {value}.",
        "absent": "Gói tin không có {element}.",
        "repeated_once": "Phần tử {element} lặp lại, chỉ đọc phần tử đầu tiên.",
        "file_refused": "Tệp {name} không thuộc loại được tiếp nhận hoặc bị hỏng; phần mềm không mở tệp này.",
        "file_active_content": "Tệp {name} có mã lệnh, hành động hoặc tệp, đối tượng khác bên trong ({found}); hãy "
                               "kiểm tra với nơi gửi trước khi mở và vào sổ.",
        "file_has_tracked_changes": "Tệp {name} còn theo dõi thay đổi.",
        "file_has_hidden_text": "Tệp {name} có chữ ẩn.",
        "file_has_comments": "Tệp {name} có ghi chú (comment) bên lề.",
        "file_has_formula": "Tệp {name} có công thức mà trang xem không hiện ra; hãy mở tệp gốc để đọc.",
        "file_has_object": "Tệp {name} có bảng tính, sơ đồ hoặc đối tượng nhúng mà trang xem không hiện ra; hãy mở "
                           "tệp gốc để đọc.",
        "file_has_field": "Tệp {name} có trường tự động ({field}) không lưu chữ mà nó hiện; hãy mở tệp gốc để đọc.",
        "no_file": "Văn bản không kèm tệp nào.",
        "file_name": "Tên tệp {text} không hợp lệ, được đổi thành {name}.",
        "file_names_differ": "Tên tệp trong danh mục ({text}) khác tên tệp đính kèm ({name}).",
        "unknown_status": "Mã trạng thái {text} không có trong bảng mã.",
        "no_reason": "Trạng thái {text} phải kèm lý do nhưng gói tin không có.",
    }
)


class PacketRefused(Refusal):
    """The packet cannot be accepted; the sender is told why."""

    code = "packet_refused"
    status = 422
    article = "NĐ 30/2020 Art. 21.2.b"

    def __init__(self, reason: str, **values: object) -> None:
        """Facts: `code` (a key of SENTENCES) and `sentence` (Vietnamese, for the clerk and for status 02)."""
        text = sentence(reason, **values)
        super().__init__(f"packet refused: {reason}", code=reason, sentence=text, **values)


class FieldRefused(Refusal):
    """A field of a packet to be sent is missing, too long or of the wrong kind."""

    code = "packet_field_refused"
    status = 422
    article = "QĐ 28/2018/QĐ-TTg Art. 10"


@dataclass(frozen=True)
class PacketFile:
    """One attachment, already unpacked; `media_type` follows the bytes, not what the sender says."""

    name: str
    media_type: str
    data: bytes = field(repr=False)
    sha256: str
    content_id: str = ""
    description: str = ""


@dataclass(frozen=True)
class Packet:
    """One packet as read. Dates are ISO or "", times ISO in UTC or ""; everything but `files` is JSON."""

    #: "document" or "status"
    kind: str
    #: organisations: organ_id, organization_in_charge, organ_name, organ_add, email, telephone, fax, website
    from_: dict
    to: list = field(default_factory=list)
    document_id: str = ""
    code_number: str = ""
    code_notation: str = ""
    place: str = ""
    promulgation_date: str = ""
    type: int = 1
    type_detail: int = 0
    type_name: str = ""
    subject: str = ""
    content: str = ""
    #: competence, position, full_name
    signer: dict = field(default_factory=dict)
    due_date: str = ""
    #: None: not stated, or unreadable
    priority: int | None = None
    sphere_of_promulgation: str = ""
    typer_notation: str = ""
    promulgation_amount: int | None = None
    page_amount: int | None = None
    direction: bool = False
    appendixes: list = field(default_factory=list)
    steering_type: int = 0
    to_places: list = field(default_factory=list)
    #: each: organ_id, code ("number/notation"), promulgation_date, document_id
    response_for: list = field(default_factory=list)
    #: doc_type, reason, document_id, paper, document_info, document_receiver, receivers [organ_id,
    #: receiver_type], replacement [document_id, organ_ids], staff {department, staff, email, mobile}
    business: dict = field(default_factory=dict)
    #: each: organ_id, timestamp
    traces: list = field(default_factory=list)
    status_code: str = ""
    description: str = ""
    timestamp: str = ""
    #: department, staff, email, mobile of who reports a status
    staff: dict = field(default_factory=dict)
    files: tuple[PacketFile, ...] = ()
    #: (code, Vietnamese sentence) of everything odd that does not refuse the packet
    warnings: tuple[tuple[str, str], ...] = ()

    def header(self) -> dict:
        """Give every field but files and warnings, as JSON; the build functions take it back."""
        return {name: getattr(self, name) for name in HEADER}


#: the names of Packet that describe, in order
HEADER = tuple(f.name for f in fields(Packet) if f.name not in ("files", "warnings"))


def sentence(code: str, **values: object) -> str:
    """Give the Vietnamese sentence of a refusal or warning; long values are cut for the page."""
    return SENTENCES[code].format_map({key: str(value)[:200] for key, value in values.items()})


def nfc(text: str) -> str:
    """Give the text in Unicode NFC, as Vietnamese letters must be to be compared."""
    return unicodedata.normalize("NFC", text)


def same_id(one: str, other: str) -> bool:
    """Whether two document ids, numbers or notations are the same (NFC, blanks at the ends ignored)."""
    return nfc(one).strip() == nfc(other).strip()


def code_is_odd(organ_id: str) -> bool:
    """Whether an organisation code is of neither form; mixed ones such as 28.22.H17 count as odd."""
    if _OLD_CODE.fullmatch(organ_id):
        return False
    is_new = len(organ_id) <= LENGTHS["organ_id"] and _NEW_CODE.fullmatch(organ_id)
    return not is_new or bool(_MIXED_CODE.fullmatch(organ_id))


def document_id(organ_id: str, promulgation_date: str, code_number: str, code_notation: str) -> str:
    """Compose `OrganId,yyyy/MM/dd,CodeNumber/CodeNotation`; the date comes in ISO."""
    return nfc(f"{organ_id},{promulgation_date.replace('-', '/')},{code_number}/{code_notation}")


def document_key(packet: Mapping | Packet) -> str:
    """Give what a document is known by: its id, else issuer, date, number and notation."""
    values = packet.header() if isinstance(packet, Packet) else packet
    rest = (values[name] for name in ("promulgation_date", "code_number", "code_notation"))
    return nfc(values.get("document_id") or document_id(values["from_"]["organ_id"], *rest))
