"""The words of a history for its reader: tables, columns and values, in Vietnamese. Sentences only."""

import re
from typing import Any

from flask_babel import LazyString, gettext
from flask_babel import lazy_gettext as _
from sqlalchemy import Boolean

from app.db import Base
from app.engine import template, wording
from app.engine.playback import Frame
from app.engine.playback_words import Value
from app.web import words
from app.web.layout_words import LAYOUT_RULE, SCAN_DIFFERENCE
from app.web.moment import clock, day
from app.web.signature_words import VERDICT

TABLE = {
    "document": _("Văn bản"),
    "attachment": _("Tệp"),
    "milestone": _("Mốc xử lý"),
    "register": _("Sổ văn bản"),
    "register_entry": _("Số trong sổ"),
    "opinion": _("Ý kiến"),
    "document_right": _("Quyền đối với văn bản"),
    "signature": _("Chữ ký số"),
    "scan_check": _("Đối chiếu bản quét"),
    "message": _("Gói tin liên thông"),
    "upload": _("Tệp tải lên"),
    "sender_request": _("Yêu cầu của nơi gửi"),
    "deadline": _("Thời hạn"), "holiday": _("Ngày nghỉ, ngày làm bù"), "mailbox": _("Hộp thư công vụ"),
    "agency": _("Cơ quan"), "unit": _("Đơn vị"), "user_account": _("Tài khoản"), "delegation": _("Ủy quyền"),
    "audit_grant": _("Quyền kiểm tra"), "instance": _("Quy trình của hồ sơ"), "task": _("Việc"),
    "slow_work": _("Việc của hệ thống"), "release": _("Bản ban hành"), "diagram": _("Tệp quy trình"),
    "notice": _("Thông báo"), "directive": _("Mẫu ý kiến chỉ đạo"), "paper_kind": _("Loại hồ sơ giấy"),
    "signature_picture": _("Hình chữ ký, con dấu"),
    "signing_key": _("Khóa ký số"), "trust_anchor": _("Nơi cấp chứng thư được tin cậy"),
    "layout_rule": _("Quy tắc thể thức chặn duyệt"), "agency_alias": _("Mã cũ của cơ quan"),
    "barred_rule": _("Mục không được cập nhật"), "barred_officer": _("Người phụ trách (Điều 3.2)"),
    "barred_entry": _("Lần không cho cập nhật"),
    "reading_check": _("Xác nhận kết quả nhận dạng"), "text_layer": _("Toàn văn đã đọc"),
    "layout_result": _("Kết quả kiểm tra thể thức"), "certified_copy": _("Bản sao văn bản"),
    "consultation": _("Xin ý kiến về dự thảo"), "also_answered": _("Văn bản đến cùng được trả lời"),
    "recipient_group": _("Nhóm nơi nhận"), "internal_paper": _("Văn bản nội bộ"),
    "internal_recipient": _("Người nhận văn bản nội bộ"), "internal_kind": _("Loại văn bản nội bộ"),
}

