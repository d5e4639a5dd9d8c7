"""The Vietnamese sentences of what is refused of files: what comes in, what is signed, the tools that read and send it.

As in refusal_words.py, which joins them to the rest.
"""

from flask_babel import lazy_gettext as _

_SIGNING = {
    "wrong_pin": _("Mã PIN không đúng. Sai 5 lần thì phải đợi 15 phút mới được ký."),
    "last_pin_try": _("Mã PIN không đúng. Thiết bị ký chỉ cho thử thêm một lần: sai nữa thì thiết bị khóa. Nếu không "
                      "chắc, hãy hỏi người cấp thiết bị."),
    "pin_locked": _("Đã nhập sai mã PIN nhiều lần nên tạm dừng ký. Hãy thử lại sau %(minutes)s phút."),
    "key_missing": _("Chưa có khóa ký cho người ký này. Hãy báo quản trị."),
    "status_told": _("Trạng thái này trục đã nhận hoặc đang chờ gửi; chỉ văn thư gửi lại trạng thái trục không nhận."),
    "certificate_expired": _("Chứng thư số đã hết hạn hoặc chưa có hiệu lực. Hãy chọn cách ký khác, hoặc gia hạn chứng "
                             "thư rồi báo quản trị đăng ký lại."),
    "certificate_revoked": _("Chứng thư số đã bị thu hồi. Hãy chọn cách ký khác, hoặc xin cấp chứng thư mới rồi báo "
                             "quản trị đăng ký."),
    "certificate_untrusted": _("Chứng thư số không thuộc cơ quan chứng thực mà hệ thống tin cậy (NĐ 68/2024 Điều 32). "
                               "Hãy chọn cách ký khác hoặc báo quản trị."),
    "certificate_unreadable": _("Không đọc được chứng thư số. Hãy chọn tệp chứng thư .cer, .crt hoặc .pem."),
    "certificate_not_in_force": _("Chứng thư số này có hiệu lực từ %(since)s đến %(until)s, hôm nay không ký được bằng "
                                  "nó. Hãy đăng ký chứng thư đang có hiệu lực."),
    "certificate_of_another": _("Chứng thư số này mang tên “%(name)s”, không phải của người hoặc cơ quan phải ký."),
    "token_locked": _("Thiết bị ký đã khóa hoặc chưa đặt mã PIN. Hãy mở khóa bằng công cụ của thiết bị rồi ký lại."),
    "token_absent": _("Không thấy thiết bị ký. Hãy cắm thiết bị, hoặc báo quản trị kiểm tra, rồi ký lại."),
    "service_pin_wrong": _("Mã PIN không đúng. Dịch vụ ký số từ xa tự đếm số lần sai và khóa khóa ký khi quá số lần "
                           "của dịch vụ. Dịch vụ trả lời: “%(said)s”. Nếu không chắc, hãy hỏi nơi cấp trước khi "
                           "thử lại."),
    "credential_locked": _("Dịch vụ ký số từ xa đã khóa hoặc ngừng khóa ký này. Dịch vụ trả lời: “%(said)s”. Hãy "
                           "nhờ nơi cấp chứng thư mở lại, hoặc chọn cách ký khác."),
    "way_missing": _("Hệ thống chưa được cài đặt cho cách ký này. Hãy chọn cách ký khác hoặc báo quản trị."),
    "way_not_allowed": _("Bạn chưa được dùng cách ký này. Hãy chọn cách ký khác hoặc báo quản trị."),
    "service_away": _("Dịch vụ ký số từ xa không trả lời. Văn bản chưa được ký; hãy thử lại sau ít phút."),
    "service_refuses": _("Dịch vụ ký số từ xa từ chối yêu cầu. Hãy báo quản trị kiểm tra đăng ký dịch vụ."),
    "revocation_unknown": _("Chưa kiểm tra được chứng thư số có bị thu hồi hay không vì máy chủ chứng thực không trả "
                            "lời. Văn bản chưa được ký; hãy thử lại sau ít phút."),
    "packet_key_wrong": _("Không dùng được khóa ký gói tin liên thông của cơ quan (%(file)s). Hãy báo quản trị."),
    "visit_ended": _("Lần ký này đã hết hạn hoặc đã được bắt đầu lại. Hãy bấm ký lại."),
    "not_signed_yet": _("Chưa nhận được tệp đã ký từ dịch vụ ký số trên máy của bạn. Hãy ký lại."),
    "not_this_document": _("Tệp nhận về không phải là văn bản đã gửi đi ký nên không được nhận."),
    "not_one_signature": _("Tệp nhận về không có đúng một chữ ký mới nên không được nhận."),
    "not_this_certificate": _("Tệp nhận về được ký bằng chứng thư của “%(name)s”, không phải chứng thư đã đăng ký "
                              "cho bạn. Hãy cắm đúng thiết bị rồi ký lại."),
    "not_sound": _("Chữ ký trong tệp nhận về không hợp lệ hoặc tệp có thay đổi khác nên không được nhận. Hãy ký lại."),
    "stamp_missing": _("Chữ ký nhận về không có dấu thời gian: dịch vụ ký số trên máy của bạn chưa bật dấu thời gian, "
                       "hoặc máy chủ dấu thời gian không trả lời. Văn bản chưa được ký; hãy thử lại sau ít phút."),
    "not_preservable": _("Chỉ văn thư đóng dấu thời gian lưu trữ cho văn bản cơ quan đã ký, và không hai lần trong "
                         "một ngày."),
    "not_lasting": _("Chữ ký của tệp không còn nguyên vẹn nên không đóng dấu thời gian lưu trữ được."),
    "level_unknown": _("Mức chữ ký trong cấu hình phải là B-T hoặc B-LT."),
    "not_picture_keeper": _("Lãnh đạo tự giữ hình chữ ký của mình; văn thư hoặc quản trị giữ hình con dấu."),
    "picture_reason": _("Ghi lý do, từ 5 đến 500 ký tự."), "picture_wrong": _("Hình này không dùng được cho chữ ký."),
    "signing_key_wrong": _("Hãy chọn cách ký, ghi tên khóa và lý do từ 5 đến 500 ký tự."),
    "not_trust_keeper": _("Quản trị đề nghị sửa danh sách tin cậy; quản trị khác hoặc lãnh đạo quyết định."),
    "trust_of_one_person": _("Người đề nghị không được tự quyết định: cần người thứ hai (NĐ 68/2024 Điều 32)."),
    "trust_wrong": _("Hãy chọn mục đích, ghi đúng thứ tự ngày, mã của cơ quan gửi và lý do từ 5 đến 500 ký tự."),
    "not_signer": _("“%(name)s” không phải chứng thư để ký văn bản, hoặc ghi mã của cơ quan khác (Điều 3.3)."),
    "not_authority": _("“%(name)s” không phải chứng thư của một nơi cấp chứng thư cho mục đích đã chọn (NĐ 68/2024 "
                       "Điều 32)."),
    "trust_there": _("“%(name)s” đã có trong danh sách hoặc đang chờ quyết định."),
    "bundle_wrong": _("Cần một tệp register.json (danh sách các cơ quan), để riêng cùng các tệp chứng thư hoặc "
                      "trong một tệp ZIP; không quá 4 MB và 1.000 chứng thư. Chưa có gì thay đổi."),
    "not_key_keeper": _("Chỉ quản trị của cơ quan sửa danh sách khóa ký số."),
    "trust_unreadable": _("Không đọc được danh sách tin cậy (NĐ 68/2024 Điều 32)."),
    "roots_missing": _("Không có chứng thư gốc nào trong thư mục %(file)s: thư mục không có, trống, hoặc không tệp nào "
                       "có đuôi .pem, .crt, .cer, .der (NĐ 68/2024 Điều 32)."),
    "register_unreadable": _("Không đọc được sổ đăng ký chứng thư của các cơ quan (Điều 3.3)."),
    "register_wrong": _("Sổ đăng ký %(file)s, mục %(row)s: “%(field)s” thiếu hoặc sai kiểu dữ liệu (Điều 3.3)."),
    "register_key_twice": _("Sổ đăng ký %(file)s, mục %(row)s: “%(field)s” được ghi hai lần, không rõ lần nào tính; "
                            "hãy giữ một lần (Điều 3.3)."),
    "register_key_unknown": _("Sổ đăng ký %(file)s, mục %(row)s: sổ không có tên “%(field)s”; hãy sửa hoặc bỏ (Điều "
                              "3.3)."),
    "register_code_twice": _("Sổ đăng ký %(file)s, mục %(row)s, “%(field)s”: mã %(code)s đã thuộc về cơ quan của mục "
                             "%(other)s; mỗi mã chỉ của một cơ quan (Điều 3.3)."),
    "register_file_wrong": _("Sổ đăng ký %(file)s: tệp “%(name)s” không có, hoặc không có đúng một chứng thư không "
                             "phải của nơi cấp (Điều 3.3)."),
    "foreign_signature": _("Chữ ký không khớp với tệp chờ ký. Hãy ký lại."),
    "other_key": _("Khóa đã ký không phải khóa của chứng thư số đã đăng ký, nên chữ ký không được nhận. Hãy báo quản "
                   "trị đăng ký đúng chứng thư và tên khóa ở trang Khóa ký số, hoặc chọn cách ký khác."),
    "not_signable": _("Tệp này không ký được. Hãy tạo lại bản PDF."),
    "no_room_to_sign": _("Trang %(page)s không còn chỗ cho chữ ký: cần dòng trống trên họ tên (NĐ 30/2020 Phụ lục I)."),
    "leader_signature_missing": _("Lãnh đạo chưa ký nên cơ quan chưa được ký (Điều 9.1.d)."),
    "already_sealed": _("Văn bản đã có chữ ký số của cơ quan."),
    "copy_impossible": _("Không ghi được bản sao con dấu lịch sử ra thư mục bên ngoài."),
    "timestamp_unavailable": _("Không lấy được dấu thời gian. Văn bản chưa được ký; hãy thử lại sau ít phút."),
}

