"""The Vietnamese sentence of every refusal code (Refusal.code -> sentence with %(fact)s places).

Each says what is wrong and what to do next. Only sentences; words.py fills in the facts. Those of files and their
signatures stand in refusal_file_words.py.
"""

from flask_babel import lazy_gettext as _

from app.web.refusal_file_words import FILE_REFUSAL

_LOGIN = _("Tên đăng nhập hoặc mật khẩu không đúng. Nếu đã nhập sai nhiều lần, tài khoản tạm khóa: "
           "hãy thử lại sau ít phút hoặc báo quản trị.")

_PEOPLE = {
    "wrong_password": _LOGIN,  # one sentence for both: a stranger must not learn which names exist
    "account_locked": _LOGIN,
    "too_many_tries": _("Có quá nhiều lần đăng nhập sai từ máy này. Hãy đợi một phút rồi thử lại."),
    "password_weak": _("Mật khẩu mới chưa đủ mạnh: cần từ %(shortest)s đến %(longest)s ký tự, khác mật khẩu cũ, "
        "không phải từ hay chuỗi dễ đoán."),
    "outside_scope": _("Văn bản này được bắt đầu là trao đổi trong nội bộ cơ quan (%(clause)s). Gửi cơ quan khác thì "
                       "theo %(other)s: đề nghị hình thức gửi cả văn bản giấy (ghi lý do), hoặc bỏ các cơ quan khác "
                       "khỏi nơi nhận."),
    "outside_scope_issued": _("Văn bản này là trao đổi trong nội bộ cơ quan (%(clause)s); ra ngoài cơ quan thì theo "
                              "%(other)s phải có cả bản giấy. Nơi nhận thuộc cơ quan thì ghi “Chuyển trong nội bộ cơ "
                              "quan”. Đã giao bản sao giấy thì ghi giao ở trang bản sao, rồi ghi gửi ở đây; nếu không, "
                              "ghi “Không gửi” kèm lý do."),
    "not_updatable": _("Không cập nhật được: chưa phát hành, đã thu hồi, bị thay thế, hoặc không nơi nào giữ."),
    "update_wrong": _("Thông tin cập nhật chưa đúng hoặc không khác với lần gửi trước."),
    "not_replaceable": _("Chỉ người soạn ghi, trước khi được duyệt; văn bản cũ đã phát hành, chưa thu hồi, thay thế."),
    "not_recallable": _("Không thu hồi được: văn bản chưa phát hành, đã thu hồi, hoặc không nơi nhận nào đang giữ."),
    "not_sent_otherwise": _("Không ghi được: chỉ văn thư ghi, khi văn bản đã phát hành và gửi cả bản giấy, hoặc nơi "
                            "nhận này không nhận được qua trục liên thông."),
    "group_named_like_agency": _("Tên nhóm trùng tên cơ quan trong danh bạ (%(name)s): hãy đặt tên khác."),
    "told_day_wrong": _("Ngày báo từ ngày thu hồi, cập nhật đến hôm nay."),
    "named_unanswered": _("Văn bản ghi tên nơi chưa chọn gửi: %(names)s. Cho biết từng nơi có gửi không rồi mới ký."),
    "scan_unanswered": _("Bản quét còn %(count)s chỗ khác bản đã duyệt chưa trả lời: ghi lý do, hoặc quét lại."),
    "not_to_answer": _("Chỉ văn thư trả lời, khi văn bản đang chờ ký số cơ quan."),
    "not_resendable": _(
        "Chỉ văn thư gửi lại văn bản còn hiệu lực tới nơi chưa nhận được gói tin; nơi đã từ chối thì cần văn bản mới."),
    "resend_asked": _("Nơi nhận này đã được xếp gửi lại; gói tin được gửi ở lần kết nối trục kế tiếp."),
    "copy_named": _("Nơi nhận đã ghi mà chưa đánh dấu: %(names)s. Đánh dấu, hoặc ghi lý do không gửi, từ 5 ký tự."),
    "not_answered": _("Chưa có văn bản trả lời nào đã phát hành mà được ghi là kết thúc văn bản đến này."),
    "not_consulting": _("Không có lần lấy ý kiến nào đang mở mà bạn đã hỏi; có thể vừa kết thúc. Hãy tải lại trang."),
    "not_group_keeper": _("Chỉ văn thư hoặc quản trị sửa nhóm nơi nhận."),
    "group_wrong": _(
        "Chưa ghi được nhóm: cần tên riêng từ 3 ký tự, ít nhất một cơ quan trong danh bạ hoặc một người của cơ quan, "
        "và lý do từ 5 đến 500 ký tự. Tên trùng với nhóm khác thì hãy sửa nhóm ấy."),
    "group_changed": _("Người khác vừa sửa nhóm này. Hãy tải lại trang rồi sửa tiếp."),
    "not_to_close": _(
        "Không ghi được: chỉ người đang xử lý văn bản đến hoặc lãnh đạo ghi văn bản trả lời kết thúc nó, khi văn bản "
        "đến còn đang xử lý và văn bản trả lời chưa phát hành."),
    "not_reservable": _(
        "Không giữ hoặc bỏ được số: chỉ văn thư giữ số, mỗi văn bản đi đang soạn một số, khi văn bản chưa có số. "
        "Có thể người khác vừa làm việc này; hãy tải lại trang."),
    "not_copyable": _(
        "Không sao được: chỉ sao văn bản đến đã vào sổ hoặc văn bản đi đã phát hành, chưa bị thu hồi, thay thế, không "
        "có dấu chỉ độ mật, còn tệp PDF hay ảnh quét."
    ),
    "copy_wrong": _("Bản sao này chưa đúng Điều 25 Nghị định 30/2020/NĐ-CP. Hãy xem các dòng báo đỏ."),
    "copy_not_leader": _("Chỉ lãnh đạo cơ quan quyết định việc sao văn bản (NĐ 30/2020 Điều 27)."),
    "copy_not_clerk": _("Chỉ văn thư làm bản sao, cấp số và ký số của cơ quan (NĐ 30/2020 Điều 32)."),
    "copy_moved": _(
        "Bản sao này đã được quyết định, đã làm hoặc đã hủy, hoặc không phải việc của bạn. Hãy tải lại trang."),
    "copy_not_sendable": _(
        "Không gửi được: chỉ văn thư gửi bản sao điện tử đã làm, khi văn bản được sao chưa bị thu hồi, thay thế."),
    "copy_recipients": _("Chọn ít nhất một cơ quan trong danh bạ, không phải cơ quan mình."),
    "copy_reason": _("Ghi lý do, từ 5 đến 500 ký tự."), "internal_reason": _("Ghi lý do, từ 5 đến 500 ký tự."),
    "not_kind_keeper": _("Chỉ văn thư, lãnh đạo hoặc quản trị sửa loại văn bản nội bộ."),
    "internal_kind_wrong": _("Chưa ghi được: tên loại từ 3 đến 100 ký tự, lý do từ 5 đến 500 ký tự."),
    "internal_paper_wrong": _("Văn bản nội bộ chưa đủ. Hãy xem các dòng báo đỏ."),
    "not_internal_sender": _("Chỉ người đã gửi nhắc đọc hoặc thu hồi văn bản nội bộ, khi văn bản chưa bị thu hồi."),
    "internal_answer_wrong": _(
        "Chưa ghi được câu trả lời: chọn tham dự; hoặc không tham dự và ghi lý do từ 5 ký tự; hoặc chọn người dự thay, "
        "khác bạn và khác người mời. Giấy mời đã thu hồi thì không trả lời nữa."
    ),
    "date_out_of_order": _(
        "Chưa cấp số được: sổ đã có văn bản ngày %(last)s, sau ngày hôm nay (%(today)s). Đồng hồ máy chủ có thể sai; "
        "hãy báo quản trị."
    ),
    "address_wrong": _("Địa chỉ thư không đúng dạng."), "not_mailable": _("Chưa gửi thư được cho nơi nhận này."),
    "mail_under_way": _("Thư đang được gửi hoặc có thể đã đi, không sửa và không bỏ được nữa. Hãy xem lại ở nơi nhận "
                        "này sau ít phút."),
    "post_away": _("Chưa gửi được thư: máy chủ gửi thư không trả lời."),
    "post_refused": _("Máy chủ gửi thư không nhận thư: chứng thư, mật khẩu, địa chỉ gửi hoặc địa chỉ nhận."),
    "agency_busy": _("Cơ quan còn %(documents)s văn bản chưa xử lý xong; chỉ ngừng sử dụng khi nói rõ là để lại."),
    "alias_taken": _("Mã này là mã của cơ quan khác trong danh bạ, hoặc ngày cuối đứng trước ngày đầu."),
    "agency_unknown": _("Không có cơ quan nào mang mã %(agency)s."),
}

