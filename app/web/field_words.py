"""The sentences at the fields of forms, in the language of the page.

What checks a field knows no language: it says a finished Vietnamese sentence, which is recognised here by its words.
A sentence that an agency wrote (the message of a pattern) stays as it is.
"""

import re

from flask_babel import gettext

#: marks a text for the catalogue
_ = str
#: %(…)s stands where a sentence says a fact
SENTENCES = (
    # engine/form.py, form_field.py
    _("Dữ liệu không đúng dạng."), _("Không được chọn ngày đã qua."), _("Lựa chọn không có trong danh mục."),
    _("Trường này không có trong biểu mẫu."), _("Bắt buộc nhập."), _("Giá trị không đúng dạng."),
    _("Giá trị phải là số."), _("Ngày không đúng."), _("Ngày giờ không đúng."), _("Tệp chưa được tải lên."),
    _("Không đúng mẫu quy định."), _("Tối đa %(n)s dòng."), _("Có ký tự không được phép."),
    _("Tối đa %(n)s chữ số thập phân."), _("Phải là số nguyên."), _("Giá trị phải là bội số của %(n)s."),
    _("Tối đa %(n)s mục."), _("Tối đa %(n)s ký tự."), _("Lựa chọn không có trong danh sách."),
    _("Tối thiểu %(n)s ký tự."), _("Không nhỏ hơn %(n)s."), _("Không lớn hơn %(n)s."),
    # records/deadline.py
    _("Hạn %(day)s đã qua; hãy chọn từ ngày %(today)s trở đi."),
    _("Hạn %(day)s quá xa (nhiều nhất %(n)s năm kể từ hôm nay); hãy xem lại năm."),
    _("Ngày %(day)s là ngày nghỉ theo lịch làm việc; ngày làm việc tiếp theo là %(next)s."),
    _("Giờ làm việc của ngày này đã hết; hãy chọn ngày làm việc sau."),
    # regulation/assignment
    _("Chọn người chủ trì xử lý."), _("Ghi lý do trả lại."), _("Chọn ít nhất một người hoặc đơn vị được đọc."),
    _("Hạn %(day)s của văn bản đã qua. Hãy chọn hạn khác; nếu vẫn giữ hạn này, đánh dấu ô “Giữ hạn xử lý đã qua”."),
    _("Ghi lý do không cho gia hạn."),
    _("Bạn là người xin gia hạn: lãnh đạo tự quyết định, không theo ủy quyền."),
    _("Trang %(page)s mang dấu “%(mark)s”: hãy chọn trả lại để văn thư xem và xử lý theo Điều 3.2."),
    _("Đơn vị này chưa có lãnh đạo để nhận; hãy chọn một người."), _("Chọn một người khác."),
    _("Chỉ chuyển cho người trong đơn vị; nếu không thuộc nhiệm vụ của đơn vị, hãy trả lại."),
    _("Chọn người hoặc đơn vị đã có trong phần phối hợp."), _("Chọn hạn phối hợp."),
    _("Mỗi người, đơn vị phối hợp chỉ có một hạn."), _("Hạn này sau hạn của người chủ trì; hãy ghi lý do."),
    # regulation/drafting, incoming, outgoing
    _("Ghi ý kiến khi trả lại."), _("Chọn hạn cho ý kiến."), _("Ghi ý kiến."), _("Ghi lý do hủy dự thảo."),
    _("Ghi lý do không chờ hồ sơ giấy."), _("Ghi lý do lãnh đạo không ký."), _("Ngày ký không thể sau hôm nay."),
    _("Ngày ký không thể trước ngày bắt đầu soạn văn bản."),
    _("Nhập mã PIN để ký."), _("Bản quét phải là tệp PDF, JPG, PNG hoặc TIF."),
    _("Dự thảo in tên người ký là “%(printed)s”, người duyệt và ký là %(name)s. Hãy trả lại để sửa; nếu vẫn "
      "ký, ghi ở đây đúng tên đã in và lý do."),
    _("Không đọc được phần ký của dự thảo nên chữ ký số không có chỗ định sẵn. Hãy trả lại để ghi chức vụ bằng chữ in "
      "hoa, họ và tên người ký ở dưới, bên phải cuối văn bản; nếu vẫn ký, ghi ở đây “ký ở cuối văn bản” và lý do: "
      "chữ ký đặt bên phải, cạnh “Nơi nhận” hoặc dưới dòng cuối, xem trước khi ký."),
    _("Ghi rõ nơi lưu để tìm lại được bản gốc: tủ, giá, hộp, cặp."),
    _("Tệp này đã có chữ ký số, không phải bản quét văn bản giấy. Hãy chọn tệp khác."),
    _("Không nhất trí thì ghi rõ vì sao, từ 5 ký tự."),
    _("Ghi lý do từ chối ký."),
    # engine/wording.py: when a row of a decision table holds
    _("Từ ngày %(first)s trở đi"), _("Đến hết ngày %(last)s"), _("Từ ngày %(first)s đến ngày %(last)s"),
)
_PLACE = re.compile(r"%\((\w+)\)s")
#: each as it is recognised
KNOWN = [(re.compile("".join(re.escape(part) if place % 2 == 0 else f"(?P<{part}>.+?)" for place, part in enumerate(
    _PLACE.split(text)))), text) for text in SENTENCES]


def said(text: str) -> str:
    """A sentence at a field, or in a row of a table, in the language of the page."""
    for known, message in KNOWN:
        if found := known.fullmatch(text):
            return gettext(message, **found.groupdict())
    return text


def told(errors: dict[str, list[str]]) -> dict[str, list[str]]:
    """The sentences of each field."""
    return {field: [said(text) for text in texts] for field, texts in errors.items()}
