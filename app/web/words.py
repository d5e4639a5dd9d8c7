"""Vietnamese words for every code name that a page shows: roles, statuses, kinds of act, refusals.

The Vietnamese sentence is the message id; other languages come from app/translations. A refusal's
sentence takes its facts by name (`%(limit)s`). Knows no table; a name without a word here is shown
as it is, and a test finds it.
"""

from typing import Any

from flask_babel import LazyString, gettext
from flask_babel import lazy_gettext as _

from app.refusal import Refusal
from app.tools.mail_read import MAX_BYTES as MAIL_BYTES
from app.tools.mail_read import SENTENCES as MAIL_SENTENCES
from app.web.refusal_file_words import MAIL_SENT
from app.web.refusal_words import REFUSAL

ROLE = {
    "clerk": _("Văn thư"),
    "leader": _("Lãnh đạo cơ quan"),
    "head": _("Lãnh đạo phòng"),
    "officer": _("Chuyên viên"),
    "admin": _("Quản trị"),
    "auditor": _("Kiểm tra, thanh tra"),
    "designer": _("Người sửa quy trình"),
    "publisher": _("Người ban hành quy trình"),
    "migrator": _("Người chuyển hồ sơ đang chạy"),
}

#: fields that are read of a scan
READ_FIELD = {
    "code_number": _("Số"), "code_notation": _("Ký hiệu"), "issued_date": _("Ngày ban hành"),
    "organ_name": _("Cơ quan ban hành"), "type_name": _("Tên loại"), "priority": _("Độ khẩn"),
    "subject": _("Trích yếu"), "signer_name": _("Người ký"), "signer_position": _("Chức vụ người ký"),
}

DIRECTION = {"incoming": _("Văn bản đến"), "outgoing": _("Văn bản đi"), "internal": _("Văn bản nội bộ")}

STATUS = {
    "arrived": _("Mới đến"),
    "registered": _("Đã vào sổ"),
    "assigned": _("Đã phân công"),
    "handling": _("Đang xử lý"),
    "closed": _("Đã hoàn thành"),
    "returned": _("Đã trả lại nơi gửi"),
    "discarded": _("Không cập nhật (Điều 3.2)"),
    "recalled": _("Nơi gửi đã thu hồi"),
    "replaced": _("Đã được thay thế"),
    "draft": _("Đang soạn thảo"),
    "submitted": _("Đã trình"),
    "reviewed": _("Đã xem xét"),
    "approved": _("Đã duyệt"),
    "numbered": _("Đã cấp số"),
    "completed": _("Đã có bản PDF"),
    "signed_by_leader": _("Lãnh đạo đã ký"),
    "paper_signed": _("Bản giấy đã ký"),
    "sealed": _("Đã đóng dấu"),
    "signed": _("Đã ký số cơ quan"),
    "dispatched": _("Đã phát hành"),
    "withdrawn": _("Đã thu hồi, đóng băng"), "circulated": _("Đã gửi nội bộ"), "called_back": _("Đã thu hồi"),
    "cancelled": _("Đã hủy"),
}

CHANNEL = {
    "paper": _("Văn bản giấy"), "exchange": _("Trục liên thông"),
    "mail": _("Thư điện tử công vụ"), "upload": _("Tệp điện tử do văn thư tải lên"),
}

INTERNAL_ANSWER = {"attends": _("Tham dự"), "absent": _("Không tham dự"), "sends": _("Cử người khác dự thay")}

EXCHANGE_FORM = {
    "electronic": _("Chỉ gửi văn bản điện tử"),
    "hybrid": _("Gửi văn bản điện tử kèm văn bản giấy"),
}

PRIORITY = {0: _("Thường"), 1: _("Khẩn"), 2: _("Thượng khẩn"), 3: _("Hỏa tốc")}

ATTACHMENT = {
    "scan": _("Bản quét"), "paper": _("Bản quét giấy ghép sau"), "original": _("Bản nhận được"),
    "draft": _("Dự thảo"), "final": _("Bản PDF có số, ngày"), "signed_leader": _("Bản lãnh đạo đã ký"),
    "signed": _("Bản phát hành"), "packet": _("Gói tin liên thông"),
    "appendix": _("Phụ lục"), "opinion": _("Tệp kèm ý kiến"),
    "appendix_old": _("Phụ lục bản trước"),
    "preserved": _("Bản có dấu thời gian lưu trữ"), "copy": _("Bản sao điện tử"), "internal": _("Tệp kèm theo"),
}