COLUMN = {
    "owner_id": _("Cơ quan mang mã"), "since": _("Từ ngày"), "until": _("Đến ngày"), "way": _("Cách"),
    "level": _("Mức chữ ký"), "words": _("Nội dung"),
    "rule": _("Quy tắc"), "matter": _("Việc phụ trách"), "let_in": _("Mã băm tệp đã cho vào"),
    "seen_at": _("Xác nhận lúc"), "bringer_seen_at": _("Người đưa vào xác nhận lúc"),
    "cleared_by_id": _("Người báo nhầm"), "cleared_reason": _("Lý do báo nhầm"), "address": _("Địa chỉ thư"),
    "smtp_host": _("Máy chủ gửi thư"), "smtp_port": _("Cổng gửi thư"), "smtp_security": _("Bảo mật khi gửi thư"),
    "status": _("Trạng thái"), "direction": _("Chiều"), "channel": _("Đến qua"), "subject": _("Trích yếu"),
    "type_name": _("Tên loại"), "organ_name": _("Cơ quan ban hành"), "code_number": _("Số"),
    "code_notation": _("Ký hiệu"), "issued_date": _("Ngày ban hành"), "arrival_number": _("Số đến"),
    "arrival_date": _("Ngày đến"), "due_date": _("Hạn xử lý"), "priority": _("Độ khẩn"),
    "sent_priority": _("Độ khẩn khi gửi"),
    "page_amount": _("Số trang"), "signer_name": _("Người ký"), "signer_position": _("Chức vụ người ký"),
    "signer_competence": _("Thẩm quyền ký"), "addressees": _("Kính gửi"), "recipients": _("Nơi nhận"),
    "exchange_form": _("Hình thức gửi"), "exchange_clause": _("Điều khoản áp dụng"),
    "exchange_rule": _("Dòng của bảng quyết định"), "purpose": _("Mục đích"),
    "publisher_id": _("Người ban hành quy trình"),
    "author_id": _("Người soạn"), "unit_id": _("Đơn vị"), "answers_id": _("Trả lời văn bản"),
    "replaces_id": _("Thay thế"), "handed": _("Đã giao bản giấy"),
    "closes_answered": _("Phát hành thì kết thúc văn bản đến"), "round": _("Lần lấy ý kiến"),
    "members": _("Cơ quan thuộc nhóm"), "is_shared": _("Chung của tỉnh"),
    "question": _("Nội dung hỏi"),
    "file_sha256": _("Mã băm tệp kèm"),
    "opinion_holder_ids": _("Người được xin ý kiến"), "opinion_due_at": _("Hạn cho ý kiến"),
    "closed_at": _("Kết thúc lúc"), "recognised": _("Nội dung nhận dạng"), "verdict": _("Kết luận về chữ ký số"),
    "kind": _("Loại"), "name": _("Tên"), "sha256": _("Mã băm"), "media_type": _("Định dạng"),
    "size_bytes": _("Số byte"), "size": _("Số byte"), "created_by_id": _("Người tạo"), "user_id": _("Người"),
    "on_behalf_of_id": _("Thay mặt"), "text": _("Nội dung"), "element": _("Phần tử trên sơ đồ"),
    "register_id": _("Sổ"), "number": _("Số"), "next_number": _("Số tiếp theo"), "role": _("Vai trò"),
    "until_date": _("Đến ngày"), "state": _("Dữ liệu chuẩn bị ký"), "value": _("Giá trị chữ ký"),
    "key": _("Khóa"), "signed_by_id": _("Người ký"), "signed_at": _("Ký lúc"), "prepared_at": _("Chuẩn bị lúc"),
    "prepared_sha256": _("Mã băm bản chờ ký"), "partner": _("Nơi nhận, gửi"), "status_code": _("Hồi báo"),
    "description": _("Mô tả"), "decision": _("Quyết định"), "leader_id": _("Lãnh đạo"),
    "handler_id": _("Người chủ trì"), "clerk_id": _("Văn thư"), "approver_id": _("Người duyệt"),
    "reason": _("Lý do"), "error": _("Lỗi"), "message": _("Thông báo"), "payload": _("Nội dung thông báo"),
    "fired": _("Đến hạn ở"), "to": _("Đưa về"), "versions": _("Phiên bản quy trình"),
    "forward_due_date": _("Hạn phân công"), "forward_due_at": _("Hạn phân công"),
    "register_due_at": _("Hạn vào sổ"), "extend_due_at": _("Hạn quyết định gia hạn"),
    "new_due_date": _("Ngày xin gia hạn"), "assigned_by": _("Người phân công"),
    "answer_document_id": _("Văn bản trả lời"), "pages": _("Số trang"), "fields": _("Các trường nhận dạng"),
    "docx": _("Bản DOCX đã điền số"), "signature": _("Chữ ký số"), "what": _("Nội dung lấy ra, xem"),
    "sha256s": _("Các tệp"), "removed_files": _("Số tệp đã xóa"), "co_handler_ids": _("Người phối hợp"),
    "reader_ids": _("Người được đọc"),
    "asked_by": _("Người đề nghị"), "axis_ids": _("Mã trên trục liên thông"), "packet_id": _("Mã gói tin"),
    "asked_reason": _("Lý do đề nghị"),
    "by": _("Người lấy ra"), "operator": _("Người vận hành máy chủ"),
    "by_agency": _("Cơ quan"), "grant": _("Theo quyền kiểm tra số"), "documents": _("Các văn bản"),
    "asked": _("Danh sách đã xem"), "due_at": _("Hạn xử lý"), "start_date": _("Ngày bắt đầu tính hạn"),
    "days": _("Số ngày làm việc"), "form_key": _("Biểu mẫu"), "void_reason": _("Lý do hủy số"),
    "voided_at": _("Hủy số lúc"), "voided_by_id": _("Người hủy số"), "created_at": _("Tạo lúc"), "at": _("Lúc"),
    "document_id": _("Văn bản"), "document_ids": _("Các văn bản"), "auditor_id": _("Người kiểm tra"),
    "since_date": _("Từ ngày"), "to_date": _("Đến ngày"), "given_by_id": _("Người giao"),
    "started_at": _("Bắt đầu lúc"), "ended_at": _("Kết thúc lúc"), "ended_by_id": _("Người kết thúc"),
    "end_reason": _("Lý do kết thúc"), "suspended_reason": _("Lý do tạm dừng"), "done_at": _("Hoàn thành lúc"),
    "claimed_by_id": _("Người nhận việc"), "published_at": _("Ban hành lúc"), "version": _("Phiên bản"),
    "note": _("Ghi chú"), "username": _("Tên đăng nhập"), "full_name": _("Họ tên"), "position": _("Chức vụ"),
    "competence": _("Thẩm quyền ký"), "roles": _("Vai trò"), "is_active": _("Đang hoạt động"), "year": _("Năm"),
    "is_open": _("Đang mở"), "types": _("Loại văn bản"), "from_date": _("Từ ngày"), "from_user_id": _("Người giao"),
    "to_user_id": _("Người nhận"), "day": _("Ngày"), "part": _("Buổi"), "source": _("Căn cứ"),
    "code": _("Mã"), "abbreviation": _("Tên viết tắt"), "slug": _("Địa chỉ đăng nhập"),
    "place": _("Địa danh"), "parent_id": _("Cấp trên"), "is_demo": _("Dữ liệu thử"),
    "is_served": _("Dùng hệ thống này"), "removed_at": _("Xóa lúc"), "organ_id": _("Mã cơ quan ban hành"),
    "language": _("Ngôn ngữ"), "host": _("Máy chủ thư"), "port": _("Cổng"), "user_name": _("Tài khoản thư"),
    "security": _("Bảo mật"), "folder": _("Thư mục"), "senders": _("Nơi gửi được nhận"), "is_on": _("Đang bật"),
    "uid_validity": _("Đợt mã thư"), "last_uid": _("Mã thư cuối"),
    "taken_from": _("Lấy thư đến từ"), "axis_id": _("Mã trên trục liên thông"),
    "stated_at": _("Hồi báo lúc"), "cleared_at": _("Hết hiệu lực lúc"), "reference": _("Số ký hiệu"),
    "replacement_id": _("Văn bản thay thế"), "changes": _("Thay đổi"), "notes": _("Ghi chú"), "answer": _("Trả lời"),
    "other_way": _("Đã gửi bằng cách khác"), "other_at": _("Gửi bằng cách khác lúc"),
    "other_note": _("Ghi chú cách gửi khác"), "held_until": _("Giữ số đến"), "held_for": _("Giữ số cho"),
    "differences": _("Khác biệt"), "likeness": _("Mức giống nhau"), "proof": _("Bằng chứng của chữ ký"),
    "certificate": _("Chứng thư số"), "fingerprint": _("Dấu vân tay chứng thư"),
    "other_codes": _("Mã khác của cơ quan"),
    "asked_by_id": _("Người đề nghị"),
    "granted_by_id": _("Người đồng ý"), "granted_at": _("Đồng ý lúc"), "ending_by_id": _("Người đề nghị bỏ"),
    "ending_at": _("Đề nghị bỏ lúc"), "ending_until": _("Ngày cuối được đề nghị"),
    "asked_at": _("Đề nghị lúc"), "decided_at": _("Quyết định lúc"), "decided_by_id": _("Người quyết định"),
    "answered_at": _("Trả lời lúc"),
    "done_by_id": _("Người xác nhận"), "gave_read": _("Kèm quyền đọc"),
    "paper_awaited": _("Chờ hồ sơ giấy"), "barred": _("Đọc rõ, không được cập nhật"),
    "late": _("Người trễ hạn"), "told_ids": _("Người được báo"), "next_day": _("Ngày làm việc tiếp theo"),
    "added": _("Thêm"), "removed": _("Bỏ"),
    "acts": _("Xóa nội dung đến bước"), "wanted_by": _("Do bước"), "id": _("Mã bản ghi"), "scope": _("Phạm vi"),
    "seed": _("Mã yêu cầu"),
    "withdrawn_by_id": _("Người thu hồi"), "withdrawn_reason": _("Lý do thu hồi"), "withdrawn_at": _("Thu hồi lúc"),
    "parts": _("Các tệp"), "template_version": _("Phiên bản mẫu"), "occurrence": _("Lần thứ"),
    "assignee_id": _("Người được giao"), "source_sha256": _("Mã băm tệp đã đọc"), "copy": _("Bản sao tìm kiếm được"),
    "made_at": _("Tạo lúc"), "mark": _("Dấu"), "edition": _("Bộ quy tắc thể thức"), "findings": _("Lỗi thể thức"),
    "attachment_id": _("Tệp được sao"), "certified_copy": _("Bản sao văn bản"),
    "certified_copy_id": _("Bản sao văn bản"), "is_copy": _("Tệp là bản sao y"),
    "amount": _("Số bản"), "signer_id": _("Người ký bản sao"),
    "made_by_id": _("Người làm bản sao"), "entry_id": _("Số trong sổ"), "parent_name": _("Cơ quan cấp trên"),
    "file_id": _("Tệp bản sao"), "form": _("Dạng bản sao"),
    "issued_id": _("Văn bản đã phát hành mang số"), "is_meeting": _("Là giấy mời"), "meeting_at": _("Họp lúc"),
    "chosen": _("Gửi tới, như đã chọn"), "chosen_names": _("Tên nơi gửi tới"),
    "called_back_at": _("Thu hồi lúc"), "call_back_reason": _("Lý do thu hồi"), "named_by_id": _("Người cử dự thay"),
    "read_at": _("Đọc lúc"), "answer_note": _("Nội dung trả lời"), "bears_number": _("Có số"),
    "is_used": _("Đang dùng"),
    "receipt_code": _("Mã hồi báo"),
    "all_received": _("Mọi nơi nhận đã hồi báo"), "answered_by": _("Văn bản trả lời"),
    "also": _("Văn bản cùng trả lời"), "tied": _("Còn liên kết"), "closes": _("Phát hành thì kết thúc văn bản đến"),
    "answers": _("Trả lời văn bản"),
    "answer_purpose": _("Mục đích văn bản trả lời"), "answer_type_name": _("Tên loại văn bản trả lời"),
    "co_handler_dues": _("Hạn của người phối hợp"), "co_unit_dues": _("Hạn của đơn vị phối hợp"),
    "co_unit_ids": _("Đơn vị phối hợp"), "handler_unit_id": _("Đơn vị chủ trì"),
    "reader_unit_ids": _("Đơn vị được đọc"), "decided_by": _("Người quyết định"), "giver_ids": _("Người giao"),
    "request_id": _("Yêu cầu số"), "request_kind": _("Loại yêu cầu"), "signature_ok": _("Chữ ký số hợp lệ"),
    "prepared": _("Mã băm bản chờ ký"),
}

