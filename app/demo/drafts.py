"""Drafts of the demo's officers: a DOCX in the layout of NĐ 30/2020, number and date left blank."""

from app.demo import letters
from app.demo.people import AGENCIES

_BODY = (
    "Thực hiện ý kiến chỉ đạo của Ủy ban nhân dân tỉnh về nhiệm vụ trọng tâm những tháng cuối năm, {name} đã khẩn "
    "trương rà soát, tổng hợp số liệu từ các đơn vị, địa phương.",
    "Kết quả cụ thể: đến hết kỳ báo cáo, các nhiệm vụ được giao cơ bản hoàn thành đúng tiến độ; một số nội dung còn "
    "vướng mắc đã được phối hợp với các cơ quan liên quan tháo gỡ kịp thời.",
    "{name} trân trọng gửi quý cơ quan tổng hợp, theo dõi./.",
)


def draft_of(slug: str, subject: str, addressees: list[str], *, username: str = "lanhdao") -> bytes:
    """A draft of an agency about a subject to others (codes), to be signed by one of its leaders."""
    drawn = next(a for a in AGENCIES if a.slug == slug)
    title, signer = next((t, n) for u in drawn.units for name, n, t, _ in u.people if name == username)
    kind = next((k for k in ("Báo cáo", "Giấy mời") if subject.startswith(k)), "Công văn")
    unit, names = drawn.units[2], {a.code: a.name for a in AGENCIES}
    about = subject.removeprefix(kind).removeprefix("V/v").strip()
    short = {"Báo cáo": "BC-", "Giấy mời": "GM-"}.get(kind, "")
    return letters.draft_docx({
        "organ_name": drawn.name, "place": drawn.place, "type_name": kind,
        "subject": about if kind == "Công văn" else about[0].upper() + about[1:],
        "code_notation": f"{short}{drawn.abbreviation}" if short else f"{drawn.abbreviation}-{unit.abbreviation}",
        "addressees": [names[code] for code in addressees], "recipients": ["Như trên", f"Lưu: VT, {unit.abbreviation}"],
        "signer_name": signer, "signer_position": title, "authority": drawn.competence,
        "body": [text.format(name=drawn.name) for text in _BODY]})