_WORK = {
    "form_fixed": _("Không đổi được hình thức trao đổi: chỉ văn thư, hoặc người soạn thảo khi đang soạn, đổi được, "
                    "và trước khi văn bản được cấp số, ký."),
    "refused": _("Chưa thực hiện được vì không đúng quy định."),
    "not_found": _("Không tìm thấy, hoặc bạn không có quyền xem."),
    "task_taken": _("Người khác đã làm việc này trước bạn."),
    "task_stale": _("Việc này đã thay đổi sau khi bạn mở trang."), "not_waiting": _("Việc này không còn chờ xử lý."),
    "form_invalid": _("Có mục chưa đúng. Hãy xem các dòng báo đỏ trong biểu mẫu."),
    "upload_missing": _("Không thấy tệp bạn đã tải lên. Hãy tải lại tệp."),
    "register_missing": _("Chưa mở sổ văn bản cho năm %(year)s. Hãy báo văn thư mở sổ."),
    "register_shut": _("“%(name)s” năm %(year)s đã khóa: %(by)s khóa lúc %(on)s. Văn bản này chỉ lấy số ở đó; văn thư "
                       "hoặc quản trị mở lại sổ ở trang Sổ văn bản."),
    "act_kind_unknown": _("Không ghi được lịch sử: loại việc chưa được khai báo. Hãy báo quản trị."),
    "register_too_long": _("Một quyển in nhiều nhất %(most)s số. Hãy chọn từ số, đến số để in thành nhiều quyển."),
    "register_empty": _("Sổ không có số nào trong khoảng này."),
    "not_register_keeper": _("Chỉ văn thư hoặc quản trị được mở, khóa sổ."),
    "register_without_reason": _("Hãy ghi lý do mở, khóa sổ, từ 5 đến 500 ký tự."),
    "register_name_wrong": _("Tên sổ dài từ 3 đến 100 ký tự và không trùng sổ cùng loại trong năm."),
    "register_only_one": _("Bản sao dùng một dãy số trong năm, nên không mở thêm sổ bản sao."),
    "register_types_wrong": _("Chọn loại văn bản chưa có sổ riêng và chưa có số nào trong năm của sổ."),
    "register_last_open": _("%(waiting)s văn bản chờ số ở sổ này, không sổ nào khác nhận. Hãy đánh dấu “Vẫn khóa”."),
    "register_over": _("Sổ của năm đã qua không mở lại được."),
    "not_calendar_keeper": _("Chỉ văn thư hoặc quản trị được sửa lịch làm việc."),
    "calendar_without_reason": _("Hãy ghi lý do sửa lịch, từ 5 đến 500 ký tự."),
    "calendar_day_wrong": _("Hãy chọn loại ngày, phần ngày và ghi tên ngày, từ 2 đến 100 ký tự."),
    "calendar_year_unknown": _("Chưa có dữ liệu ngày nghỉ theo luật của năm %(year)s. Hãy nhập từng ngày."),
    "not_delegating": _("Chỉ lãnh đạo cơ quan được ủy quyền, và chỉ việc của chính mình (Điều 7)."),
    "delegation_wrong": _(
        "Ủy quyền cần một người khác đang làm việc, ngày bắt đầu từ hôm nay, nhiều nhất %(days)s ngày, phạm vi và "
        "lý do từ 5 đến 500 ký tự."),
    "delegation_twice": _("Người này đã được ủy quyền trong những ngày đó. Hãy chấm dứt ủy quyền cũ trước."),
    "directive_wrong": _("Mẫu bút phê dài từ 3 đến 500 ký tự; giữ nhiều nhất %(most)s mẫu."),
    "nobody_to_urge": _("Không có người nào đang giữ văn bản này để đôn đốc, hoặc đó không phải người của đơn vị bạn."),
    "already_decided": _("Lãnh đạo đã quyết định về đề nghị gia hạn này; không rút được nữa. Hãy mở lại văn bản."),
    "paper_awaited": _("Văn bản này phải chờ hồ sơ thẩm định kèm theo trước khi chuyển lãnh đạo (Điều 3.4)."),
    "not_paper_keeper": _("Chỉ văn thư, lãnh đạo hoặc quản trị sửa danh mục loại văn bản chờ hồ sơ giấy."),
    "paper_kind_wrong": _("Hãy chọn loại văn bản và ghi lý do từ 5 đến 500 ký tự."),
    "barred_secrecy": _(
        "Tệp có dấu chỉ độ mật nên không được lưu vào phần mềm (Điều 3.2). Hãy xóa tệp khỏi máy, chuyển bản giấy cho "
        "người quản lý tài liệu mật; nếu không phải văn bản mật, báo nhầm ở trang “Không được cập nhật”."),
    "barred_secrecy_within": _(
        "Trang %(page)s của tệp có dấu chỉ độ mật nên cả tệp không được lưu (Điều 3.2). Hãy lấy văn bản đó ra khỏi "
        "xấp, chuyển người quản lý tài liệu mật, xóa tệp và quét lại phần còn lại; nếu không phải văn bản mật, báo "
        "nhầm ở trang “Không được cập nhật”."),
    "barred_petition_doubted": _(
        "Tệp có thể là đơn thư tranh chấp, khiếu nại, tố cáo (Điều 3.2): văn thư phải xem trước khi đăng ký."),
    "barred_petition": _(
        "Tệp là đơn thư tranh chấp, khiếu nại, tố cáo nên không được lưu vào phần mềm (Điều 3.2). Hãy xóa tệp khỏi "
        "máy, chuyển bản giấy cho bộ phận tiếp công dân; nếu không phải, báo nhầm ở trang “Không được cập nhật”."),
    "barred_listed": _(
        "Tệp thuộc danh mục mà thủ trưởng cơ quan quy định không cập nhật (Điều 3.2). Hãy xóa tệp khỏi máy, xử lý "
        "bản giấy ngoài phần mềm; nếu không thuộc danh mục, báo nhầm ở trang “Không được cập nhật”."),
    "not_barred_keeper": _(
        "Chỉ lãnh đạo hoặc quản trị sửa danh mục không được cập nhật và người phụ trách (Điều 3.2)."),
    "barred_rule_wrong": _(
        "Hãy chọn loại, ghi nội dung từ 3 đến 200 ký tự, ngày áp dụng từ hôm nay và lý do từ 5 đến 500 ký tự."),
    "barred_officer_wrong": _("Hãy chọn người đang làm việc trong cơ quan và ghi lý do từ 5 đến 500 ký tự."),
    "barred_answered": _("Việc này đã được trả lời, hoặc không phải của bạn."),
    "barred_reason": _("Hãy ghi vì sao là nhầm, từ 5 đến 500 ký tự."),
    "already_opened": _(
        "Người nhận đã mở văn bản nên không thu hồi được nữa. Hãy đôn đốc, hoặc đề nghị người nhận trả lại."),
    "number_kept": _(
        "Số đến này không hủy được nữa: lãnh đạo đã bút phê hoặc số đã hủy. Lãnh đạo trả lại thì mới hủy được."),
    "number_reason_wrong": _("Ghi lý do hủy số thành một câu, từ 5 đến 500 chữ; lý do nằm lại trong sổ."),
    "not_to_ask": _("Hãy chọn một người khác đang làm việc trong cơ quan và ghi câu hỏi."),
    "no_longer_asked": _("Văn bản đã kết thúc, không cần trả lời câu hỏi nữa."),
    "question_stands": _("Câu hỏi chờ câu trả lời, không xác nhận được; hãy mở văn bản để trả lời."),
    "catalogue_unknown": _("Biểu mẫu dùng danh mục %(name)s chưa có. Hãy báo quản trị."),
    "diagram_missing": _("Cơ quan chưa ban hành quy trình hoặc biểu mẫu %(key)s. Hãy báo quản trị."),
    "grant_too_long": _("Hãy chọn ngày từ hôm nay, nhiều nhất %(days)s ngày."),
    "nobody_above": _("Cơ quan không có cơ quan cấp trên trong hệ thống."),
    "not_the_leader": _("Chỉ lãnh đạo cơ quan giao, kết thúc quyền kiểm tra, và không giao cho chính mình."),
    "not_an_auditor": _("Hãy chọn một tài khoản kiểm tra đang hoạt động, không kiêm quản trị."),
    "scope_unclear": _("Phạm vi chưa rõ: chọn “Cả cơ quan” hoặc ít nhất một giới hạn (không cả hai), ngày không ngược, "
                       "và văn bản, sổ phải có trong cơ quan."),
    "reference_shared": _("Có nhiều văn bản mang số ký hiệu %(reference)s: mã hồ sơ %(ids)s. Hãy ghi mã của văn bản "
                          "cần giao."),
    "roles_apart": _("Người quản trị không kiêm xử lý văn bản hay kiểm tra; người kiểm tra không kiêm xử lý văn bản."),
    "delegation_unclear": _("Ủy quyền cho người khác đang làm việc trong cơ quan, từ ngày đến ngày không trước đó; "
                            "không ủy quyền cho quản trị hay kiểm tra."),
    "agency_missing": _("Không có cơ quan mang địa chỉ này."),
    "act_without_reason": _("Chưa ghi được vì thiếu lý do. Hãy báo đơn vị phát triển phần mềm."),
    "grant_ended": _("Quyền kiểm tra này đã được kết thúc trước đó."),
    "answer_lost": _("Máy chủ đã thử nhiều lần mà chưa làm được."),
    "answer_gone": _("Tệp này không còn hoặc chưa tạo xong. Hãy lấy lại từ trang lịch sử của văn bản."),
    "not_sealed": _("Bước cuối của hồ sơ chưa được niêm phong. Hãy thử lại sau ít phút."),
    "not_offered": _("Bước tự động ghi điều chưa khai báo. Hãy báo đơn vị phát triển phần mềm."),
    "step_unknown": _("Quy trình gọi một bước mà hệ thống không có. Hãy báo quản trị."),
    "expression_refused": _("Biểu thức trong quy trình không hợp lệ. Hãy báo quản trị."),
    "form_refused": _("Biểu mẫu không hợp lệ nên chưa ban hành được."),
    "fields_needed": _("Biểu mẫu thiếu trường mà quy định cần đến."),
    "test_rows_refused": _("Dòng thử không đúng dạng, hoặc quá %(limit)s dòng."),
    "table_refused": _("Bảng quyết định không hợp lệ nên chưa ban hành được."),
    "decision_unclear": _("Bảng quyết định cho nhiều kết quả khác nhau. Hãy báo quản trị sửa bảng."),
    "collection_unfit": _("Danh sách người nhận việc không hợp lệ hoặc quá 200 mục. Hãy báo quản trị."),
    "stuck": _("Quy trình không đi tiếp được từ bước này. Hãy báo quản trị."),
    "too_deep": _("Hồ sơ đã qua quá nhiều bước nên phải dừng lại. Hãy báo quản trị."),
    "no_way_back": _("Không xác định được người làm bước trước để trả về. Hãy chọn thử lại."),
}