#: of a copy of a document: its kind, what it is, how far it is
COPY_KIND = {"certified": _("Sao y"), "recopied": _("Sao lục"), "extract": _("Trích sao")}
COPY_FORM = {"paper": _("Bản giấy: in ra, ký tay và đóng dấu"), "electronic": _("Bản điện tử: ký số của cơ quan")}
COPY_STATUS = {"asked": _("Chờ lãnh đạo quyết định"), "ordered": _("Chờ văn thư làm"), "refused": _("Không được sao"),
               "made": _("Đã sao"), "cancelled": _("Đã hủy"), "recalled": _("Đã thu hồi")}
#: how a paper went that the exchange did not carry, and what a leader says to a copy
_ALLOWED = {"allow": _("Cho phép"), "refuse": _("Không cho phép")}

#: how the reading of a field was judged (records/reading_check.py)
_READ = {"right": _("đúng"), "doubted": _("đúng, đã hỏi lại"), "caught": _("sai, đã hỏi lại"),
         "silent": _("sai mà không hỏi lại"), "missed": _("không đọc được")}
#: parts of a value of several that are codes of one kind, whatever their names
_OF_PART = {"fields": "reading"}
_SIGNED_BY = {"leader": _("Lãnh đạo"), "agency": _("Cơ quan")}
_MESSAGE_KIND = {"document": _("Văn bản"), "status": _("Hồi báo"), "update": _("Cập nhật"),
                 "outside": _("Nơi nhận ngoài danh bạ"), "by_hand": _("Nơi nhận tự báo")}
