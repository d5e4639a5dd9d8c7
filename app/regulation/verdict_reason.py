"""Why a verdict over signatures is what it is: a code, what it does to the verdict, its sentence in two languages.

Art. 3.3, 3.4, 6.3. Plain data; who has which reason is said by `verdict.py`.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

#: what a reason does to the verdict, the worst first; and its colour
INVALID, INCOMPLETE, INDETERMINATE, UNSIGNED, VALID = "invalid", "incomplete", "indeterminate", "unsigned", "valid"
COLOURS = {INVALID: "red", INCOMPLETE: "amber", INDETERMINATE: "amber", UNSIGNED: "none", VALID: "green"}


class Rule(NamedTuple):
    """What one code does to the verdict, and its sentence; {who}, {found}, {wanted} and {names} are filled in."""

    does: str
    vietnamese: str
    english: str


#: what may be wrong with one signature (`signing_verify.verify`)
OF_SIGNATURE = {
    "altered": Rule(
        INVALID, "Nội dung không khớp với chữ ký số của {who}: văn bản đã bị sửa (NĐ 30/2020 Điều 21.2.a).",
        "The content does not match the digital signature of {who}: it was altered (ND 30/2020 Art. 21.2.a)."),
    "swapped": Rule(
        INVALID, "Chứng thư số kèm theo chữ ký của {who} không phải chứng thư đã dùng khi ký: chứng thư đã bị tráo "
                 "(NĐ 30/2020 Điều 21.2.a).",
        "The certificate that comes with the signature of {who} is not the one it was made with: it was swapped (ND "
        "30/2020 Art. 21.2.a)."),
    "certificate_unnamed": Rule(
        INDETERMINATE, "Phần được ký trong chữ ký số của {who} không nêu chứng thư số đã dùng: chứng thư kèm theo có "
                       "thể bị tráo bằng chứng thư khác của cùng một khóa mà không ai biết (NĐ 30/2020 Điều 21.2.a). "
                       "Đề nghị cơ quan gửi ký lại theo chuẩn PAdES.",
        "What the digital signature of {who} covers does not name the certificate it was made with: the one that comes "
        "along may have been swapped for another of the same key, and nobody could tell (ND 30/2020 Art. 21.2.a). Ask "
        "the sender to sign again by the standard PAdES."),
    "range": Rule(
        INVALID, "Chữ ký số của {who} không bao trọn văn bản (NĐ 30/2020 Điều 21.2.a).",
        "The digital signature of {who} does not cover the whole document (ND 30/2020 Art. 21.2.a)."),
    "changed_after": Rule(
        INVALID, "Văn bản bị thay đổi sau khi {who} ký số (NĐ 30/2020 Điều 21.2.a).",
        "The document was changed after {who} had signed (ND 30/2020 Art. 21.2.a)."),
    "forbidden_after": Rule(
        INVALID, "Văn bản được ký hoặc điền tiếp trong khi chữ ký số của {who} không cho phép: người ký đã khóa văn "
                 "bản (NĐ 30/2020 Điều 21.2.a).",
        "The document was signed or filled in again although the digital signature of {who} forbids it: the signer "
        "locked it (ND 30/2020 Art. 21.2.a)."),
    "untrusted": Rule(
        INVALID, "Chứng thư số của {who} không do cơ quan chứng thực được tin cậy cấp (NĐ 68/2024 Điều 32).",
        "The certificate of {who} was not issued by a trusted authority (ND 68/2024 Art. 32)."),
    "purpose": Rule(
        INVALID, "Chứng thư số của {who} không được cấp để ký văn bản (NĐ 23/2025 Điều 16).",
        "The certificate of {who} was not issued for signing documents (ND 23/2025 Art. 16)."),
    "revoked": Rule(
        INVALID, "Chứng thư số của {who} đã bị thu hồi trước khi ký (NĐ 23/2025 Điều 16).",
        "The certificate of {who} was revoked before the signing (ND 23/2025 Art. 16)."),
    "taken_out": Rule(
        INVALID, "Chứng thư số của {who} đã được hai người bỏ khỏi danh sách tin cậy vì đăng ký nhầm: không tính vào "
                 "thời điểm nào (Điều 3.3). Nếu đúng là của cơ quan gửi: đăng ký lại, hai người quyết định.",
        "The certificate of {who} was taken out of the trust list by two people, as registered by mistake: it counts "
        "at no time (Art. 3.3). If it is the sender's after all: register it again, two people decide."),
    "expired": Rule(
        INVALID, "Chứng thư số của {who} không có hiệu lực tại thời điểm ký, hoặc nay đã hết hạn mà không có gì chứng "
                 "minh là đã ký trước đó (NĐ 68/2024 Điều 31).",
        "The certificate of {who} was not valid at the time of signing, or is not valid now and nothing proves that it "
        "signed before (ND 68/2024 Art. 31)."),
    "not_yet_valid": Rule(
        INVALID, "Chứng thư số của {who} chưa bắt đầu có hiệu lực tại thời điểm ký, hoặc tại thời điểm kiểm tra nếu "
                 "không có gì chứng minh đã ký khi nào (NĐ 68/2024 Điều 31).",
        "The certificate of {who} had not begun to be valid at the time of signing, or at the moment of the check "
        "where nothing proves when it signed (ND 68/2024 Art. 31)."),
    "weak": Rule(
        INVALID, "Chữ ký số của {who} dùng thuật toán không còn an toàn (NĐ 68/2024 Điều 7).",
        "The digital signature of {who} uses an algorithm that is not safe any more (ND 68/2024 Art. 7)."),
    "unreadable": Rule(
        INVALID, "Không đọc được tệp hoặc chữ ký số trong tệp (NĐ 30/2020 Điều 21.2.a).",
        "The file, or a signature in it, cannot be read (ND 30/2020 Art. 21.2.a)."),
    "wrapped": Rule(
        INVALID, "Chữ ký số không bao trọn gói tin, hoặc có nội dung được chèn quanh chữ ký (NĐ 30/2020 Điều 21.2.a).",
        "The digital signature does not cover the packet as a whole, or something was put around it (ND 30/2020 Art. "
        "21.2.a)."),
    "too_many_revisions": Rule(
        INVALID, "Tệp có quá nhiều lần ghi nối tiếp để kiểm tra (NĐ 30/2020 Điều 21.2.a).",
        "The file has too many revisions to be checked (ND 30/2020 Art. 21.2.a)."),
    "heavy": Rule(
        INVALID, "Tệp đòi hỏi quá nhiều thời gian hoặc bộ nhớ nên không kiểm tra được (NĐ 30/2020 Điều 21.2.a).",
        "The file takes too much time or memory to be checked (ND 30/2020 Art. 21.2.a)."),
    "active": Rule(
        INDETERMINATE, "Điều nhìn thấy có thể khác điều đã ký, tùy chương trình hoặc lúc mở tệp (NĐ 30/2020 Điều "
                       "21.2.a).",
        "What is seen may differ from what was signed, by the program or the moment that opens the file (ND 30/2020 "
        "Art. 21.2.a)."),
    "covers": Rule(
        INDETERMINATE, "Hình chữ ký số của {who} che, chen vào nội dung đã được ký trước đó hoặc chiếm quá nhiều chỗ "
                       "trên trang: nội dung người ký trước đã thấy có thể khác nội dung đang thấy (Điều 3.3; NĐ "
                       "30/2020 Phụ lục I).",
        "The picture of the digital signature of {who} covers or writes into what was signed before it, or takes too "
        "much of the page: what was seen when it was signed may differ from what is seen now (Art. 3.3; ND 30/2020 "
        "Annex I)."),
    "adds": Rule(
        INDETERMINATE, "Hình chữ ký số của {who} đứng ngoài chỗ của chữ ký trên trang hoặc mang thêm chữ, số: có thể "
                       "là nội dung thêm vào sau khi người ký trước đã ký (Điều 3.3; NĐ 30/2020 Phụ lục I).",
        "The picture of the digital signature of {who} stands where no signature belongs, or says more than a "
        "signature does: it may be text that was added after others had signed (Art. 3.3; ND 30/2020 Annex I)."),
    "encrypted": Rule(
        INDETERMINATE, "Tệp được mã hóa nên không kiểm tra được chữ ký số (NĐ 30/2020 Điều 21.2.a).",
        "The file is encrypted, its signatures cannot be checked (ND 30/2020 Art. 21.2.a)."),
    "revocation_unknown": Rule(
        INDETERMINATE, "Chưa kiểm tra được chứng thư số của {who} có bị thu hồi hay không (NĐ 23/2025 Điều 16).",
        "Whether the certificate of {who} was revoked could not be checked yet (ND 23/2025 Art. 16)."),
    "time_unproven": Rule(
        INDETERMINATE, "Chữ ký số của {who} không có dấu thời gian (NĐ 68/2024 Điều 29).",
        "The digital signature of {who} has no time stamp (ND 68/2024 Art. 29)."),
    "time_untrusted": Rule(
        INDETERMINATE, "Dấu thời gian trong chữ ký số của {who} không kiểm chứng được (NĐ 68/2024 Điều 29).",
        "The time stamp in the digital signature of {who} cannot be verified (ND 68/2024 Art. 29)."),
}
#: what may be wrong with who signed what in which order; the last ones are what is right, and what was not known
OF_DOCUMENT = {
    "unsigned": Rule(
        UNSIGNED, "Văn bản không có chữ ký số; báo cáo lãnh đạo xem xét, quyết định (Điều 6.3.b).",
        "The document has no digital signature; the leader decides (Art. 6.3.b)."),
    "agency_missing": Rule(
        INCOMPLETE, "Thiếu chữ ký số của cơ quan phát hành (Điều 3.3); báo cáo lãnh đạo (Điều 6.3.b).",
        "The digital signature of the issuing agency is missing (Art. 3.3); the leader decides (Art. 6.3.b)."),
    "agency_to_sign": Rule(
        INCOMPLETE, "Lãnh đạo đã ký số; văn bản chờ chữ ký số của cơ quan (Điều 9.1.d).",
        "The leader has signed; the agency's digital signature comes next (Art. 9.1.d)."),
    "leader_missing": Rule(
        INCOMPLETE, "Thiếu chữ ký số của lãnh đạo: văn bản không phải bản quét của văn bản giấy đã ban hành "
                    "(Điều 3.3.b).",
        "The digital signature of the leader is missing: the document is no scan of an issued paper (Art. 3.3.b)."),
    "agency_not_last": Rule(
        INVALID, "Chữ ký số của cơ quan không phải chữ ký sau cùng; cơ quan phải ký sau lãnh đạo "
                 "(Điều 9.1.d; NĐ 30/2020 Điều 32.2.d).",
        "The agency's digital signature is not the last one; the agency signs after the leader "
        "(Art. 9.1.d; ND 30/2020 Art. 32.2.d)."),
    "other_agency": Rule(
        INVALID, "Chữ ký số là của {found}, không phải của cơ quan gửi {wanted} (Điều 3.3).",
        "The digital signature is that of {found}, not of the sending agency {wanted} (Art. 3.3)."),
    "agency_not_registered": Rule(
        INDETERMINATE, "Chứng thư số {found} (số {serial}, do {issuer} cấp) mang mã của cơ quan {wanted} nhưng chưa "
                       "được đăng ký cho cơ quan này, có thể vì mới được cấp lại: chưa đủ căn cứ để kết luận (Điều "
                       "3.3). Hỏi lại cơ quan gửi; nếu đúng là của cơ quan đó, quản trị đề nghị, người thứ hai đồng ý "
                       "tại trang Danh sách tin cậy, rồi văn bản tự được kiểm tra lại trong vòng một giờ.",
        "The certificate {found} (serial {serial}, issued by {issuer}) bears the code of the agency {wanted} and is "
        "not registered for it, perhaps because it was renewed: it cannot be judged yet (Art. 3.3). Ask the sender; if "
        "it is its own, an administrator asks for it and a second person agrees, at the page of the trust list, and "
        "the document is judged again within an hour."),
    "agency_other_days": Rule(
        INVALID, "Chứng thư số {found} (số {serial}) của cơ quan {wanted} được đăng ký cho chữ ký từ {since} đến hết "
                 "{until}, không cho ngày ký {day} (Điều 3.3). Thay đổi thời hạn cần hai người tại trang Danh sách tin "
                 "cậy.",
        "The certificate {found} (serial {serial}) of the agency {wanted} is registered for signatures from {since} to "
        "{until}, not for {day} when it signed (Art. 3.3). Two people change that, at the page of the trust list."),
    "sender_unknown": Rule(
        INDETERMINATE, "Chưa biết mã định danh của cơ quan gửi để đối chiếu chữ ký số của cơ quan (Điều 3.3).",
        "The code of the sending agency is not known, the agency's signature cannot be compared (Art. 3.3)."),
    "sender_by_seal": Rule(
        VALID, "Không nêu mã cơ quan gửi và không đọc được tên cơ quan ở đầu văn bản: lấy cơ quan đã đăng ký ký sau "
               "cùng, {found}, làm cơ quan gửi. Hãy đối chiếu với cơ quan ghi trên văn bản (Điều 3.3).",
        "No code of the sender was given and no registered agency was read at the head of the document: the registered "
        "agency that signed last, {found}, is taken for the sender. Compare it with what the document prints (Art. "
        "3.3)."),
    "not_first": Rule(
        INDETERMINATE, "Tệp đứng đầu gói tin không có chữ ký số, văn bản có chữ ký số đứng sau: chưa rõ tệp nào là văn "
                       "bản được gửi (Điều 3.3). Đối chiếu các tệp, hỏi lại cơ quan gửi nếu cần.",
        "The first file of the packet bears no digital signature and the signed document comes after it: which of them "
        "is the document that was sent is not clear (Art. 3.3). Compare the files and ask the sender where needed."),
    "other_number": Rule(
        INDETERMINATE, "Văn bản có chữ ký số in số {found}, gói tin ghi số {wanted}: có thể không phải văn bản mà gói "
                       "tin nói đến (Điều 3.3). Đối chiếu với văn bản, hỏi lại cơ quan gửi nếu cần.",
        "The signed document prints the number {found}, its packet tells {wanted}: it may not be the document that the "
        "packet speaks of (Art. 3.3). Compare them and ask the sender where needed."),
    "other_person": Rule(
        INCOMPLETE, "Người ký số ({found}) không phải người ký ghi trên văn bản ({wanted}) (Điều 3.3.b). Nếu họ tên "
                    "bị đọc sai: văn thư sửa khi kiểm tra, rồi chữ ký số tự được kiểm tra lại trong vòng một giờ.",
        "Who signed digitally ({found}) is not the signer named in the document ({wanted}) (Art. 3.3.b). If the name "
        "was misread: the clerk corrects it, and the signatures are judged again within an hour."),
    "signer_near": Rule(
        INDETERMINATE, "Họ tên người ký đọc trên văn bản chưa rõ ({wanted}), gần giống lãnh đạo đã đăng ký đã ký số "
                       "({found}): chưa kết luận được có phải cùng một người (Điều 3.3.b). Văn thư đối chiếu với văn "
                       "bản và xác nhận họ tên khi kiểm tra, rồi chữ ký số tự được kiểm tra lại trong vòng một giờ.",
        "The signer's name in the document was not read clearly ({wanted}) and is close to that of the registered "
        "leader who signed digitally ({found}): whether it is the same person cannot be told yet (Art. 3.3.b). The "
        "clerk compares it with the document and confirms the name, and the signatures are judged again within an "
        "hour."),
    "not_leader": Rule(
        INCOMPLETE, "Người ký số ({found}; chứng thư số {serial}) không phải lãnh đạo đã đăng ký của cơ quan {wanted} "
                    "(Điều 3.3.b). Nếu cơ quan gửi xác nhận người này được ký ban hành: quản trị đề nghị, người thứ "
                    "hai đồng ý tại trang Danh sách tin cậy, rồi văn bản tự được kiểm tra lại trong vòng một giờ.",
        "Who signed digitally ({found}; certificate {serial}) is no registered leader of the agency {wanted} (Art. "
        "3.3.b). If the sender confirms that this person may sign: an administrator asks for it and a second person "
        "agrees, at the page of the trust list, and the document is judged again within an hour."),
    "others_lead": Rule(
        INDETERMINATE, "Sau khi văn bản đến, người khác đã được đăng ký là lãnh đạo của cơ quan {wanted} mà người ký "
                       "số ({found}; chứng thư số {serial}) thì chưa: chưa đủ căn cứ để kết luận (Điều 3.3.b). Hỏi "
                       "lại cơ quan gửi; nếu đúng, quản trị đề nghị, người thứ hai đồng ý tại trang Danh sách tin "
                       "cậy, rồi văn bản tự được kiểm tra lại trong vòng một giờ.",
        "Since the document came others were registered as leaders of the agency {wanted}, and who signed digitally "
        "({found}; certificate {serial}) was not: it cannot be judged yet (Art. 3.3.b). Ask the sender; if it is "
        "right, an administrator asks for it and a second person agrees, at the page of the trust list, and the "
        "document is judged again within an hour."),
    "leader_not_registered": Rule(
        INDETERMINATE, "Người ký số ({found}) mang họ tên của lãnh đạo đã đăng ký của cơ quan {wanted} nhưng chứng thư "
                       "số {serial} chưa được đăng ký, có thể vì mới được cấp lại: chưa đủ căn cứ để kết luận (Điều "
                       "3.3.b). Hỏi lại cơ quan gửi; nếu đúng, quản trị đề nghị, người thứ hai đồng ý tại trang Danh "
                       "sách tin cậy, rồi văn bản tự được kiểm tra lại trong vòng một giờ.",
        "Who signed digitally ({found}) bears the name of a registered leader of the agency {wanted}, but the "
        "certificate {serial} is not registered, perhaps because it was renewed: it cannot be judged yet (Art. 3.3.b). "
        "Ask the sender; if it is right, an administrator asks for it and a second person agrees, at the page of the "
        "trust list, and the document is judged again within an hour."),
    "leader_unknown": Rule(
        INDETERMINATE, "Chưa biết ai là người có thẩm quyền ký: không có họ tên người ký trên văn bản và chưa có lãnh "
                       "đạo nào của cơ quan {wanted} được đăng ký, nên chưa kết luận được {found} là lãnh đạo hay "
                       "không (Điều 3.3.b). Văn thư ghi họ tên người ký in trên văn bản khi kiểm tra, hoặc đăng ký "
                       "lãnh đạo tại trang Danh sách tin cậy.",
        "Who may sign is not known: the signer's name in the document is not, and no leader of the agency {wanted} is "
        "registered, so that nobody can tell whether {found} leads it (Art. 3.3.b). The clerk writes down the name "
        "that the document prints, or a leader is registered at the page of the trust list."),
    "leader_other_days": Rule(
        INCOMPLETE, "{found} được đăng ký là lãnh đạo của cơ quan {wanted} cho chữ ký từ {since} đến hết {until}, "
                    "không cho ngày ký {day} (Điều 3.3.b). Thay đổi thời hạn cần hai người tại trang Danh sách tin "
                    "cậy.",
        "{found} is registered as leader of the agency {wanted} for signatures from {since} to {until}, not for {day} "
        "when the document was signed (Art. 3.3.b). Two people change that, at the page of the trust list."),
    "other_unit": Rule(
        INCOMPLETE, "Chứng thư số của người ký thuộc {found}, không thuộc cơ quan gửi {wanted} (Điều 3.3.b).",
        "The signer's certificate belongs to {found}, not to the sending agency {wanted} (Art. 3.3.b)."),
    "valid_a": Rule(
        VALID, "Chữ ký số của cơ quan phát hành hợp lệ (Điều 3.3.a): {names}; văn bản có giá trị như văn bản giấy "
               "(Điều 3.4).",
        "The digital signature of the issuing agency is valid (Art. 3.3.a): {names}; the document has the value of "
        "paper (Art. 3.4)."),
    "valid_b": Rule(
        VALID, "Chữ ký số của lãnh đạo và của cơ quan phát hành hợp lệ (Điều 3.3.b): {names}; văn bản có giá trị như "
               "văn bản giấy (Điều 3.4).",
        "The digital signatures of the leader and of the issuing agency are valid (Art. 3.3.b): {names}; the document "
        "has the value of paper (Art. 3.4)."),
    "copy_unmarked": Rule(
        INCOMPLETE, "Số ký hiệu là của bản sao ({wanted}) nhưng chữ ký số của cơ quan trên tệp không ghi hình thức sao "
                    "đó ở góc trên bên phải trang đầu (NĐ 30/2020 Điều 25, Phụ lục I).",
        "The number is that of a copy ({wanted}), but the agency's signature in the file does not say so at the upper "
        "right of the first page (ND 30/2020 Art. 25, Annex I)."),
    "copy_of_electronic": Rule(
        INCOMPLETE, "{wanted} dạng điện tử chỉ được làm từ văn bản giấy mà tệp không phải bản quét; văn bản điện tử "
                    "phải gửi nguyên bản, có đủ chữ ký số (NĐ 30/2020 Điều 25).",
        "An electronic copy of this form ({wanted}) is made of a paper only, and the file is no scan; an electronic "
        "document is sent as it is, with its signatures (ND 30/2020 Art. 25)."),
    "copy_other_agency": Rule(
        INCOMPLETE, "Chữ ký số ghi trên bản sao không nêu tên cơ quan đã ký ({found}) (NĐ 30/2020 Điều 25, Phụ lục I).",
        "What the signature says on the copy does not name the agency that signed ({found}) (ND 30/2020 Art. 25, Annex "
        "I)."),
    "valid_copy": Rule(
        VALID, "{wanted}: chữ ký số của cơ quan thực hiện sao hợp lệ: {names}; bản sao có giá trị như bản chính "
               "(NĐ 30/2020 Điều 26). Chữ ký của người ký bản chính không có trong bản sao.",
        "{wanted} (copy): the digital signature of the agency that copied is valid: {names}; a copy has the value of "
        "the original (ND 30/2020 Art. 26). The signature of who signed the original is not in it."),
    "register_silent": Rule(
        VALID, "Chưa có chứng thư số nào của cơ quan {wanted} được đăng ký: cơ quan ký được xác định theo mã ghi trong "
               "chứng thư số do nơi tin cậy cấp, người ký theo họ tên ghi trên văn bản (NĐ 68/2024 Điều 32).",
        "No certificate of the agency {wanted} is registered: the signing agency is known by the code in a certificate "
        "that a trusted authority issued, the signer by the name in the document (ND 68/2024 Art. 32)."),
    "leaders_silent": Rule(
        VALID, "Chưa có lãnh đạo nào của cơ quan {wanted} được đăng ký: người ký được xác định theo họ tên ghi trên "
               "văn bản và cơ quan ghi trong chứng thư số (Điều 3.3.b).",
        "No leader of the agency {wanted} is registered: the signer is known by the name in the document and the "
        "agency in the certificate (Art. 3.3.b)."),
}
#: said beside each verdict for a day to come
AHEAD = "moment_ahead"
OF_MOMENT = {AHEAD: Rule(
    VALID, "Thời điểm kiểm tra {day} ở phía trước, chưa đến: kết quả dựa trên những gì biết được đến nay; chứng thư số "
           "bị thu hồi từ nay đến đó thì chưa ai biết (NĐ 23/2025 Điều 16).",
    "The moment of the check, {day}, lies ahead of now: the result rests on what is known by now; which certificates "
    "will be revoked until then nobody knows (ND 23/2025 Art. 16).")}
#: what may be wrong with a separate attachment, which the agency signs too; {n}: which one. The first four only warn
OF_ATTACHMENT = {
    "attachment_unsigned": Rule(
        VALID, "Tệp kèm theo thứ {n} không có chữ ký số của cơ quan phát hành (NĐ 30/2020 Phụ lục I).",
        "Attachment {n} does not bear the digital signature of the issuing agency (ND 30/2020 Annex I)."),
    "attachment_elsewhere": Rule(
        VALID, "Tệp kèm theo thứ {n} ghi là kèm theo văn bản số {found}, không phải văn bản này (NĐ 30/2020 Phụ lục "
               "I).",
        "Attachment {n} says that it belongs to the document {found}, not to this one (ND 30/2020 Annex I)."),
    "attachment_other_letter": Rule(
        VALID, "Tệp kèm theo thứ {n} là một văn bản khác, số {found}, mà văn bản này không nhắc đến (NĐ 30/2020 Phụ "
               "lục I); cần đối chiếu.",
        "Attachment {n} is another document, {found}, which this one does not mention (ND 30/2020 Annex I); compare."),
    "attachment_untied": Rule(
        VALID, "Tệp kèm theo thứ {n} không ghi số văn bản mà phần mềm đọc được, nên chữ ký số trên tệp không cho biết "
               "nó thuộc văn bản này (NĐ 30/2020 Phụ lục I); cần đối chiếu.",
        "Attachment {n} gives no number that can be read, so its signature does not tell that it belongs to this "
        "document (ND 30/2020 Annex I); compare."),
    "attachment_not_last": Rule(
        INDETERMINATE, "Trong tệp kèm theo thứ {n} có chữ ký của cơ quan hoặc người khác sau chữ ký số của cơ quan "
                       "phát hành (NĐ 30/2020 Phụ lục I); cần hỏi lại cơ quan đó.",
        "In attachment {n} somebody else has signed after the issuing agency (ND 30/2020 Annex I); ask that agency."),
    "attachment_unproven": Rule(
        INDETERMINATE, "Chưa đủ căn cứ để kết luận về chữ ký số trong tệp kèm theo thứ {n} (Điều 3.3).",
        "The digital signatures in attachment {n} cannot be judged yet (Art. 3.3)."),
    "attachment_other": Rule(
        INDETERMINATE, "Tệp kèm theo thứ {n} được ký bằng chứng thư số khác chứng thư đã ký văn bản; cần đối chiếu với "
                       "cơ quan phát hành (NĐ 30/2020 Phụ lục I).",
        "Attachment {n} was signed with another certificate than the document; ask the issuing agency (ND 30/2020 "
        "Annex I)."),
    "attachment_not_registered": Rule(
        INDETERMINATE, "Tệp kèm theo thứ {n} được ký bằng chứng thư số mang mã của cơ quan phát hành nhưng chưa được "
                       "đăng ký (NĐ 30/2020 Phụ lục I); cần hỏi lại cơ quan đó.",
        "Attachment {n} was signed with a certificate that bears the code of the issuing agency and is not registered "
        "(ND 30/2020 Annex I); ask that agency."),
    "attachment_other_days": Rule(
        INVALID, "Tệp kèm theo thứ {n} được ký bằng chứng thư số mà cơ quan phát hành không dùng vào ngày ký (NĐ "
                 "30/2020 Phụ lục I).",
        "Attachment {n} was signed with a certificate that the issuing agency did not use on that day (ND 30/2020 "
        "Annex I)."),
    "attachment_false": Rule(
        INVALID, "Chữ ký số trong tệp kèm theo thứ {n} không hợp lệ (NĐ 30/2020 Điều 21.2.a).",
        "A digital signature in attachment {n} is not valid (ND 30/2020 Art. 21.2.a)."),
}
#: what may be wrong with the signature of the packet in which a document came; a packet need not bear one
OF_PACKET = {
    "packet_false": Rule(
        INVALID, "Chữ ký số của gói tin liên thông không hợp lệ: gói tin bị sửa, hoặc chứng thư không được tin cậy "
                 "(NĐ 30/2020 Điều 21.2.a).",
        "The digital signature of the exchange packet is not valid: the packet was altered, or its certificate is not "
        "trusted (ND 30/2020 Art. 21.2.a)."),
    "packet_other_agency": Rule(
        INVALID, "Gói tin liên thông được ký số bằng chứng thư của {found}, không phải của cơ quan gửi {wanted} "
                 "(NĐ 30/2020 Điều 21.2.b).",
        "The exchange packet is signed with a certificate of {found}, not of the sending agency {wanted} "
        "(ND 30/2020 Art. 21.2.b)."),
    "packet_other_days": Rule(
        INVALID, "Gói tin liên thông được ký số bằng chứng thư {found} (số {serial}) của cơ quan {wanted}, được đăng "
                 "ký từ {since} đến hết {until}, không cho ngày gói tin đến {day} (NĐ 30/2020 Điều 21.2.b).",
        "The exchange packet is signed with the certificate {found} (serial {serial}) of the agency {wanted}, which is "
        "registered from {since} to {until}, not for {day} when the packet came (ND 30/2020 Art. 21.2.b)."),
    "packet_by_code": Rule(
        VALID, "Chứng thư số ký gói tin liên thông ({found}, số {serial}) chưa được đăng ký: cơ quan gửi {wanted} được "
               "xác định theo mã ghi trong chứng thư số do nơi tin cậy cấp (NĐ 68/2024 Điều 32).",
        "The certificate that signed the exchange packet ({found}, serial {serial}) is not registered: the sending "
        "agency {wanted} is known by the code in a certificate that a trusted authority issued (ND 68/2024 Art. 32)."),
    "packet_unproven": Rule(
        INDETERMINATE, "Chưa kiểm tra được chứng thư số đã ký gói tin liên thông có bị thu hồi hay không (NĐ 23/2025 "
                       "Điều 16).",
        "Whether the certificate that signed the exchange packet was revoked could not be checked (ND 23/2025 Art. "
        "16)."),
}
_RULES = {**OF_SIGNATURE, **OF_DOCUMENT, **OF_MOMENT, **OF_ATTACHMENT, **OF_PACKET}
_UNKNOWN = Rule(INDETERMINATE, "{code}", "{code}")


@dataclass(frozen=True)
class Reason:
    """Why: a code, and the names that its sentence needs."""

    code: str
    names: dict[str, str] = field(default_factory=dict, hash=False)

    @property
    def does(self) -> str:
        """What it does to the verdict; a code that is not known here is a problem all the same."""
        return _RULES.get(self.code, _UNKNOWN).does

    def sentence(self, *, english: bool = False) -> str:
        """In Vietnamese or English; at the end the construct of the file that it is about, where one is known."""
        said = _RULES.get(self.code, _UNKNOWN)[2 if english else 1].format(code=self.code, **self.names)
        return f"{said} [{self.names['what']}]" if "what" in self.names else said