#: where the key that signs lies
SIGNING_WAY = {
    "token": _("Thiết bị ký (token, HSM) của cơ quan"), "client": _("Thiết bị ký cắm ở máy của tôi"),
    "remote": _("Dịch vụ ký số từ xa"), "file": _("Khóa ký lưu ở máy chủ"),
}

OPINION = {
    "directive": _("Bút phê"),
    "opinion": _("Ý kiến"),
    "reason": _("Lý do"), "result": _("Kết quả xử lý"),
    "agree": _("Nhất trí"), "remarks": _("Nhất trí, có ý kiến thêm"), "disagree": _("Không nhất trí"),
    "extension": _("Gia hạn"), "reminder": _("Đôn đốc"),
    "warning": _("Cảnh báo"),
    "request": _("Đề nghị của nơi gửi"),
}

MAIL_STATUS = {"taken": _("Đã thành văn bản đến"), "dismissed": _("Đã bỏ qua"), "gone": _("Không còn trong hộp thư")}

MAIL_REASON = {
    "mail_stranger": _("Người gửi không có trong danh sách nơi gửi được phép."),
    "mail_repeated": _("Trùng với một thư đã có (cùng mã thư) nhưng nội dung khác."),
    "mail_reply": _("Thư này trả lời thư của cơ quan về văn bản dưới đây, không phải văn bản mới."),
    "mail_held": _("Có tệp cần văn thư xem trước khi tiếp nhận."),
    "mail_unreadable": _("Phần mềm không đọc được thư sau nhiều lần thử; hãy mở bằng chương trình thư."),
    "mail_gone": _("Thư không còn trong hộp thư."),
    "mail_picture": _("Hình nhỏ trong lời thư (biểu trưng, chữ ký), không phải tệp văn bản."),
}

_BARRED_MAIL = _(
    "Phần mềm chỉ ghi lại việc này, không lưu gì của thư. Hãy báo người phụ trách, xử lý ngoài phần mềm rồi xóa thư "
    "khỏi hộp thư.")
BARRED_MAIL = {
    "barred_secrecy": _("Thư có dấu chỉ độ mật nên không được tiếp nhận (Điều 3.2)."),
    "barred_secrecy_within": _("Thư có trang mang dấu chỉ độ mật nên không được tiếp nhận (Điều 3.2)."),
    "barred_petition": _("Thư là đơn thư tranh chấp, khiếu nại, tố cáo nên không được tiếp nhận (Điều 3.2)."),
    "barred_listed": _("Thư thuộc danh mục của cơ quan nên không được tiếp nhận (Điều 3.2)."),
}

BARRED_RULE = {
    "secrecy": _("Dấu chỉ độ mật"),
    "petition": _("Đơn thư tranh chấp, khiếu nại, tố cáo"),
    "listed": _("Danh mục của cơ quan"),
    "other": _("Văn thư quyết định không cập nhật"),
}

BARRED_WAY = {
    "upload": _("tải lên"),
    "scan": _("thư mục quét"),
    "mail": _("hộp thư công vụ"),
    "exchange": _("trục liên thông"),
    "recognised": _("bản quét đã nhận dạng"),
    "clerk": _("văn thư quyết định"),
}

BARRED_KIND = {
    "type": _("Loại văn bản"),
    "mark": _("Dấu, dòng chữ đứng riêng"),
    "words": _("Từ trong tên loại, trích yếu"),
}

BARRED_MATTER = {
    "secrecy": _("Bí mật nhà nước"),
    "petition": _("Đơn thư tranh chấp, khiếu nại, tố cáo"),
    "other": _("Nội dung khác"),
}

#: what the responsible person does with the paper
BARRED_ADVICE = {
    "secrecy": _(
        "Nhận lại bản giấy, đăng ký vào sổ riêng theo pháp luật bảo vệ bí mật nhà nước; yêu cầu xóa tệp còn ở máy "
        "quét, máy tính và hộp thư; không in, không chuyển tiếp."),
    "petition": _(
        "Nhận bản giấy, đăng ký vào sổ tiếp công dân, xử lý đơn thư và giải quyết ngoài phần mềm; yêu cầu xóa tệp còn "
        "ở máy quét, máy tính."),
    "listed": _("Nhận bản giấy và xử lý ngoài phần mềm theo quy định của thủ trưởng cơ quan; yêu cầu xóa tệp còn lại."),
    "other": _("Nhận bản giấy và xử lý ngoài phần mềm theo quy định; yêu cầu xóa tệp còn lại."),
}

LOG_FORMAT = {"csv": _("CSV (bảng tính)"), "xes": _("XES (tiêu chuẩn IEEE 1849)"), "ocel": _("OCEL 2.0 (tệp JSON)")}

