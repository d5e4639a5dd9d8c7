"""The people and places of the demo province: plain data, nothing done with it here.

Names are invented. Every account's certificate and every page say "demo".
"""

from dataclasses import dataclass, field

#: the password of every demo account, and the PIN of every demo key
PASSWORD, PIN = "Lao-Cai-demo-2026", "246810"


@dataclass(frozen=True)
class DemoUnit:
    """A unit and its people: (username, full name, title, roles)."""

    name: str
    abbreviation: str
    people: tuple[tuple[str, str, str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class DemoAgency:
    """An agency with its units."""

    code: str
    slug: str
    name: str
    abbreviation: str
    place: str = "Lào Cai"
    competence: str = ""
    units: tuple[DemoUnit, ...] = field(default=())


#: who heads each agency's office, where the clerk works
OFFICE_HEADS = {
    "vpubnd": "Ngô Văn Thịnh", "stc": "Lê Thị Phương", "snv": "Đỗ Mạnh Cường", "sxd": "Hoàng Thị Tuyết",
    "skhcn": "Phạm Quang Hưng", "batxat": "Lý A Vàng", "sapa": "Nguyễn Thị Bích Hằng",
}


def _agency(code: str, slug: str, name: str, abbreviation: str, head: str, deputy: str, names: list[str],
            units: list[tuple[str, str]], place: str = "Lào Cai", competence: str = "") -> DemoAgency:
    """An agency of the usual shape: leaders, an office with the clerk, and two units with head and officers."""
    clerk, admin, auditor, *rest = names[2:]
    office = DemoUnit("Văn phòng", "VP", (
        ("chanhvanphong", OFFICE_HEADS[slug], "Chánh Văn phòng" if slug != "vpubnd" else "Trưởng phòng Hành chính",
         ("head", "designer", "publisher")),
        ("vanthu", clerk, "Văn thư", ("clerk",)),
        ("quantri", admin, "Quản trị mạng", ("admin", "designer", "migrator")),
        ("thanhtra", auditor, "Thanh tra viên", ("auditor",)),
    ))
    leaders = DemoUnit("Ban lãnh đạo", "LĐ", (
        ("lanhdao", names[0], head, ("leader", "publisher")),
        ("pholanhdao", names[1], deputy, ("leader",)),
    ))
    made = []
    for index, (unit, short) in enumerate(units):
        mark = "" if index == 0 else str(index + 1)
        manager, officer, second = rest[index * 3:index * 3 + 3]
        made.append(DemoUnit(unit, short, (
            (f"truongphong{mark}", manager, f"Trưởng {unit[0].lower()}{unit[1:]}", ("head",)),
            (f"chuyenvien{mark}", officer, "Chuyên viên", ("officer",)),
            (f"chuyenvien{mark}b", second, "Chuyên viên", ("officer",)),
        )))
    return DemoAgency(code, slug, name, abbreviation, place, competence, (leaders, office, *made))


#: the agency above all others: its auditor sees counts of them and what their leaders gave him (Art. 12)
PROVINCE = DemoAgency(
    "H38", "tinh", "Ủy ban nhân dân tỉnh Lào Cai", "UBND", competence="TM. ỦY BAN NHÂN DÂN", units=(
        DemoUnit("Thường trực Ủy ban nhân dân", "TT", (
            ("lanhdao", "Vi Minh Khôi", "CHỦ TỊCH", ("leader",)),
            ("vanthu", "Lò Thị Sen", "Văn thư", ("clerk",)),
            ("quantri", "Nùng Văn Duy", "Quản trị mạng", ("admin",)),
        )),
        DemoUnit("Thanh tra tỉnh", "TTr", (("thanhtra", "Phùng Quốc Bảo", "Thanh tra viên", ("auditor",)),)),
    ))

AGENCIES = (
    _agency("H38.01", "vpubnd", "Văn phòng Ủy ban nhân dân tỉnh Lào Cai", "VPUBND", "CHÁNH VĂN PHÒNG",
            "PHÓ CHÁNH VĂN PHÒNG",
            ["Nguyễn Minh Quang", "Trần Thị Hồng Vân", "Lê Thu Hà", "Phạm Đức Anh", "Vũ Hải Yến",
             "Hoàng Văn Thắng", "Đỗ Thị Mai", "Bùi Quốc Khánh", "Lương Văn Sơn", "Đặng Thu Trang", "Tô Anh Dũng"],
            [("Phòng Tổng hợp", "TH"), ("Phòng Kinh tế", "KT")]),
    _agency("H38.12", "stc", "Sở Tài chính tỉnh Lào Cai", "STC", "GIÁM ĐỐC", "PHÓ GIÁM ĐỐC",
            ["Đinh Xuân Trường", "Ngô Thị Lan", "Trịnh Thị Hoa", "Mai Văn Tú", "Cao Thị Nhung",
             "Phan Văn Hùng", "Nguyễn Thị Thảo", "Vàng A Páo", "Lý Thị Dung", "Trần Quang Huy", "Giàng Thị Sua"],
            [("Phòng Ngân sách", "NS"), ("Phòng Đầu tư", "ĐT")]),
    _agency("H38.07", "snv", "Sở Nội vụ tỉnh Lào Cai", "SNV", "GIÁM ĐỐC", "PHÓ GIÁM ĐỐC",
            ["Hoàng Thị Bích", "Lê Văn Chiến", "Nguyễn Thị Kim Oanh", "Trần Văn Đông", "Lò Thị Ánh",
             "Vũ Văn Bình", "Hà Thị Thúy", "Sùng A Chu", "Đào Thị Hạnh", "Phùng Văn Nam", "Chu Thị Loan"],
            [("Phòng Tổ chức biên chế", "TCBC"), ("Phòng Văn thư lưu trữ", "VTLT")]),
    _agency("H38.19", "sxd", "Sở Xây dựng tỉnh Lào Cai", "SXD", "GIÁM ĐỐC", "PHÓ GIÁM ĐỐC",
            ["Bùi Văn Cường", "Phạm Thị Ngọc", "Đoàn Thị Yên", "Lê Quang Vinh", "Thào A Dế",
             "Nguyễn Hữu Phúc", "Lù Thị Mây", "Trương Văn Lộc", "Vi Văn Hòa", "Tạ Thị Thu", "Nông Văn Kiên"],
            [("Phòng Quản lý xây dựng", "QLXD"), ("Phòng Hạ tầng giao thông", "HTGT")]),
    _agency("H38.10", "skhcn", "Sở Khoa học và Công nghệ tỉnh Lào Cai", "SKHCN", "GIÁM ĐỐC", "PHÓ GIÁM ĐỐC",
            ["Vũ Trọng Nghĩa", "Đặng Thị Hiền", "Lục Thị Tươi", "Hồ Văn Khoa", "Ma Thị Xuân",
             "Trần Đình Phong", "Nguyễn Thị Hương", "Sầm Văn Tài", "Kiều Văn Toàn", "Lê Thị Minh", "Hầu A Lềnh"],
            [("Phòng Chuyển đổi số", "CĐS"), ("Phòng Quản lý khoa học", "QLKH")]),
    _agency("H38.45", "batxat", "Ủy ban nhân dân xã Bát Xát", "UBND", "CHỦ TỊCH", "PHÓ CHỦ TỊCH",
            ["Vàng Văn Phúc", "Tẩn Thị Mẩy", "Lý Thị Páo", "Phàn A Sài", "Nguyễn Văn Lực",
             "Chảo Láo Lở", "Hoàng Thị Liên", "Tẩn A Phàn", "Trần Thị Hằng", "Lồ A Minh", "Vù Thị Dở"],
            [("Phòng Kinh tế", "KT"), ("Phòng Văn hóa - Xã hội", "VHXH")], "Bát Xát", "TM. ỦY BAN NHÂN DÂN"),
    _agency("H38.61", "sapa", "Ủy ban nhân dân phường Sa Pa", "UBND", "CHỦ TỊCH", "PHÓ CHỦ TỊCH",
            ["Phan Đăng Toàn", "Má Thị Di", "Giàng Thị Chư", "Đỗ Văn Hiếu", "Thền Thị Quyên",
             "Nguyễn Quốc Trị", "Châu A Phử", "Vàng Thị Sáng", "Lê Thị Nga", "Hạng A Sính", "Bàn Thị Lai"],
            [("Phòng Kinh tế - Hạ tầng", "KTHT"), ("Phòng Văn hóa - Xã hội", "VHXH")], "Sa Pa",
            "TM. ỦY BAN NHÂN DÂN"),
)
