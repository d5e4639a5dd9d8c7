"""Whether the signatures found in a document make it a validly signed one, in three colours with reasons.

Art. 3.3: a) a scan of an issued paper with the issuing agency's signature; b) a document with the leader's
and then the issuing agency's. Art. 3.4 gives both the value of paper; others go to the leader (Art. 6.3.b).
Pure: reports in (`tools/signing_verify.py`), judgement out. It does NOT read files, certificates or records.
"""

import unicodedata
from collections.abc import Iterable

#: problems that show a document as altered or its signer as not what he claims
RED = {
    "altered": "Nội dung không khớp với chữ ký số của {who}: văn bản đã bị sửa (NĐ 30/2020 Điều 21.2.a).",
    "range": "Chữ ký số của {who} không bao trọn văn bản (NĐ 30/2020 Điều 21.2.a).",
    "changed_after": "Văn bản bị thay đổi sau khi {who} ký số (NĐ 30/2020 Điều 21.2.a).",
    "untrusted": "Chứng thư số của {who} không do cơ quan chứng thực được tin cậy cấp (NĐ 68/2024 Điều 32).",
    "revoked": "Chứng thư số của {who} đã bị thu hồi trước khi ký (NĐ 23/2025 Điều 16).",
    "expired": "Chứng thư số của {who} không có hiệu lực tại thời điểm ký (NĐ 68/2024 Điều 31).",
    "weak": "Chữ ký số của {who} dùng thuật toán không còn an toàn (NĐ 68/2024 Điều 7).",
    "unreadable": "Không đọc được tệp hoặc chữ ký số trong tệp (NĐ 30/2020 Điều 21.2.a).",
}
#: problems that leave something unproven
AMBER = {
    "encrypted": "Tệp được mã hóa nên không kiểm tra được chữ ký số (NĐ 30/2020 Điều 21.2.a).",
    "revocation_unknown":
        "Chưa kiểm tra được chứng thư số của {who} có bị thu hồi hay không (NĐ 23/2025 Điều 16).",
    "time_unproven": "Chữ ký số của {who} không có dấu thời gian (NĐ 68/2024 Điều 29).",
    "time_untrusted": "Dấu thời gian trong chữ ký số của {who} không kiểm chứng được (NĐ 68/2024 Điều 29).",
}
UNSIGNED = "Văn bản không có chữ ký số; báo cáo lãnh đạo xem xét, quyết định (Điều 6.3.b)."
NO_AGENCY = "Thiếu chữ ký số của cơ quan phát hành (Điều 3.3); báo cáo lãnh đạo (Điều 6.3.b)."
NOT_LAST = ("Chữ ký số của cơ quan không phải chữ ký sau cùng; cơ quan phải ký sau lãnh đạo "
            "(Điều 9.1.d; NĐ 30/2020 Điều 32.2.d).")
OTHER_AGENCY = "Chữ ký số là của {found}, không phải của cơ quan gửi {sender} (Điều 3.3)."
UNKNOWN_SENDER = "Chưa biết mã định danh của cơ quan gửi để đối chiếu chữ ký số của cơ quan (Điều 3.3)."
OTHER_PERSON = "Người ký số ({found}) không phải người ký ghi trên văn bản ({wanted}) (Điều 3.3.b)."
OTHER_UNIT = "Chứng thư số của người ký thuộc {found}, không thuộc cơ quan gửi {sender} (Điều 3.3.b)."
VALID = {
    "a": "Chữ ký số của cơ quan phát hành hợp lệ (Điều 3.3.a)",
    "b": "Chữ ký số của lãnh đạo và của cơ quan phát hành hợp lệ (Điều 3.3.b)",
}
AS_PAPER = "{valid}: {names}; văn bản có giá trị như văn bản giấy, phải xử lý ngay (Điều 3.4)."

_TONES = {"\u0300", "\u0301", "\u0303", "\u0309", "\u0323"}


def judge(reports: list[dict], *, sender_code: str, signer_name: str | None, also: Iterable[str] = ()) -> dict:
    """Judge the signatures of one document.

    `reports`: from `Signer.verify`, in the order of signing. `sender_code`: code of the agency that the
    document says it is from, `also`: other codes of the same agency, old or new. `signer_name`: full name
    printed on the document; None when not known.

    Returns {"color": "green" | "amber" | "red" | "none", "kind": "a" | "b" | None, "reasons": [sentences]}.
    Red: something is false. Amber: something is missing or unproven. Only green is valid under Art. 3.3.
    """
    if not reports:
        return {"color": "none", "kind": None, "reasons": [UNSIGNED]}
    own = {code.strip().upper() for code in (sender_code, *also)}
    reports = [report | {"organisation_code": sender_code} if report["organisation_code"].strip().upper() in own
               else report for report in reports]
    kind, false, unproven = _structure(reports, sender_code)
    if kind == "b":
        unproven += _signer(reports, sender_code, signer_name)
    for report in reports:
        who = report["signer"] or report["organisation_name"] or "người ký"
        # a code that is not known here is a problem all the same
        false += [RED[p].format(who=who) for p in report["problems"] if p in RED]
        unproven += [AMBER.get(p, p).format(who=who) for p in report["problems"] if p not in RED]
    if false or unproven:
        reasons = list(dict.fromkeys(false + unproven))
        return {"color": "red" if false else "amber", "kind": kind, "reasons": reasons}
    # who signed stands in the reason: where the printed name is not known, a person compares
    names = ", ".join(report["signer"] for report in reports)
    return {"color": "green", "kind": kind, "reasons": [AS_PAPER.format(valid=VALID[kind], names=names)]}


def _structure(reports: list[dict], sender_code: str) -> tuple[str | None, list[str], list[str]]:
    """Kind of Art. 3.3, what is false and what is missing in who signed in which order."""
    readable = [r for r in reports if r["field"]]
    agencies = [r for r in readable if r["is_agency"]]
    if not readable:
        return None, [], []
    if not agencies:
        return None, [], [NO_AGENCY]
    if not readable[-1]["is_agency"]:
        return None, [NOT_LAST], []
    kind = "b" if len(readable) > len(agencies) else "a"
    code = agencies[-1]["organisation_code"]
    if not sender_code.strip():
        return kind, [], [UNKNOWN_SENDER]
    if code.strip().upper() != sender_code.strip().upper():
        return kind, [OTHER_AGENCY.format(found=agencies[-1]["signer"] or code, sender=sender_code)], []
    return kind, [], []


def _signer(reports: list[dict], sender_code: str, signer_name: str | None) -> list[str]:
    people = [r for r in reports if r["field"] and not r["is_agency"]]
    reasons = []
    if signer_name and all(_spelt(p["signer"]) != _spelt(signer_name) for p in people):
        found = ", ".join(p["signer"] for p in people)
        reasons.append(OTHER_PERSON.format(found=found, wanted=signer_name))
    for person in people:
        code = person["organisation_code"]
        if code and sender_code and code.strip().upper() != sender_code.strip().upper():
            reasons.append(OTHER_UNIT.format(found=person["organisation_name"] or code, sender=sender_code))
    return reasons


def _spelt(name: str) -> list[str]:
    """Words of a name, with the tone mark after the word: "Hoà" and "Hòa" are one name."""
    words = unicodedata.normalize("NFD", name).casefold().split()
    return ["".join(c for c in w if c not in _TONES) + "".join(c for c in w if c in _TONES) for w in words]