TWIN = {"packet": _("cùng mã định danh"), "file": _("cùng tệp"), "reference": _("cùng số, ký hiệu, nơi gửi")}

REQUEST = {"recall": _("Nơi gửi yêu cầu thu hồi"), "update": _("Nơi gửi yêu cầu cập nhật thông tin"),
           "replace": _("Nơi gửi yêu cầu thay thế")}

REQUEST_STATUS = {"asked": _("Chờ giải quyết"), "open": _("Chờ văn thư giải quyết"), "accepted": _("Đã đồng ý"),
                  "refused": _("Đã từ chối")}

ACT = {
    "instance_started": _("Bắt đầu quy trình"),
    "task_claimed": _("Nhận việc"),
    "task_released": _("Trả việc"),
    "task_completed": _("Hoàn thành việc"),
    "step_finished": _("Hệ thống xử lý xong"),
    "step_failed": _("Bước xử lý gặp lỗi"),
    "step_retried": _("Chạy lại bước xử lý"),
    "sent_back": _("Trả về bước trước"),
    "timer_fired": _("Đến hạn"),
    "message_received": _("Nhận thông báo"),
    "document_read": _("Đọc văn bản"),
    "diagram_published": _("Ban hành quy trình"),
    "account_changed": _("Thay đổi tài khoản"),
    "content_removed": _("Xóa nội dung (Điều 3.2)"),
    "opinion_given": _("Cho ý kiến"),
    "instance_migrated": _("Chuyển sang bản quy trình mới"),
    "instance_suspended": _("Tạm dừng hồ sơ"),
    "instance_resumed": _("Tiếp tục hồ sơ"),
    "instance_cancelled": _("Hủy quy trình của hồ sơ"),
    "instance_repaired": _("Sửa chỗ đứng của hồ sơ"),
    "repair_asked": _("Đề nghị sửa hồ sơ"),
    "repair_refused": _("Không đồng ý sửa hồ sơ"),
    "release_withdrawn": _("Thu hồi bản quy trình"),
    "history_exported": _("Lấy lịch sử ra khỏi hệ thống"),
    "access_refused": _("Bị từ chối truy cập"),
    "act_refused": _("Bị từ chối thực hiện"),
    "mail_decided": _("Quyết định về một thư"),
    "mailbox_changed": _("Thay đổi hộp thư công vụ"),
    "calendar_changed": _("Sửa lịch làm việc"),
    "register_opened": _("Mở sổ"), "register_closed": _("Khóa sổ"), "register_reopened": _("Mở lại sổ"),
    "deadline_moved": _("Tính lại hạn theo lịch làm việc"), "day_off_told": _("Báo hạn rơi vào ngày nghỉ"),
    "delegation_given": _("Ủy quyền"),
    "delegation_ended": _("Chấm dứt ủy quyền"),
    "directive_changed": _("Sửa mẫu bút phê"),
    "urged": _("Đôn đốc"), "answer_changed": _("Ghi văn bản đến mà dự thảo trả lời"),
    "opinion_asked": _("Hỏi ý kiến"), "notice_confirmed": _("Xác nhận thông báo"),
    "recall_asked": _("Thu hồi văn bản đã phát hành"), "resend_asked": _("Gửi lại một nơi nhận"),
    "update_asked": _("Cập nhật thông tin văn bản đã phát hành"),
    "replacement_changed": _("Ghi văn bản mà dự thảo thay thế"),
    "recipients_answered": _("Trả lời cho nơi nhận có tên mà chưa chọn"),
    "scan_answered": _("Trả lời cho chỗ bản quét khác bản đã duyệt"),
    "recipient_groups_changed": _("Sửa nhóm nơi nhận"),
    "number_reserved": _("Giữ số cho văn bản"), "number_released": _("Bỏ số đã giữ"),
    "removal_completed": _("Xóa nốt phần còn lại (Điều 3.2)"),
    "sent_otherwise": _("Ghi cách gửi, cách báo ngoài trục, hoặc không gửi"),
    "mark_found": _("Thấy dấu chỉ độ mật ở trang sau (Điều 3.2)"),
    "signature_preserved": _("Đóng dấu thời gian lưu trữ"),
    "signature_pictures_changed": _("Đổi hình chữ ký, con dấu"),
    "signing_keys_changed": _("Sửa danh sách khóa ký số"), "trust_asked": _("Đề nghị sửa danh sách tin cậy"),
    "trust_decided": _("Quyết định danh sách tin cậy"), "signature_rechecked": _("Kiểm tra lại chữ ký số"),
    "text_read": _("Đọc toàn văn tệp"), "exchange_form_changed": _("Đổi hình thức trao đổi (Điều 4)"),
    "layout_checked": _("Kiểm tra thể thức dự thảo"),
    "copy_asked": _("Đề nghị sao văn bản"), "copy_decided": _("Quyết định việc sao văn bản"),
    "internal_sent": _("Gửi trong nội bộ cơ quan"), "internal_called_back": _("Thu hồi văn bản nội bộ"),
    "internal_answered": _("Trả lời giấy mời nội bộ"), "internal_discarded": _("Xóa văn bản nội bộ (Điều 3.2)"),
    "internal_kinds_changed": _("Sửa loại văn bản nội bộ"),
    "copy_made": _("Cấp số, làm bản sao"), "copy_cancelled": _("Hủy bản sao"),
    "copy_sent": _("Gửi bản sao qua trục liên thông"),
    "paper_kinds_changed": _("Sửa danh mục loại văn bản chờ hồ sơ giấy"),
    "entry_barred": _("Không cho cập nhật (Điều 3.2)"),
    "barred_seen": _("Người phụ trách đã biết (Điều 3.2)"),
    "barred_cleared": _("Báo loại nhầm (Điều 3.2)"),
    "barred_rules_changed": _("Sửa danh mục không được cập nhật (Điều 3.2)"),
    "layout_rules_changed": _("Sửa danh mục lỗi thể thức chặn duyệt"),
    "taken_over": _("Ghi nhận hiện trạng vào lịch sử"),
    "audit_granted": _("Giao quyền kiểm tra"),
    "audit_ended": _("Kết thúc quyền kiểm tra"),
    "agency_changed": _("Thay đổi cơ quan, đơn vị"),
    "delegation_changed": _("Thay đổi ủy quyền"),
}