_CHOSEN = {"all": _("Toàn cơ quan")} | {f"role:{role}": word for role, word in words.ROLE.items()}
_DRAFT = {"fresh": _("Dự thảo mới của chuyên viên"), "answer": _("Dự thảo trả lời một văn bản đến")}

_CODES: dict[tuple[str, str], dict[Any, LazyString]] = {
    ("document", "status"): words.STATUS, ("document", "direction"): words.DIRECTION,
    ("document", "channel"): words.CHANNEL, ("", "channel"): words.CHANNEL,
    ("document", "exchange_form"): words.EXCHANGE_FORM, ("attachment", "kind"): words.ATTACHMENT,
    ("opinion", "kind"): words.OPINION, ("document_right", "kind"): words.PART, ("document_right", "role"): words.ROLE,
    ("notice", "kind"): words.NOTICE, ("internal_recipient", "answer"): words.INTERNAL_ANSWER,
    ("message", "status_code"): words.MESSAGE_STATUS, ("", "receipt_code"): words.MESSAGE_STATUS,
    ("", "code"): words.MESSAGE_STATUS, ("", "status_code"): words.MESSAGE_STATUS,
    ("certified_copy", "status"): COPY_STATUS, ("certified_copy", "kind"): COPY_KIND,
    ("certified_copy", "form"): COPY_FORM, ("", "decision"): _ALLOWED,
    ("", "way"): words.SIGNING_WAY | words.SENT_BY,
    ("message", "other_way"): words.SENT_BY, ("barred_entry", "way"): words.BARRED_WAY,
    ("barred_entry", "rule"): words.BARRED_RULE, ("consultation", "answer"): words.OPINION,
    ("document", "verdict"): VERDICT, ("", "verdict"): VERDICT,
    ("scan_check", "differences"): SCAN_DIFFERENCE,
    ("layout_result", "findings"): LAYOUT_RULE, ("", "findings"): LAYOUT_RULE,
    ("", "reading"): _READ, ("signature", "kind"): _SIGNED_BY, ("message", "kind"): _MESSAGE_KIND,
    ("sender_request", "kind"): words.REQUEST, ("sender_request", "status"): words.REQUEST_STATUS,
    ("internal_paper", "chosen"): _CHOSEN, ("", "chosen"): _CHOSEN, ("", "answer"): words.INTERNAL_ANSWER,
    ("", "kind"): _DRAFT,
}

