"""Vietnamese words of the rules of form (Art. 3.1.đ), one per rule of layout_finding.py, and of compare.py."""

from flask_babel import lazy_gettext as _

LAYOUT_RULE = {
    "paper": _("Khổ giấy A4"), "margins": _("Lề trang"), "font": _("Phông chữ Times New Roman"),
    "color": _("Chữ màu đen"), "page_number": _("Số trang"), "head_places": _("Vị trí các ô phần đầu"),
    "country": _("Quốc hiệu"), "motto": _("Tiêu ngữ"), "motto_rule": _("Đường kẻ dưới Tiêu ngữ"),
    "sizes": _("Cỡ chữ phần đầu đi cùng nhau"), "organ": _("Tên cơ quan ban hành"),
    "organ_rule": _("Đường kẻ dưới tên cơ quan"), "number": _("Số, ký hiệu"), "date": _("Địa danh và thời gian"),
    "number_date": _("Số và thời gian cùng một dòng"), "type_name": _("Tên loại văn bản"),
    "subject": _("Trích yếu nội dung"), "subject_rule": _("Đường kẻ dưới trích yếu"),
    "mark": _("Dấu chỉ mức độ khẩn, phạm vi lưu hành"), "addressees": _("Kính gửi"),
    "basis": _("Căn cứ ban hành"), "body_size": _("Cỡ chữ nội dung"), "body_style": _("Kiểu chữ nội dung"),
    "body_align": _("Dàn đều hai lề"), "first_line": _("Lùi đầu dòng"), "paragraph_gap": _("Khoảng cách giữa các đoạn"),
    "line_spacing": _("Dãn dòng"), "numbering": _("Thứ tự chương, điều, khoản, điểm"),
    "heading": _("Tiêu đề phần, chương, mục"), "blank": _("Chỗ chưa điền"),
    "ending": _("Kết thúc nội dung bằng “./.”"), "tail_places": _("Vị trí các ô phần cuối"),
    "signature": _("Quyền hạn, chức vụ người ký"), "signer_name": _("Họ và tên người ký"), "recipients": _("Nơi nhận"),
    "attached": _("Phụ lục, văn bản kèm theo"), "spaces": _("Dấu cách thừa"), "dash": _("Gạch đầu dòng"),
    "cited": _("Viết hoa khi viện dẫn điều, khoản"),
}

#: in whose place one signs
AUTHORITY = {
    "": _("Theo hồ sơ của người ký"), "none": _("Ký đúng chức vụ, không ghi thay ai"),
    "TM.": _("TM. (thay mặt tập thể)"), "KT.": _("KT. (ký thay cấp trưởng)"),
    "TL.": _("TL. (thừa lệnh)"), "TUQ.": _("TUQ. (thừa ủy quyền)"),
    "Q.": _("Q. (quyền cấp trưởng)"),
}

#: what a scan has otherwise than the text that was approved (Art. 9.2.c)
SCAN_DIFFERENCE = {
    "words": _("Từ ngữ giống quá ít"), "number": _("Số, ký hiệu khác"), "date": _("Ngày khác"),
    "signer": _("Người ký khác"), "name": _("Nơi nhận khác"), "figure": _("Con số khác"),
    "sense": _("Từ phủ định, loại trừ khác"), "missing": _("Đoạn đã duyệt không thấy trong bản quét"),
    "added": _("Chữ không có trong bản duyệt"), "changed": _("Từ ngữ khác"), "subject": _("Không thấy trích yếu"),
    "unread": _("Không đọc rõ trên bản quét, hãy nhìn lại"),
}