_ORDER = {
    "out_of_order": _("Chưa đến bước này: quy định yêu cầu làm bước khác trước."),
    "only_once": _("Việc này chỉ được làm một lần và đã làm rồi."),
    "too_late": _("Sau việc đã làm với văn bản này thì không còn làm việc này được nữa."),
    "not_their_task": _("Quy định giao việc này cho người có vai trò khác."),
    "out_of_place": _("Bước này không dùng cho loại văn bản này. Hãy báo người thiết kế quy trình."),
    "still_owed": _("Hồ sơ chưa kết thúc được: còn việc mà quy định buộc phải làm. Hãy báo người thiết kế quy trình."),
    "not_a_leader": _("Chỉ lãnh đạo cơ quan mới được duyệt dự thảo (Điều 8.3)."),
    "leader_missing": _("Cơ quan chưa có tài khoản lãnh đạo để trình. Hãy báo quản trị."),
    "already_sent": _("Văn bản đã gửi đi; không hủy số, không ký lại được."),
    "not_approved_file": _("Bản dự thảo đã khác bản được duyệt. Hãy trình duyệt lại."),
    "wrong_signer": _("Chỉ lãnh đạo đã duyệt văn bản mới được ký văn bản này (Điều 9.1.c)."),
    "signature_missing": _("Chưa có bản chờ ký. Hãy tải lại trang sau ít phút."),
    "expression_failed": _("Không tính được điều kiện trong quy trình. Hãy báo quản trị."),
    "diagram_refused": _("Quy trình không hợp lệ. Hãy báo quản trị."),
}