#: the pages of each part, as an auditor hears of one that was refused
PAGE = {
    "answer": _("Trả lời văn bản"), "consult": _("Lấy ý kiến"), "recipient_group": _("Nhóm nơi nhận"),
    "audit": _("Lịch sử"), "audit_answer": _("Lấy ra lịch sử"), "audit_check": _("Kiểm tra lịch sử"),
    "audit_grant": _("Quyền kiểm tra"), "audit_mining": _("Nhật ký để phân tích"),
    "barred": _("Không được cập nhật"), "certified_copy": _("Bản sao văn bản"),
    "internal": _("Trao đổi nội bộ"), "internal_kind": _("Loại văn bản nội bộ"),
    "channels": _("Trục liên thông và hộp thư"), "delegation": _("Ủy quyền"),
    "diagram": _("Quy trình"), "diagram_overview": _("Tổng quan quy trình"), "diagram_rights": _("Quyền sửa quy trình"),
    "diagram_instances": _("Hồ sơ đang chạy"), "direction": _("Chỉ đạo, đôn đốc"),
    "dispatch_board": _("Theo dõi phát hành"), "document": _("Văn bản"), "draft": _("Dự thảo"),
    "exchange_form": _("Hình thức trao đổi văn bản (Điều 4)"),
    "draft_layout": _("Thể thức dự thảo"), "draft_template": _("Mẫu dự thảo"), "draft_versions": _("Bản dự thảo"),
    "health": _("Tình trạng máy chủ"), "home": _("Trang chủ"), "inbox": _("Hộp việc"),
    "intake": _("Tiếp nhận văn bản"), "intake_upload": _("Tải lên văn bản đến"), "language": _("Ngôn ngữ"),
    "library": _("Tra cứu văn bản"), "login": _("Đăng nhập"), "named": _("Nơi nhận có tên trong văn bản"),
    "compared": _("Đối chiếu bản quét"),
    "paper": _("Hồ sơ giấy"),
    "reading_figures": _("Số liệu nhận dạng"), "register_many": _("Vào sổ nhiều văn bản"),
    "registers": _("Sổ văn bản"), "reserve": _("Giữ số"),
    "sender_recall": _("Lấy lại văn bản đã gửi"), "signature": _("Chữ ký số"), "signing": _("Ký số"),
    "signing_bulk": _("Ký nhiều văn bản"), "signing_client": _("Ký trên máy người ký"),
    "signature_picture": _("Hình chữ ký, con dấu"), "signing_key": _("Khóa ký số"), "task": _("Việc"),
    "trust": _("Danh sách tin cậy"), "trust_import": _("Nhập sổ đăng ký cơ quan gửi"),
    "upload": _("Tệp"), "working_days": _("Lịch làm việc"),
}