_INTAKE = {
    "intake_gone": _("Các trang này đã được vào sổ, đã được xếp lại hoặc người khác đã xem xét trước."),
    "intake_duplicate": _("Tệp này đã có: “%(name)s”. Nếu vẫn là văn bản khác, hãy nhận và ghi lý do."),
    "intake_register_unknown": _("Không có sổ văn bản đến nào đang mở mang tên thư mục “%(folder)s”."),
    "intake_whole": _("Tệp đã ký số hoặc tệp soạn thảo chỉ nhận nguyên tệp: không xoay, tách hay ghép (Điều 3.3)."),
    "intake_tied_twice": _("Hai bản quét thuộc hai hồ sơ khác nhau nên không ghép được."),
    "intake_sheet_used": _("Tờ ghép này đã dùng cho một bản quét, hoặc người khác đang giữ việc quét. Hãy in tờ khác."),
    "intake_sheet_unknown": _("Tờ này không do cơ quan in. Hãy kiểm tra bản giấy, rồi bấm “Không ghép” để nhận riêng."),
    "intake_tie_ended": _("Văn bản của tờ ghép đã kết thúc hoặc không còn xử lý, nên không ghép thêm tệp vào."),
    "intake_tie_early": _("Văn bản của tờ ghép chưa vào sổ. Hãy vào sổ văn bản đó trước rồi ghép bản quét này."),
    "intake_not_tied": _("Bản quét này đã được gỡ, hoặc các trang của nó đã đổi, đã thành văn bản khác."),
    "intake_tie_nowhere": _("Quy trình của văn bản này không nhận bản quét ghép sau, hoặc đang tạm dừng."),
    "intake_pile_empty": _("Mọi trang của văn bản này đều đã bỏ. Hãy lấy lại ít nhất một trang."),
    "intake_paper_unsaid": _("Tệp không có chữ ký số, cũng không phải bản quét. Có bản giấy đã ký, đóng dấu không?"),
    "intake_reason": _("Hãy ghi lý do."),
    "intake_not_signed": _("Tệp không có chữ ký số. Bản quét giấy đến sau thì in tờ ghép rồi quét."),
    "signed_before": _("Văn bản này đã có tệp ký số được kiểm tra. Hãy tiếp nhận tệp này thành văn bản riêng."),
}

