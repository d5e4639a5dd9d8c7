"""Whether the signatures found in a document make it a validly signed one: a verdict, a colour, the reasons.

Art. 3.3: a) a scan of an issued paper with the issuing agency's signature; b) a document with the leader's and then the
issuing agency's. Art. 3.4 gives both the value of paper; others go to the leader (Art. 6.3.b). An electronic copy is
signed by the agency that copies alone, in words that say so (NĐ 30/2020 Đ25, 26, PL I). Pure: reports in
(`tools/signing_verify.py`), judgement out. It does NOT read files, certificates or records.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from app.regulation import verdict_copy

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
    "expired": Rule(
        INVALID, "Chứng thư số của {who} không có hiệu lực tại thời điểm ký (NĐ 68/2024 Điều 31).",
        "The certificate of {who} was not valid at the time of signing (ND 68/2024 Art. 31)."),
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
        INDETERMINATE, "Tệp có nội dung tự thay đổi khi mở (mã lệnh, phần ẩn hiện, phần lấy từ tệp khác): điều nhìn "
                       "thấy có thể khác điều đã ký (NĐ 30/2020 Điều 21.2.a).",
        "The file has content that changes itself when opened (scripts, parts that hide, parts of other files): what "
        "is seen may differ from what was signed (ND 30/2020 Art. 21.2.a)."),
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
#: what may be wrong with who signed what in which order; the last two are what is right
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
        INVALID, "Chứng thư số đã ký không phải chứng thư được đăng ký của cơ quan {wanted} (Điều 3.3).",
        "The certificate that signed is none that is registered for the agency {wanted} (Art. 3.3)."),
    "sender_unknown": Rule(
        INDETERMINATE, "Chưa biết mã định danh của cơ quan gửi để đối chiếu chữ ký số của cơ quan (Điều 3.3).",
        "The code of the sending agency is not known, the agency's signature cannot be compared (Art. 3.3)."),
    "other_person": Rule(
        INCOMPLETE, "Người ký số ({found}) không phải người ký ghi trên văn bản ({wanted}) (Điều 3.3.b).",
        "Who signed digitally ({found}) is not the signer named in the document ({wanted}) (Art. 3.3.b)."),
    "not_leader": Rule(
        INCOMPLETE, "Người ký số ({found}) không phải lãnh đạo đã đăng ký của cơ quan {wanted} (Điều 3.3.b).",
        "Who signed digitally ({found}) is no registered leader of the agency {wanted} (Art. 3.3.b)."),
    "other_unit": Rule(
        INCOMPLETE, "Chứng thư số của người ký thuộc {found}, không thuộc cơ quan gửi {wanted} (Điều 3.3.b).",
        "The signer's certificate belongs to {found}, not to the sending agency {wanted} (Art. 3.3.b)."),
    "valid_a": Rule(
        VALID, "Chữ ký số của cơ quan phát hành hợp lệ (Điều 3.3.a): {names}; văn bản có giá trị như văn bản giấy, "
               "phải xử lý ngay (Điều 3.4).",
        "The digital signature of the issuing agency is valid (Art. 3.3.a): {names}; the document has the value of "
        "paper and is handled at once (Art. 3.4)."),
    "valid_b": Rule(
        VALID, "Chữ ký số của lãnh đạo và của cơ quan phát hành hợp lệ (Điều 3.3.b): {names}; văn bản có giá trị như "
               "văn bản giấy, phải xử lý ngay (Điều 3.4).",
        "The digital signatures of the leader and of the issuing agency are valid (Art. 3.3.b): {names}; the document "
        "has the value of paper and is handled at once (Art. 3.4)."),
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
}
#: what may be wrong with a separate attachment, which the agency signs too; {n}: which one. The first only warns
OF_ATTACHMENT = {
    "attachment_unsigned": Rule(
        VALID, "Tệp kèm theo thứ {n} không có chữ ký số của cơ quan phát hành (NĐ 30/2020 Phụ lục I).",
        "Attachment {n} does not bear the digital signature of the issuing agency (ND 30/2020 Annex I)."),
    "attachment_unproven": Rule(
        INDETERMINATE, "Chưa đủ căn cứ để kết luận về chữ ký số trong tệp kèm theo thứ {n} (Điều 3.3).",
        "The digital signatures in attachment {n} cannot be judged yet (Art. 3.3)."),
    "attachment_other": Rule(
        INDETERMINATE, "Tệp kèm theo thứ {n} được ký bằng chứng thư số khác chứng thư đã ký văn bản; cần đối chiếu với "
                       "cơ quan phát hành (NĐ 30/2020 Phụ lục I).",
        "Attachment {n} was signed with another certificate than the document; ask the issuing agency (ND 30/2020 "
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
    "packet_unproven": Rule(
        INDETERMINATE, "Chưa kiểm tra được chứng thư số đã ký gói tin liên thông có bị thu hồi hay không (NĐ 23/2025 "
                       "Điều 16).",
        "Whether the certificate that signed the exchange packet was revoked could not be checked (ND 23/2025 Art. "
        "16)."),
}
_RULES = {**OF_SIGNATURE, **OF_DOCUMENT, **OF_ATTACHMENT, **OF_PACKET}
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
        """In Vietnamese or English."""
        return _RULES.get(self.code, _UNKNOWN)[2 if english else 1].format(code=self.code, **self.names)


@dataclass(frozen=True)
class Agency:
    """What is registered of the agency that a document says it is from."""

    #: its code, and other codes of the same agency, old or new; all empty: not known
    codes: tuple[str, ...] = ()
    #: sha256 (hex) of its certificates and of its leaders', full names of leaders without one; None: none is registered
    certificates: frozenset[str] | None = None
    leaders: frozenset[str] | None = None
    leader_names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Judgement:
    """The verdict over the signatures of one document."""

    #: 3.3.a or 3.3.b, by who signed; "copy": an electronic copy
    kind: str | None
    reasons: tuple[Reason, ...]

    @property
    def does(self) -> str:
        """The worst of the reasons: invalid, incomplete, indeterminate, unsigned or valid."""
        return min((one.does for one in self.reasons), key=list(COLOURS).index)

    @property
    def verdict(self) -> str:
        """As `does`; a valid document bears its point of Art. 3.3, a valid copy (NĐ 30/2020 Đ26) is "copy"."""
        if self.does != VALID or self.kind is None:
            return self.does
        return self.kind if self.kind == "copy" else f"3.3.{self.kind}"

    @property
    def handling(self) -> str:
        """The point of Art. 6.3 that says what comes next."""
        return "6.3.a" if self.does == VALID else "6.3.b"


def judge(reports: list[dict], *, sender_code: str, signer_name: str | None, also: Iterable[str] = (),
          is_scan: bool | None = None, attached: Iterable[list[dict]] = (),
          packet: dict | None = None, is_own: bool = False, notation: str = "") -> dict[str, Any]:
    """Judge the signatures of one document, as a document keeps it.

    `reports`: from `Signer.verify`, in the order of signing. `sender_code`: code of the agency that the
    document says it is from, `also`: other codes of the same agency, old or new. `signer_name`: full name
    printed on the document; None when not known. `is_scan`: are its pages pictures; None: not known. `attached`: the
    reports of each separate attachment; `packet`: the report of the signature of the packet itself. `is_own`: the
    agency is signing it itself, nothing has come. `notation`: the document's as its sender gives it; "": not known.

    Returns {"color": "green" | "amber" | "red" | "none", "kind": "a" | "b" | "copy" | None, "verdict", "handling": as
    in `Judgement`, "reasons": [sentences], "told": [{"code", "names"}], the same for other languages}.
    Red: something is false. Amber: something is missing or unproven. Only green is valid under Art. 3.3.
    """
    sender = Agency(tuple(filter(None, (sender_code.strip(), *also))))
    found = judgement(reports, sender, signer_name=signer_name, is_scan=is_scan, notation=notation)
    told = [Reason(code, {"n": str(n)}) for n, one in enumerate(attached, 1) if
            (code := attachment(one, sender, {of["fingerprint"] for of in reports if of["is_agency"]}))]
    if is_own:  # nobody decides about it: the agency's turn is next
        found = replace(found, reasons=tuple(
            Reason("agency_to_sign") if one.code == "agency_missing" else one for one in found.reasons))
    told += [] if packet is None else of_packet(packet, sender)
    found = Judgement(found.kind, _worst_first([*found.reasons, *told]))
    return {"color": COLOURS[found.does], "kind": found.kind, "verdict": found.verdict, "handling": found.handling,
            "reasons": list(dict.fromkeys(one.sentence() for one in found.reasons)),
            "told": [{"code": one.code, "names": one.names} for one in found.reasons]}


def judgement(reports: list[dict], agency: Agency, *, signer_name: str | None = None,
              is_scan: bool | None = None, notation: str = "") -> Judgement:
    """Judge the signatures of one document from this agency. `is_scan`, `notation`: as in `judge`."""
    if not reports:
        return Judgement(None, (Reason("unsigned"),))
    kind, reasons = _structure(reports, agency)
    form = verdict_copy.form(reports[-1], notation, is_scan) if kind == "a" else ""
    if form:
        kind = "copy"
        reasons += [Reason(*fault) for fault in verdict_copy.faults(reports[-1], form, is_scan)]
    elif kind == "a" and is_scan is False:
        reasons.append(Reason("leader_missing"))
    if kind == "b":
        reasons += _signer(reports, agency, signer_name)
    for report in reports:
        who = report["signer"] or report["organisation_name"] or "người ký"
        reasons += [Reason(problem, {"who": who}) for problem in report["problems"]]
    if not reasons:
        # who signed stands in the reason: where the printed name is not known, a person compares
        names = {"names": ", ".join(one["signer"] for one in reports)} | ({"wanted": form} if form else {})
        return Judgement(kind, (Reason(f"valid_{kind}", names),))
    return Judgement(kind, _worst_first(reasons))


def attachment(reports: list[dict], agency: Agency, sealing: Iterable[str]) -> str:
    """What is wrong with the signatures of a separate attachment, as a code; empty: the agency signed it, too, with one
    of the certificates that sealed the document (`sealing`, fingerprints).
    """
    worst = _worst_first(Reason(problem) for report in reports for problem in report["problems"])
    if worst:
        return "attachment_false" if worst[0].does == INVALID else "attachment_unproven"
    seals = [one["fingerprint"] for one in reports if one["is_agency"] and (_is_of(one, agency) or not agency.codes)]
    if not seals:
        return "attachment_unsigned"
    return "" if set(seals) & set(sealing) else "attachment_other"


def of_packet(report: dict, agency: Agency) -> list[Reason]:
    """What is wrong with the signature of a packet from this agency; [] when it is the agency's and whole."""
    worst = _worst_first(Reason(problem) for problem in report["problems"])
    if worst:
        return [Reason("packet_false" if worst[0].does == INVALID else "packet_unproven")]
    is_own = agency.certificates is None or report["fingerprint"] in agency.certificates
    if report["is_agency"] and is_own and _is_of(report, agency):
        return []
    return [Reason("packet_other_agency", {"found": report["signer"] or report["organisation_code"],
                                           "wanted": next(iter(agency.codes), "")})]