#: what may be taken out of a history or looked at
WHAT = {"bundle": _("Gói chứng cứ"), "slip": _("Phiếu kiểm soát"), "page": _("Trang văn bản"),
        "history": _("Lịch sử"), "file": _("Tệp"), "task": _("Trang việc"), "copy": _("Bản sao"),
        "replay": _("Phát lại"), "list": _("Danh sách được giao")}

DIFFERS = {
    "extra": _("chỉ bên trái có"),
    "missing": _("chỉ bên phải có"),
    "who": _("người khác làm"),
    "decision": _("quyết định khác"),
    "late": _("trễ hạn"),
    "slower": _("bên trái chờ lâu hơn nhiều"),
    "faster": _("bên trái nhanh hơn nhiều"),
}

#: how records/verify_record.py says that a record is not as told: its table, its id; columns
_RECORD = re.compile(r"^B\wn ghi ([a-z_]+) (\d+)(.*)$", re.DOTALL)
_COLUMNS = re.compile(r"(\bc\wt |: )([a-z_0-9]+(?:, [a-z_0-9]+)*)(?!\w)")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
#: a value of several: "receipt_code: 03; partner: H38.05"
_PART = re.compile(r"(^|; )([a-z][a-z_0-9]*): ([^;]*)")
_SIGNED, _LOWER = _("Đã ký bằng khóa của người ký"), re.compile(r".+, ch\wp nh\wn ch\w k\w m\wc (\w+)")
#: a word of ours before the beginning of a hash: "Tệp 637427c4b5691b38…"
_FILE = re.compile(r"(\w+)( [0-9a-f]{16}…)")
_HASH = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{52}\b")