_FILES = {
    "file_empty": _("Tệp rỗng, không có nội dung."),
    "file_too_large": _("Tệp vượt quá 100 MB. Hãy giảm dung lượng hoặc tách thành nhiều tệp."),
    "file_bad_name": _("Tên tệp không hợp lệ. Hãy đặt tên không có dấu / \\ hay ký tự lạ."),
    "file_wrong_kind": _("Nội dung tệp không đúng với phần mở rộng .%(extension)s. Hãy lưu lại đúng loại tệp."),
    "file_no_extension": _("Tên tệp không có phần mở rộng. Nội dung là %(found)s: hãy đặt tên có đuôi .%(found)s."),
    "file_unsafe_package": _("Tệp có cấu trúc không an toàn: khai báo kiểu tài liệu, hoặc có phần nằm "
                             "ngoài tệp hay trùng tên. Không nhận; hãy hỏi lại nơi gửi."),
    "file_no_body": _("Tệp thiếu phần nội dung văn bản. Hãy mở bằng phần mềm soạn thảo, lưu lại rồi gửi."),
    "file_unknown_kind": _("Không nhận loại tệp này. Hãy dùng PDF, TIFF, JPG, PNG hoặc DOCX."),
    "file_old_office": _("Không nhận tệp Office kiểu cũ. Hãy lưu lại thành .docx rồi gửi."),
    "file_truncated": _("Tệp bị cụt hoặc hỏng. Hãy quét hoặc sao chép lại rồi gửi lại."),
    "file_encrypted": _("Tệp có mật khẩu. Hãy bỏ mật khẩu rồi gửi lại."),
    "file_too_many_pages": _("Tệp có quá %(limit)s trang. Hãy tách thành nhiều tệp."),
    "file_too_many_pixels": _("Ảnh hoặc trang quá lớn. Hãy quét ở độ phân giải 200 - 300 dpi."),
    "file_too_few_pixels": _("Ảnh quá nhỏ để đọc được một trang văn bản. Hãy quét hoặc chụp lại."),
    "file_moving_picture": _("Ảnh PNG là ảnh động, gồm nhiều hình: người xem chỉ thấy một hình. Hãy gửi ảnh tĩnh hoặc "
                             "PDF."),
    "file_unpacks_too_large": _("Tệp khi giải nén quá lớn. Hãy giảm dung lượng ảnh trong tệp."),
    "file_has_macros": _("Tệp chứa macro. Hãy lưu lại không có macro rồi gửi."),
    "file_has_outside_content": _("Tệp lấy nội dung từ bên ngoài (ảnh, mẫu liên kết). Hãy nhúng vào tệp rồi gửi."),
    "file_has_tracked_changes": _("Tệp còn theo dõi thay đổi. Hãy chấp nhận hoặc bỏ hết thay đổi rồi gửi."),
    "file_has_hidden_text": _("Tệp có chữ ẩn. Hãy bỏ chữ ẩn rồi gửi."),
    "file_has_comments": _("Tệp có ghi chú (comment) bên lề. Hãy xử lý rồi xóa hết ghi chú, lưu lại và gửi."),
    "file_has_formula": _("Tệp có công thức (Equation): trên trang PDF công thức không hiện ra. Hãy gõ lại bằng chữ "
                          "thường, hoặc cắt công thức rồi dán đặc biệt thành ảnh, lưu lại và gửi."),
    "file_has_field": _("Tệp có trường tự động %(field)s không lưu chữ mà nó hiện (số tự đánh, trường chưa cập nhật). "
                        "Hãy gõ chữ, số vào chỗ đó thay cho trường rồi gửi lại."),
    "file_has_object": _("Tệp có bảng tính, sơ đồ hoặc đối tượng của phần mềm khác được nhúng: trên trang PDF không "
                         "hiện ra như trong tệp. Hãy cắt rồi dán đặc biệt thành ảnh, hoặc chuyển thành bảng, lưu lại "
                         "và gửi; phụ lục thì có thể lưu thành PDF."),
    "appendix_kind": _("Tệp kèm theo phải là DOCX, ODT, PDF, JPG, PNG hoặc TIF, không phải .%(extension)s. Bảng tính, "
                       "trang chiếu: hãy lưu thành PDF và xem lại, vì công thức ngày, giờ được tính lại mỗi khi mở."),
    "appendix_signed": _("Tệp kèm theo đã ký số: ghép vào văn bản thì chữ ký mất giá trị. Hãy nêu số, ký hiệu của văn "
                         "bản đó trong nội dung."),
    "file_two_kinds": _("Tệp cùng lúc là hai loại tệp (%(found)s) nên không an toàn. Hãy quét hoặc xuất lại tệp."),
    "file_active_content": _("Tệp có mã lệnh, hành động hoặc tệp, đối tượng khác bên trong (%(found)s). Hãy kiểm tra "
                             "nơi gửi trước khi nhận."),
    "file_infected": _("Tệp có mã độc (%(found)s) nên không được mở, không được gửi đi. Hãy báo quản trị."),
    "scanner_away": _("Chưa hỏi được phần mềm diệt virus nên tệp chưa được đưa ra. Hãy thử lại sau."),
    "page_missing": _("Không đọc được trang này của tệp. Hãy quét lại trang."),
    "scan_not_a_file": _("Đây không phải tệp thường (liên kết hoặc thiết bị) nên không nhận. Hãy chép lại tệp."),
    "scan_still_written": _("Tệp còn đang được ghi. Hệ thống sẽ xem lại sau."),
    "file_missing": _("Tệp không còn trong kho: nội dung đã bị xóa."),
    "not_convertible": _("Không chuyển được loại tệp này sang PDF. Hãy dùng DOCX."),
    "not_layout_keeper": _("Chỉ văn thư, lãnh đạo hoặc quản trị đặt lỗi thể thức nào chặn duyệt."),
    "layout_rules_wrong": _("Hãy chọn quy tắc trong danh sách và ghi lý do từ 5 đến 500 ký tự."),
    "layout_rules_changed": _("Người khác vừa sửa danh mục này. Hãy mở lại trang, xem rồi sửa."),
    "layout_blocks": _("Dự thảo còn %(count)s lỗi thể thức mà cơ quan không cho duyệt. Xem thẻ “Thể thức”, trả lại "
                       "để sửa."),
    "layout_unchecked": _("Dự thảo này chưa được kiểm tra thể thức. Hãy mở lại trang rồi thử lại."),
    "too_long_to_compare": _("Dự thảo quá dài để so sánh từng chữ (hơn %(paragraphs)s đoạn). Hãy tải hai tệp về và so "
                             "sánh bằng trình soạn thảo."),
    "too_long_to_check": _("Dự thảo có hơn %(limit)s đoạn và ô bảng nên không kiểm tra thể thức được. Hãy đưa "
                           "bảng biểu lớn vào tệp phụ lục riêng."),
    "repair_unknown": _("Không có cách sửa này. Hãy mở lại trang rồi thử lại."),
    "no_template": _("Chưa có mẫu cho loại văn bản này. Hãy tự soạn và tải tệp .docx lên."),
    "authority_of_oneself": _("Người đứng đầu ký theo thẩm quyền của mình, không ký thay, ký thừa lệnh hay thừa "
                              "ủy quyền của chính mình (NĐ 30/2020 Điều 13). Hãy chọn thẩm quyền khác hoặc người "
                              "ký khác."),
    "authority_of_deputy": _("Cấp phó của người đứng đầu ký thay (KT.), không ký thừa lệnh, thừa ủy quyền hay ký một "
                             "mình (NĐ 30/2020 Điều 13). Hãy chọn KT. hoặc người ký khác."),
    "authority_of_unit": _("Chỉ cấp phó của người đứng đầu cơ quan ký thay (KT.). Người đứng đầu đơn vị thuộc cơ quan "
                           "ký thừa lệnh (TL.) hoặc thừa ủy quyền (TUQ.); cấp phó của đơn vị chỉ ký thừa lệnh (NĐ "
                           "30/2020 Điều 13)."),
    "authority_not_collective": _("Chỉ ghi TM. khi ký thay mặt tập thể như Ủy ban nhân dân, Hội đồng (NĐ 30/2020 "
                                  "Điều 13). Hãy chọn thẩm quyền khác."),
    "signer_unknown": _("Hãy chọn lãnh đạo ký và thẩm quyền ký trong danh sách."),
    "draft_place_missing": _("Phần đầu dự thảo không có dòng %(name)s đúng mẫu, không kèm chữ nào khác, ở trên tên "
                             "loại văn bản (địa danh viết hoa từng chữ). Hãy sửa rồi trình lại."),
    "draft_place_in_margin": _("Dòng %(name)s nằm trong đầu trang hoặc chân trang (Header, Footer) của tệp, không nằm "
                               "trong phần nội dung. Hãy chuyển phần đầu văn bản vào nội dung rồi trình lại."),
    "bad_image": _("Không đọc được ảnh. Hãy quét lại."),
    "disk_full": _("Máy chủ hết chỗ lưu nên chưa nhận tệp. Hãy báo quản trị."),
}