DUE_STATE = {
    "overdue": _("Quá hạn"),
    "waiting": _("Còn hạn"),
    "none": _("Không có hạn"),
    "done": _("Đã xong"),
}

#: what a delegation reaches (Art. 7)
SCOPE = {
    "all": _("Xem, quyết định, phân công mọi văn bản đến"),
    "usual": _("Xem, quyết định, phân công văn bản đến không khẩn"),
    "reading": _("Chỉ xem văn bản"),
}

NOTICE = {
    "urged": _("Được đôn đốc"),
    "asked": _("Được hỏi ý kiến"),
    "answered": _("Đã có ý kiến trả lời"),
    "recalled": _("Đã được thu hồi"),
    "rights": _("Quyền đã thay đổi, cần xác nhận"),
    "late": _("Có việc trễ hạn"),
    "marked": _("Có dấu chỉ độ mật, dừng xử lý (Điều 3.2)"),
    "over": _("Câu hỏi kết thúc cùng văn bản, không cần trả lời"),
    "changed": _("Nơi gửi đã thay đổi văn bản"), "day_off": _("Hạn rơi vào ngày nghỉ"),
}

WEEKDAY = (_("Thứ Hai"), _("Thứ Ba"), _("Thứ Tư"), _("Thứ Năm"), _("Thứ Sáu"), _("Thứ Bảy"), _("Chủ nhật"))

DAY_KIND = {
    "holiday": _("Nghỉ lễ, tết"),
    "compensatory": _("Nghỉ bù"),
    "swap_off": _("Nghỉ hoán đổi"),
    "swap_work": _("Làm bù"),
}

DAY_PART = {"day": _("Cả ngày"), "morning": _("Buổi sáng"), "afternoon": _("Buổi chiều")}

#: procedures that are shipped; another one is called by its key
PROCEDURE = {
    "incoming": _("Xử lý văn bản đến"),
    "outgoing_electronic": _("Phát hành văn bản điện tử"),
    "outgoing_hybrid": _("Phát hành văn bản điện tử kèm văn bản giấy"),
}

PROPOSAL = {"open": _("Đang sửa"), "published": _("Đã ban hành"), "discarded": _("Đã bỏ")}

RELEASE = {
    "published": _("Đang áp dụng"),
    "retired": _("Đã thay thế"),
    "withdrawn": _("Đã thu hồi"),
}

#: the lists that forms offer (records/catalogue.py)
CATALOGUE = {
    "agency": _("Cơ quan, đơn vị trên trục liên thông"),
    "document_type": _("Loại văn bản"),
    "handler": _("Người xử lý (chuyên viên, lãnh đạo phòng)"),
    "holder": _("Người và đơn vị trong cơ quan"),
    "incoming_register": _("Sổ đăng ký văn bản đến"),
    "leader": _("Lãnh đạo cơ quan"),
    "person": _("Mọi người trong cơ quan"),
    "priority": _("Độ khẩn"),
    "purpose": _("Mục đích văn bản (Điều 4.1)"),
}