_PROPOSAL = {
    "proposal_overtaken": _("Người khác đã lưu phần này trước bạn; bản của bạn chưa được lưu."),
    "proposal_closed": _("Bản sửa này đã ban hành hoặc đã bỏ nên không sửa được nữa."),
    "proposal_file_name": _("Tên tệp %(name)s không hợp lệ: chỉ dùng chữ thường không dấu, số và dấu gạch dưới."),
    "proposal_file_too_large": _("Tệp %(name)s quá lớn (quá 2 MB), hoặc bản sửa đã có quá nhiều tệp."),
    "drawing_needed": _("Không bỏ được sơ đồ của quy trình; chỉ bỏ được biểu mẫu, bảng quyết định."),
    "two_people": _("Người đã sửa bản này không được tự ban hành. Hãy nhờ người khác có quyền ban hành (Điều 10.2)."),
    "reason_missing": _("Hãy ghi lý do ban hành, từ %(least)s đến %(most)s ký tự."),
    "nothing_changed": _("Bản sửa không khác quy trình đang áp dụng nên không có gì để ban hành."),
    "base_withdrawn": _(
        "Phiên bản %(version)s mà bản sửa này dựa vào không còn được áp dụng. Hãy chuyển phần sửa sang bản sửa mới "
        "rồi xem lại thay đổi."
    ),
    "base_moved": _(
        "Phiên bản %(version)s đã được ban hành sau khi mở bản sửa này. Hãy chuyển phần sửa sang bản sửa mới "
        "rồi xem lại thay đổi."
    ),
    "check_failed": _("Chưa ban hành được: kiểm tra thấy %(count)s lỗi. Lỗi đầu tiên: %(first)s"),
    "scenarios_fail": _("Chưa ban hành được: kịch bản không đạt: %(names)s."),
    "parcel_too_large": _("Tệp quá lớn: gói nén nhiều nhất 4 MB, mỗi tệp bên trong nhiều nhất 2 MB."),
    "parcel_broken": _("Không mở được tệp: tệp hỏng, có mật khẩu hoặc không phải tệp zip của quy trình."),
    "parcel_name": _("Không nhận “%(name)s”: chỉ nhận tệp .zip xuất từ hệ thống, hoặc .bpmn, .dmn, .json."),
    "parcel_hash": _("Tệp “%(name)s” trong gói không khớp với mục lục của gói. Hãy xuất lại gói rồi thử lại."),
    "parcel_unsafe": _("Tệp “%(name)s” không đọc được hoặc có khai báo không an toàn (DOCTYPE, ENTITY)."),
    "parcel_of_other": _("Gói này của quy trình khác: %(keys)s. Hãy mở đúng quy trình rồi nhập."),
    "own_right": _("Không ai tự giao hay thu quyền của chính mình. Hãy nhờ quản trị khác."),
    "not_administrator": _("Chỉ quản trị mới được giao và thu quyền."),
    "right_unknown": _("Không có quyền này. Hãy chọn trong danh sách."),
    "right_without_reason": _("Hãy ghi lý do giao hoặc thu quyền, từ 5 đến 500 ký tự."),
    "remark_empty": _("Hãy viết nhận xét, nhiều nhất 2000 ký tự."),
}