_TOOLS = {
    "ocr_missing": _("Máy chủ chưa cài phần nhận dạng chữ. Hãy báo quản trị."),
    "line_reader_missing": _("Máy chủ chưa cài phần đọc chữ số viết tay. Hãy báo quản trị."),
    "file_look_failed": _("Phần mềm gặp lỗi khi xem tệp này nên không đọc được. Tệp được giữ lại trong thư mục tệp bị "
                          "từ chối; hãy quét lại hoặc báo quản trị."),
    "file_took_too_long": _("Đọc tệp này quá lâu nên đã dừng. Hãy tách tệp hoặc quét lại."),
    "file_broke_reader": _("Tệp này cần quá nhiều bộ nhớ hoặc làm hỏng chương trình đọc nên không đọc được."),
    "font_missing": _("Máy chủ thiếu phông chữ để trình bày chữ ký. Hãy báo quản trị."),
    "packet_refused": _("Gói tin liên thông không hợp lệ."), "ocr_failed": _("Không nhận dạng được chữ trong tệp này."),
    "bad_key_name": _("Tên khóa ký không hợp lệ. Hãy báo quản trị."),
    "packet_field_refused": _("Gói tin liên thông có mục không hợp lệ."),
    "mail_refused": _("Phần mềm không tiếp nhận được thư này."),
    "mail_decided": _("Thư này đã được giải quyết, hoặc không có tệp nào tiếp nhận được."),
    "mailbox_away": _("Chưa kết nối được với máy chủ thư. Hệ thống sẽ tự thử lại."),
    "mailbox_refused": _("Máy chủ thư không chấp nhận kết nối. Hãy kiểm tra chứng thư, tên đăng nhập, mật khẩu."),
    "mailbox_secret_missing": _("Chưa có tệp mật khẩu %(path)s, hoặc người khác đọc được tệp đó."),
    "reader_missing": _("Máy chủ chưa cài poppler-utils, là phần xem trang theo cách thứ hai. Hãy báo quản trị."),
    "conversion_missing": _("Máy chủ chưa cài phần chuyển đổi tệp. Hãy báo quản trị."),
    "conversion_timeout": _("Chuyển tệp sang PDF quá lâu nên đã dừng. Hãy lưu lại tệp gọn hơn rồi thử lại."),
    "conversion_failed": _("Không đọc được tệp để chuyển sang PDF. Hãy mở và lưu lại tệp rồi thử lại."),
    "exchange_away": _("Không kết nối được trục liên thông. Hệ thống sẽ tự thử lại."),
    "exchange_refused": _("Trục liên thông từ chối gói tin."), "axis_refused": _("Trục liên thông từ chối yêu cầu."),
    "database_missing": _("Chưa kết nối được cơ sở dữ liệu. Hãy thử lại sau ít phút."),
    "database_of_other_version": _("Dữ liệu thuộc phiên bản PostgreSQL khác với bản đã cài. Hãy báo quản trị."),
    "already_there": _("Đã có cơ quan hoặc tài khoản mang tên này."),
    "role_unknown": _("Không có vai trò này. Hãy chọn trong: clerk, leader, head, officer, admin, auditor."),
    "nothing_there": _("Thư mục này không có tệp processes/*.bpmn nào."),
    "port_taken": _("Cổng mạng đang được dùng. Hãy chọn cổng khác."),
    "demo_in_production": _("Hệ thống chính thức không được chứa tài khoản mẫu."),
}

