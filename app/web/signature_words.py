"""Vietnamese words for what was found of signatures: the verdict, what comes next, each fact (Art. 3.3, 3.4, 6.3)."""

from flask_babel import lazy_gettext as _

#: the sentence over a document's signatures, by its verdict (Art. 3.3)
VERDICT = {
    "3.3.a": _("Hợp lệ theo Điều 3.3.a: bản quét văn bản giấy có chữ ký số của cơ quan phát hành"),
    "3.3.b": _("Hợp lệ theo Điều 3.3.b: có chữ ký số của lãnh đạo, sau đó của cơ quan phát hành"),
    "copy": _("Bản sao hợp lệ: có chữ ký số của cơ quan thực hiện sao (NĐ 30/2020 Điều 25, 26)"),
    "incomplete": _("Chưa đủ chữ ký số theo Điều 3.3"), "indeterminate": _("Chưa đủ căn cứ để kết luận"),
    "invalid": _("Chữ ký số không hợp lệ"), "unsigned": _("Không có chữ ký số"),
    # judged before the points of Art. 3.3 were told
    "green": _("Chữ ký số hợp lệ"), "amber": _("Chữ ký số chưa đủ căn cứ"), "red": _("Chữ ký số không hợp lệ"),
    "none": _("Không có chữ ký số"),
}
#: what comes next, by the point of Art. 6.3
HANDLING = {
    "6.3.a": _("Điều 6.3.a: tiếp nhận và xử lý ngay, không chờ bản giấy (Điều 3.4)."),
    "6.3.b": _("Điều 6.3.b: báo cáo lãnh đạo xem xét, quyết định."),
}
#: the same of a kind that waits for its file on paper
HANDLING_WAITS = _("Điều 6.3.a: tiếp nhận, vào sổ ngay; loại văn bản này chờ hồ sơ giấy để thẩm định rồi mới chuyển "
                   "lãnh đạo (Điều 3.4).")
#: over a file beside the document, and over the packet in which it came
BESIDE = {"valid": _("Hợp lệ"), "unsigned": _("Không có chữ ký số của cơ quan"),
          "indeterminate": _("Chưa đủ căn cứ để kết luận"), "invalid": _("Không hợp lệ")}
ROLE = {"personal": _("Chữ ký số cá nhân"), "agency": _("Chữ ký số cơ quan")}
REVOCATION = {"good": _("Không bị thu hồi tại thời điểm ký"), "revoked": _("Đã bị thu hồi"),
              "unknown": _("Chưa kiểm tra được")}
TOLD_BY = {"crl": _("danh sách chứng thư bị thu hồi lúc %(when)s"), "ocsp": _("trả lời trực tuyến (OCSP) lúc %(when)s")}
TIME_PROOF = {"timestamp": _("dấu thời gian của bên thứ ba"),
              "claimed": _("theo máy của người ký, chưa được chứng minh")}
CHANGE = {
    "signature": _("chữ ký số"), "timestamp": _("dấu thời gian của cả văn bản"),
    "validation_data": _("dữ liệu kiểm tra chữ ký"), "annotation": _("chú thích"), "field": _("ô biểu mẫu"),
    "page": _("trang"), "content": _("nội dung, hình ảnh"), "font": _("phông chữ"), "catalog": _("mục lục của tệp"),
    "metadata": _("thông tin về tệp"), "object": _("đối tượng khác"), "bytes": _("dữ liệu không thuộc mục nào"),
}
#: parts of a name in a certificate, as the reader of certificates calls them
NAME_PART = {
    "Common Name": _("Tên"), "Organization Identifier": _("Mã tổ chức"), "Organizational Unit": _("Đơn vị"),
    "Organization": _("Tổ chức"), "Title": _("Chức danh"), "User ID": _("Số định danh"), "Locality": _("Địa bàn"),
    "State/Province": _("Tỉnh, thành phố"), "Country": _("Quốc gia"),
}