_RUNNING = {
    "instance_suspended": _("Hồ sơ đang tạm dừng: %(reason)s. Việc này làm được khi hồ sơ được cho tiếp tục."),
    "instance_ended": _("Hồ sơ đã kết thúc nên không làm được việc này nữa."),
    "not_movable": _("Hồ sơ này chưa chuyển được sang bản quy trình mới."),
    "moved_meanwhile": _("Hồ sơ hoặc bản quy trình vừa được người khác thay đổi. Hãy xem thử lại."),
    "repair_unlawful": _("Không sửa được như vậy: hồ sơ sẽ bị kẹt hoặc trái quy định."),
    "repair_needs_another": _("Người đề nghị không tự quyết định được; cần một người khác."),
    "repair_decided": _("Đề nghị này đã được quyết định, hoặc hồ sơ đang có đề nghị khác chờ quyết định."),
    "release_withdrawn": _("Bản quy trình đã bị thu hồi nên chưa mở hồ sơ mới được. Hãy đợi bản sửa được ban hành."),
    "log_too_long": _("Có %(acts)s bước, nhiều hơn %(most)s bước của một lần lấy. Hãy chọn khoảng ngày ngắn hơn, "
                      "hoặc đề nghị người vận hành xuất bằng lệnh “bin/qlvb history mine”."),
    "log_empty": _("Không có bước nào như đã chọn. Hãy chọn khoảng ngày dài hơn hoặc bớt điều kiện."),
    "log_unclear": _("Lựa chọn này không có trong danh sách. Hãy chọn lại."),
    "days_unclear": _("Ngày không đúng, hoặc ngày cuối trước ngày đầu."),
    "reason_needed": _("Hãy ghi lý do, nhiều nhất 500 ký tự."),
    "reason_short": _("Hãy ghi lý do rõ hơn, ít nhất %(shortest)s ký tự."),
    "not_cancellable": _("Văn bản đến phải được xử lý xong, không hủy được. Hãy chuyển hoặc sửa chỗ đứng của hồ sơ."),
}

_TRIAL = {
    "trial_refused": _("Không chạy thử được: %(message)s"), "case_refused": _("Tệp kịch bản chưa đúng: %(message)s"),
    "table_missing": _("Quy trình dùng bảng quyết định %(table)s chưa có. Hãy tạo bảng này."),
}

REFUSAL = _PEOPLE | _WORK | _ORDER | _PROPOSAL | _RUNNING | _TRIAL | FILE_REFUSAL