#: why a mail of ours does not go out, or not yet
MAIL_SENT = {
    "mail_stopped": _("Không gửi nữa: văn bản đã được thu hồi, hoặc nơi nhận đã có bằng cách khác."),
    "mail_taken_back": _("Văn thư đã bỏ thư này trước khi gửi."),
    "post_later": _("Máy chủ gửi thư hẹn gửi lại sau."),
    "post_recipient": _("Máy chủ gửi thư không nhận địa chỉ này: hãy kiểm tra địa chỉ rồi gửi lại."),
    "post_size": _("Thư vượt dung lượng cho phép, hoặc hộp thư nơi nhận đã đầy: hãy gửi bằng cách khác."),
    "post_content": _("Máy chủ gửi thư từ chối thư này (nội dung, tệp kèm theo hoặc nơi gửi): hãy hỏi nơi quản lý máy "
                      "chủ, hoặc gửi bằng cách khác."),
    "post_login": _("Máy chủ gửi thư không chấp nhận tên đăng nhập hoặc mật khẩu của hộp thư: hãy báo quản trị."),
    "post_sender": _("Máy chủ gửi thư không cho gửi từ địa chỉ của hộp thư: hãy báo quản trị."),
    "post_certificate": _("Chứng thư TLS của máy chủ gửi thư không được tin cậy: hãy báo quản trị."),
    "mail_unknown": _("Không rõ máy chủ thư đã nhận hay chưa. Hỏi nơi nhận, rồi ghi đã gửi hoặc gửi lại."),
}

FILE_REFUSAL = _SIGNING | _FILES | _INTAKE | _TOOLS