def table_word(name: str) -> str:
    """What a table is called."""
    return words.word(TABLE, name)


def column_word(name: str) -> str:
    """What a column, a datum or a fact is called."""
    return words.word(COLUMN, name)


#: columns that are shown as the label of an element or of a step
_LABELS = {("milestone", "name"), ("deadline", "form_key"), ("task", "form_key")}


def field_word(label: str) -> str:
    """The label of a form's field in the language of the page; of one within a list the list's, its row, its own."""
    if (whole := gettext(label)) != label or ": " not in label:
        return whole
    outer, _, own = label.partition(": ")
    name, _, row = outer.rpartition(" ")
    row = row if name and row.isdigit() else ""
    return f"{gettext(name) if row else gettext(outer)}{' ' * bool(row)}{row}: {gettext(own)}"


def value_said(value: Value) -> str:
    """What was filled in: a choice in the language of the page, anything else as it was written."""
    return "; ".join(map(gettext, value.chosen)) if value.chosen else said("", value.key, value.text)


def said(table: str, column: str, text: str) -> str:
    """A value in words: codes by their tables, times by the clock of Viet Nam, hashes shortened."""
    if not text:
        return ""
    if file := _FILE.fullmatch(text):
        return gettext(file[1]) + file[2]
    if column == "what":
        return words.word(WHAT, text.partition(":")[0])
    if column == "element" or (table, column) in _LABELS:
        return gettext(text)
    if column == "message" and text in (known := template.messages()):
        return gettext(known[text][0])
    if column in ("payload", "recognised", "fields"):
        code = _OF_PART.get(column)
        return _PART.sub(lambda at: f"{at[1]}{column_word(at[2])}: {said('', code or at[2], at[3])}", text)
    if text != (meant := wording.meaning(column, text)):
        return gettext(meant)
    if column == "signature":
        return _signed(text)
    if _is_yes_or_no(table, column):
        return gettext(text)
    codes = _CODES.get((table, column))
    if codes is not None:
        return "; ".join(words.word(codes, one) for one in text.split("; "))
    if column in ("priority", "sent_priority") and text.isdigit():
        return words.word(words.PRIORITY, int(text))
    return _as_written(text)


def _as_written(text: str) -> str:
    if _MOMENT.match(text) and len(text) < 40:
        return clock(text)
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return day(text)
    return _HASH.sub(r"\1…", text)


def _is_yes_or_no(table: str, column: str) -> bool:
    found = Base.metadata.tables.get(table)
    return found is not None and column in found.columns and isinstance(found.columns[column].type, Boolean)


def _signed(text: str) -> str:
    """A signature as playback_words.py names it."""
    lower = _LOWER.fullmatch(text)
    return gettext("%(signed)s, chấp nhận chữ ký mức %(level)s", signed=_SIGNED, level=lower[1]) if lower \
        else gettext(text)


def page_word(name: str) -> str:
    """What a page is called, by the name that refusals keep: "audit_answer.file"."""
    part = name.partition(".")[0]
    found = PAGE.get(part) or PAGE["diagram" if part.startswith("diagram") else "home"]
    return str(found) if name else ""


def recorded(message: str) -> str:
    """A fault with the names of tables and columns in words: "Bản ghi “Quyền kiểm tra” mã 3 khác ...: Đến ngày."."""
    found = _RECORD.match(message)
    if found is None:
        return message
    rest = _COLUMNS.sub(lambda at: at[1] + ", ".join(map(column_word, at[2].split(", "))), found[3])
    return gettext("Bản ghi “%(table)s” mã %(key)s", table=table_word(found[1]), key=found[2]) + rest


def person_of(frame: Frame) -> str:
    """Who did it, as filters name him."""
    return gettext("Hệ thống") if frame.is_system else frame.who