#: a person's part in a document (Art. 7)
PART = {
    "mine": _("Tôi soạn"),
    "handle": _("Chủ trì"),
    "co_handle": _("Phối hợp"),
    "read": _("Để đọc"),
}

#: status codes of the exchange (records/message.py); "" is a packet nobody has answered
RECALLED = {"unsent": _("Chờ gửi yêu cầu"), "failed": _("Không gửi được"), "asked": _("Chưa trả lời"),
            "accepted": _("Đồng ý, đã xóa"), "refused": _("Từ chối")}
UPDATED = RECALLED | {"accepted": _("Đồng ý")}

MESSAGE_STATUS = {
    "": _("Chưa hồi báo"),
    "01": _("Đã đến"),
    "02": _("Từ chối tiếp nhận"),
    "03": _("Đã tiếp nhận"),
    "04": _("Phân công"),
    "05": _("Đang xử lý"),
    "06": _("Hoàn thành"),
    "13": _("Lấy lại"),
    "15": _("Đồng ý lấy lại, cập nhật"),
    "16": _("Từ chối lấy lại, cập nhật"),
}

#: where a document is with one recipient (regulation/outgoing/board.py), beside the codes of the exchange; an answer by
#: what it is about (outgoing/recall.py), where that is known
DELIVERY = {
    "waiting": _("Chưa phát hành"),
    "unsent": _("Chờ gửi"), "by_hand": _("Chưa gửi, ngoài danh bạ"),
    "failed": _("Không gửi được"),
    "other": _("Đã gửi bằng cách khác"), "paper": _("Chưa ghi gửi bản giấy"),
    "sent": _("Đã gửi"),
    **{code: name for code, name in MESSAGE_STATUS.items() if code},
    "15 recall": _("Đồng ý thu hồi"), "15 update": _("Đồng ý cập nhật thông tin"), "15 replace": _("Đồng ý thay thế"),
    "16 recall": _("Từ chối thu hồi"), "16 update": _("Từ chối cập nhật thông tin"),
    "16 replace": _("Từ chối thay thế"),
}

SENT_BY = {"post": _("Qua bưu điện"), "hand": _("Giao trực tiếp"), "mail": _("Qua hộp thư công vụ"),
           "inside": _("Chuyển trong nội bộ cơ quan"), "none": _("Không gửi"), "told": _("Đã ghi việc báo")}
LATE = {"send": _("Gửi quá hạn"), "arrival": _("Chưa báo đã đến trong ngày"), "registration": _("Quá hạn tiếp nhận")}


def word(table: dict[object, LazyString], name: object) -> str:
    """The word of a code name; the name itself when the table has none, "" for None."""
    return "" if name is None else str(table.get(name, name))


def mail_reason(code: str) -> str:
    """Why a mail or one of its files waits or cannot come in."""
    if code in MAIL_REASON:
        return str(MAIL_REASON[code])
    if code in BARRED_MAIL:
        return f"{BARRED_MAIL[code]} {_BARRED_MAIL}"
    if code in MAIL_SENTENCES:
        return MAIL_SENTENCES[code].format(limit=MAIL_BYTES // 1024 // 1024)
    known = str((REFUSAL | MAIL_SENT).get(code, ""))
    return known if known and "%(" not in known else gettext("Tệp không thuộc loại được tiếp nhận, hoặc bị hỏng.")


def trouble(note: str) -> str:
    """What an incident's note (engine/perform.py: "code: words for the log") means for an administrator."""
    known = str(REFUSAL.get(note.partition(":")[0], ""))
    if not known or "%(" in known:
        return gettext("Bước này gặp lỗi kỹ thuật. Hãy xem chi tiết, rồi thử lại hoặc trả về bước trước.")
    return known


def sentence(refusal: Refusal) -> str:
    """The sentence shown for a refusal, with its facts; a Vietnamese `message` fact wins."""
    return said(refusal.code, refusal.facts)


def said(code: str, facts: dict[str, Any]) -> str:
    """The same for a refusal of which code and facts were kept."""
    message = facts.get("message")
    if isinstance(message, str):
        return message
    unknown = gettext("Chưa thực hiện được vì không đúng quy định (mã: %(code)s).", code=code)
    known = REFUSAL.get(code)
    if known is None:
        return unknown
    try:
        return str(known) % facts
    except (KeyError, TypeError, ValueError):
        return unknown