def _worst_first(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    return tuple(sorted(reasons, key=lambda one: list(COLOURS).index(one.does)))


def _structure(reports: list[dict], agency: Agency) -> tuple[str | None, list[Reason]]:
    """Kind of Art. 3.3, and what is wrong in who signed in which order."""
    readable = [r for r in reports if r["field"]]
    agencies = [r for r in readable if r["is_agency"]]
    if not readable:
        return None, []
    if not agencies:
        return None, [Reason("agency_missing")]
    sealed = next((one for one in agencies if _is_of(one, agency)), agencies[-1])
    if not all(one["is_agency"] for one in readable[readable.index(sealed):]):  # nobody signs after the sender's seal
        return None, [Reason("agency_not_last")]
    kind, last = "b" if len(readable) > len(agencies) else "a", agencies[-1]
    if not agency.codes:
        return kind, [Reason("sender_unknown")]
    if not _is_of(last, agency):
        return kind, [Reason("other_agency", {"found": last["signer"] or last["organisation_code"],
                                              "wanted": agency.codes[0]})]
    if agency.certificates is not None and last["fingerprint"] not in agency.certificates:
        return kind, [Reason("agency_not_registered", {"wanted": agency.codes[0]})]
    return kind, []


def _is_of(report: dict, agency: Agency) -> bool:
    return _code(report["organisation_code"]) in {_code(one) for one in agency.codes}


def _code(text: str) -> str:
    return text.strip().upper()


def _signer(reports: list[dict], agency: Agency, signer_name: str | None) -> list[Reason]:
    people = [r for r in reports if r["field"] and not r["is_agency"]]
    found = {"found": ", ".join(p["signer"] for p in people)}
    reasons = []
    if signer_name and all(verdict_copy.spelt(p["signer"]) != verdict_copy.spelt(signer_name) for p in people):
        reasons.append(Reason("other_person", found | {"wanted": signer_name}))
    if agency.leaders is not None and not any(_leads(p, agency) for p in people):
        reasons.append(Reason("not_leader", found | {"wanted": agency.codes[0]}))
    for person in people:
        if person["organisation_code"] and agency.codes and not _is_of(person, agency):
            reasons.append(Reason("other_unit", {"found": person["organisation_name"] or person["organisation_code"],
                                                 "wanted": agency.codes[0]}))
    return reasons


def _leads(person: dict, agency: Agency) -> bool:
    return (person["fingerprint"] in (agency.leaders or ())
            or any(verdict_copy.spelt(person["signer"]) == verdict_copy.spelt(name) for name in agency.leader_names))
