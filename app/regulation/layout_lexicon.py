"""Words the law's documents are full of, to mend readings with (Art. 3.1.đ): agencies, positions, surnames, terms.

Data and two functions that put the lexicon's spelling where a reading differs from it by marks only. A phrase is
listed only when its letters without marks have one sensible reading.
"""

import re
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import pairwise

from app.regulation.layout_grammar import fold

#: positions that sign, capitals as printed
POSITIONS = (
    "CHỦ TỊCH", "PHÓ CHỦ TỊCH", "BỘ TRƯỞNG", "THỨ TRƯỞNG", "GIÁM ĐỐC", "PHÓ GIÁM ĐỐC", "CỤC TRƯỞNG",
    "PHÓ CỤC TRƯỞNG", "CHI CỤC TRƯỞNG", "PHÓ CHI CỤC TRƯỞNG", "TỔNG CỤC TRƯỞNG", "PHÓ TỔNG CỤC TRƯỞNG",
    "VỤ TRƯỞNG", "PHÓ VỤ TRƯỞNG", "CHÁNH VĂN PHÒNG", "PHÓ CHÁNH VĂN PHÒNG", "TRƯỞNG PHÒNG", "PHÓ TRƯỞNG PHÒNG",
    "TRƯỞNG BAN", "PHÓ TRƯỞNG BAN", "BÍ THƯ", "PHÓ BÍ THƯ", "PHÓ BÍ THƯ THƯỜNG TRỰC", "CHÁNH THANH TRA",
    "PHÓ CHÁNH THANH TRA", "HIỆU TRƯỞNG", "PHÓ HIỆU TRƯỞNG", "TỔNG GIÁM ĐỐC", "PHÓ TỔNG GIÁM ĐỐC", "THỦ TƯỚNG",
    "PHÓ THỦ TƯỚNG", "VIỆN TRƯỞNG", "PHÓ VIỆN TRƯỞNG", "PHÓ CHỦ TỊCH THƯỜNG TRỰC", "ỦY VIÊN", "CHÁNH ÁN",
    "PHÓ CHÁNH ÁN", "TRẠM TRƯỞNG", "ĐỘI TRƯỞNG", "HẠT TRƯỞNG", "BỘ TRƯỞNG, CHỦ NHIỆM", "TRƯỞNG ĐOÀN", "CHỦ NHIỆM",
    "PHÓ CHỦ NHIỆM", "KẾ TOÁN TRƯỞNG", "QUYỀN GIÁM ĐỐC", "TỔ TRƯỞNG", "CHỈ HUY TRƯỞNG", "GIÁM ĐỐC SỞ",
)

#: groups of notations with Đ or D as they are usually written
_GROUPS = (
    "UBND HĐND VPUBND VPHĐND TTHĐND ĐĐBQH ĐĐBQH&HĐND ĐU ĐUK ĐBQH BCĐ BCĐTW BĐD QLĐĐ QLĐT QLĐTXD ĐKĐĐ ĐĐBĐ ĐĐBĐVT ĐKKD "
    "KHĐT KHĐTTC GDĐT GDĐTH SGDĐT SKHĐT LĐTBXH SLĐTBXH LĐVL LĐLĐ ATVSLĐ HĐ HĐTĐ HĐTV HĐQT HĐGD ĐT ĐTXD ĐTC ĐVHC ĐM ĐN "
    "TĐ TĐKT TĐC BĐ GTĐB QLĐB CĐ CĐS CĐCS CĐSP CĐN PĐ NĐ BĐS QĐ ĐKTK ĐBGT VHTTDL VHTTDLGĐ SVHTTDL DL QLDL DT BDT DTTS "
    "DTTG DS DSKHHGĐ CCDS QLD QLDA BQLDA DA TCDN GDNN DN QLDN DNNN TTDN TDTT NDTN TAND VKSND CAND QĐND HND DVC DVCTT "
    "TTDVHCC KSDB DBHB GD SGD PGD GDTX GDMN GDTH GDTrH GDCN DQTV GPMB THADS CTHADS KBNN GDCK NHCSXH BHXH QPTD TCD "
    "BTCD").split()

#: of them those that are not usual with the other letter as well: no second reading can tell D from Đ
GROUPS = frozenset(one for one in _GROUPS if [fold(other) for other in _GROUPS].count(fold(one)) == 1)

#: first words of the names of agencies, without marks
AGENCY_STARTS = (
    "uy ban nhan dan|ubnd|hoi dong|hdnd|so|bo|tong cuc|cuc|chi cuc|phong|van phong|ban|trung tam|truong|benh vien|"
    "dang uy|huyen uy|tinh uy|thanh uy|thi uy|bao hiem|kho bac|thanh tra|cong an|vien|toa an|lien doan|hoi|doan|"
    "mat tran|uy ban|chi nhanh|ngan hang|doi|tram|cong ty|hat|dai|lien minh|quy|dang bo|"
    "lien hiep|hiep hoi|tap doan|dai hoc|hoc vien|kiem toan|bo chi huy|xi nghiep"
)

#: surnames, without marks
SURNAMES = frozenset(
    "nguyen tran le pham hoang huynh phan vu vo dang bui do ho ngo duong ly dinh truong lam trinh dao doan luong "
    "mai to ta ha cao thai chu vuong luu phung kieu quach mac chau ma vang giang sung lo lu then nong trieu hau "
    "thao chao ban hua be dieu vi tong an khuc la lai nghiem ninh quan thach tieu ton van vien am mua cu hang tan "
    "hu phong lau mo mung quang ro tham tan thien tung ung ha van".split())

#: surnames whose letters have one spelling, by their letters without marks
_SPELT = {fold(name): name for name in (
    "Nguyễn Trần Phạm Hoàng Huỳnh Đặng Bùi Đỗ Dương Đinh Trịnh Đoàn Lương Lưu Phùng Vương Giàng Sùng Vàng Nông Triệu "
    "Hầu Thào Chảo Đào Phan Quách Thèn").split()}

#: words of middle and given names, as they are usually spelt
_GIVEN = frozenset("""
An Anh Ái Ánh Ân Ba Bá Bách Bảo Bằng Bắc Bế Bích Bình Bính Bổng Ca Cảnh Cao Cát Cẩm Cầm Chánh Châm Chấn Châu Chi Chí
Chiến Chiểu Chinh Chính Chỉnh Chu Chung Chuyên Chương Công Cúc Cung Cư Cường Cương Dân Danh Di Diễm Diên Diện Diệp
Diệu Dinh Doanh Doãn Du Dung Dũng Duy Duyên Dư Dương Dưỡng Đa Đài Đại Đán Đàm Đan Đào Đạo Đạt Đắc Đăng Đặng Đệ Điền
Điện Điệp Đình Định Đoan Đoàn Đồng Đông Đô Đôn Độ Độc Đức Gấm Gia Giang Giáp Giảng Hà Hạ Hai Hải Hạnh Hào Hạo Hân Hằng
Hậu Hiên Hiền Hiển Hiến Hiệp Hiếu Hiệu Hinh Hoa Hòa Hoà Hóa Hoàn Hoàng Hoài Hoan Hoạt Hồ Hồi Hội Hồng Hợi Hợp Huân
Huấn Huệ Hùng Huy Huyên Huyền Huỳnh Hưng Hương Hường Hướng Hữu Kha Khả Khải Khang Khánh Khanh Khắc Khiêm Khoa Khoát
Khôi Khuê Khuyến Khương Kiên Kiếm Kiều Kiệt Kiệm Kim Kính Kỳ Lai Lam Lan Lãm Lâm Lân Lập Lê Lệ Liêm Liên Liễu Liệu
Linh Lĩnh Loan Long Lộc Lợi Luân Luận Luật Lục Lữ Lương Lượng Lưu Lực Ly Lý Mai Mạnh Mẫn Mậu Mến Miên Minh Mỹ My Mùi
Muôn Nam Nga Ngà Ngân Nghi Nghĩa Nghiêm Nghị Ngọ Ngoan Ngọc Ngôn Nguyên Nguyện Nguyệt Nhã Nhàn Nhan Nhân Nhẫn Nhật Nhi
Nhị Nhiên Nho Như Nhung Nhuận Nhường Nhượng Ninh Nữ Nương Oanh Pháp Phát Phi Phong Phòng Phú Phúc Phụng Phùng Phước
Phương Phượng Quan Quang Quảng Quân Quế Quốc Quý Quyên Quyền Quyết Quyến Quỳnh San Sang Sáng Sáu Sâm Sen Sinh Sĩ Sơn
Song Sự Sửu Sỹ Tài Tám Tân Tấn Tâm Tạo Tạ Thạch Thái Tham Thám Thanh Thành Thạnh Thao Thảo Thạo Thắm Thăng Thắng Thân
Thận Thế Thể Thêm Thi Thị Thiên Thiện Thiết Thìn Thịnh Thoa Thoại Thoan Thọ Thông Thống Thơ Thơm Thới Thu Thuấn Thuận
Thuật Thục Thúy Thuý Thủy Thuỷ Thùy Thuỳ Thuyên Thuyết Thư Thứ Thực Thương Thường Thưởng Thượng Tiên Tiến Tiệp Tín
Tính Tình Tịnh Toán Toàn Toản Tố Tồn Tới Tràng Trang Trâm Trân Trầm Trí Triển Triết Triều Triệu Trinh Trình Trọng
Trung Trúc Trực Trường Trưởng Tú Tuân Tuấn Tuất Tuệ Tùng Tuy Tuyên Tuyến Tuyền Tuyết Tư Tứ Từ Tường Tưởng Tựu Tý Tỵ Uy
Uyên Vân Vạn Văn Vàng Viên Viễn Việt Vịnh Vinh Vĩnh Vĩ Vi Vị Vũ Vui Vững Vượng Vương Vy Xinh Xuân Xuyến Xuyên Yên Yến
Ý A Seo Páo Pao Sín Dín Chẩn Mẩy Dế Chứ Lử Tả Phủ Phấy Sài Mìn Quẩy Dơ Tô Căng Sì Nhất Lâu Lùng Sèng Chớ Thào Vần Chỏ
Dở Cấu Mỷ Dợ Ngải Phẩu Ôn Tiếp Đích Ơn Ước Ngãi Sử Thừa Nghiệp Phan Trần Nguyễn Phạm Bùi Đỗ Tráng Khởi Khuông Chúc
Giới Giám Khoái Tụng Vỹ Xuất Điểm Trai Trị
""".split())

#: parts of names of agencies, capitals as printed
_AGENCY = """
ỦY BAN NHÂN DÂN|HỘI ĐỒNG NHÂN DÂN|THÔNG TIN VÀ TRUYỀN THÔNG|TÀI NGUYÊN VÀ MÔI TRƯỜNG|KẾ HOẠCH VÀ ĐẦU TƯ|
KHOA HỌC VÀ CÔNG
NGHỆ|GIÁO DỤC VÀ ĐÀO TẠO|NÔNG NGHIỆP VÀ PHÁT TRIỂN NÔNG THÔN|
NÔNG NGHIỆP VÀ MÔI TRƯỜNG|VĂN HÓA, THỂ THAO VÀ DU LỊCH|VĂN
HÓA VÀ THÔNG TIN|LAO ĐỘNG - THƯƠNG BINH VÀ XÃ HỘI|
BẢO HIỂM XÃ HỘI|BAN TỔ CHỨC|BAN TUYÊN GIÁO|BAN DÂN VẬN|BAN NỘI CHÍNH|
VĂN PHÒNG|TRUNG TÂM|DỊCH VỤ HÀNH CHÍNH CÔNG|CHUYỂN ĐỔI SỐ|BAN CHỈ ĐẠO|BAN QUẢN LÝ|CÔNG THƯƠNG|TÀI CHÍNH|NỘI VỤ|TƯ
PHÁP|GIAO THÔNG VẬN TẢI|KHO BẠC NHÀ NƯỚC|NGÂN HÀNG NHÀ NƯỚC|TỔNG CỤC|CHI CỤC|HẢI QUAN|QUẢN LÝ THỊ TRƯỜNG|
ĐOÀN ĐẠI BIỂU QUỐC HỘI|CAO ĐẲNG|ĐẠI HỌC|SƯ PHẠM|KIỂM SOÁT BỆNH TẬT|QUẢN LÝ DỰ ÁN|ĐẦU TƯ XÂY DỰNG|CÔNG TRÌNH|
KHU CÔNG NGHIỆP|KHU KINH TẾ|AN TOÀN THỰC PHẨM|DÂN TỘC|TÔN GIÁO|THI HÀNH ÁN DÂN SỰ|BỘ CHỈ HUY QUÂN SỰ|
BỘ ĐỘI BIÊN PHÒNG|PHÒNG CHÁY|CHỮA CHÁY|HỘI KHOA HỌC VÀ KỸ THUẬT|HỘI KHOA HỌC KỸ THUẬT|LIÊN MINH HỢP TÁC XÃ|
VĂN HỌC NGHỆ THUẬT|CHỮ THẬP ĐỎ|NGƯỜI CAO TUỔI|NÔNG LÂM SẢN VÀ THỦY SẢN|QUẢN LÝ CHẤT LƯỢNG|BẢO VỆ THỰC VẬT|
CHĂN NUÔI VÀ THÚ Y|THỦY LỢI|PHÁT TRIỂN QUỸ ĐẤT|ĐĂNG KÝ ĐẤT ĐAI|KHUYẾN NÔNG|XÚC TIẾN ĐẦU TƯ|XÚC TIẾN DU LỊCH|
DỰ TRỮ NHÀ NƯỚC|KIỂM TOÁN NHÀ NƯỚC|TRUNG ƯƠNG|Y HỌC CỔ TRUYỀN|PHỤC HỒI CHỨC NĂNG|GIÁO DỤC NGHỀ NGHIỆP|
GIÁO DỤC THƯỜNG XUYÊN|TIỂU HỌC|MẦM NON|TRUNG HỌC CƠ SỞ|CHÍNH TRỊ|NGOẠI VỤ|BẢO TỒN|THIÊN NHIÊN|VƯỜN QUỐC GIA|
DÂN SỐ|TRẺ EM|DINH DƯỠNG|KIỂM NGHIỆM|GIÁM ĐỊNH|ĐỐI NGOẠI|QUAN TRẮC|CẤP NƯỚC|VỆ SINH MÔI TRƯỜNG|THI ĐUA - KHEN THƯỞNG|
KIỂM LÂM|CỤC
THUẾ|CỤC THỐNG KÊ|VIỆN KIỂM SÁT NHÂN DÂN|TÒA ÁN NHÂN DÂN|MẶT TRẬN TỔ QUỐC VIỆT NAM|LIÊN ĐOÀN LAO ĐỘNG|
HỘI LIÊN HIỆP PHỤ
NỮ|THỊ TRƯỜNG|
HỘI NÔNG DÂN|HỘI CỰU CHIẾN BINH|ĐOÀN THANH NIÊN|TỈNH ỦY|HUYỆN ỦY|ĐẢNG ỦY|THÀNH ỦY|TRUNG TÂM Y TẾ|BỆNH VIỆN ĐA
KHOA|TRƯỜNG TRUNG HỌC PHỔ THÔNG|BỘ THÔNG TIN|VIỆT NAM|THÀNH PHỐ|TỈNH AN GIANG|TỈNH BÀ RỊA - VŨNG TÀU|
TỈNH BẮC GIANG|TỈNH
BẮC KẠN|TỈNH BẠC LIÊU|TỈNH BẮC NINH|TỈNH BẾN TRE|TỈNH BÌNH ĐỊNH|TỈNH BÌNH DƯƠNG|TỈNH BÌNH PHƯỚC|
TỈNH BÌNH THUẬN|TỈNH CÀ
MAU|TỈNH CAO BẰNG|TỈNH ĐẮK LẮK|TỈNH ĐẮK NÔNG|TỈNH ĐIỆN BIÊN|TỈNH ĐỒNG NAI|TỈNH ĐỒNG THÁP|TỈNH GIA LAI|
TỈNH HÀ GIANG|TỈNH
HÀ NAM|TỈNH HÀ TĨNH|TỈNH HẢI DƯƠNG|TỈNH HẬU GIANG|TỈNH HÒA BÌNH|TỈNH HƯNG YÊN|TỈNH KHÁNH HÒA|TỈNH KIÊN GIANG|
TỈNH KON
TUM|TỈNH LAI CHÂU|TỈNH LÂM ĐỒNG|TỈNH LẠNG SƠN|TỈNH LÀO CAI|TỈNH LONG AN|TỈNH NAM ĐỊNH|TỈNH NGHỆ AN|
TỈNH NINH BÌNH|TỈNH
NINH THUẬN|TỈNH PHÚ THỌ|TỈNH PHÚ YÊN|TỈNH QUẢNG BÌNH|TỈNH QUẢNG NAM|TỈNH QUẢNG NGÃI|TỈNH QUẢNG NINH|
TỈNH QUẢNG TRỊ|TỈNH
SÓC TRĂNG|TỈNH SƠN LA|TỈNH TÂY NINH|TỈNH THÁI BÌNH|TỈNH THÁI NGUYÊN|TỈNH THANH HÓA|TỈNH THỪA THIÊN HUẾ|TỈNH TIỀN
GIANG|TỈNH TRÀ VINH|TỈNH TUYÊN QUANG|TỈNH VĨNH LONG|TỈNH VĨNH PHÚC|TỈNH YÊN BÁI|LÀO CAI|SA PA|BẢO YÊN|BẢO THẮNG|BÁT
XÁT|BẮC HÀ|SI MA CAI|VĂN BÀN|MƯỜNG KHƯƠNG
"""

#: terms of subjects and lists, small letters
_TERMS = """
tổ công tác|thẩm định|thẩm quyền|tập thể, cá nhân|dân tộc thiểu số|chuyển đổi số|trung học phổ thông|tổ chức|
tổng kết|kiểm
tra|bảo hiểm|bảo đảm|điều chỉnh|bổ sung|sửa đổi|phổ biến|cải cách hành chính|thủ tục hành chính|phòng cháy|
chữa cháy|quy
phạm pháp luật|ủy ban nhân dân|hội đồng nhân dân|ủy ban mttq việt nam|các tổ chức chính trị|cây dược liệu|phát
triển|triển khai|quản lý|xử lý|thị trường|thị trấn|giải quyết|khiếu nại|tố cáo|địa bàn|nông thôn mới|kết quả|
báo cáo|kế
hoạch|chương trình|dự thảo|nghị định|nghị quyết|quyết định|chỉ thị|hướng dẫn|thực hiện|về việc|cơ sở dữ liệu|quốc
gia|chính phủ|chính quyền|giáo dục|đào tạo|trung tâm|công nghệ thông tin|truyền thông|an toàn thông tin|
văn phòng chính
phủ|tổng cục thuế|cục thuế tỉnh|bộ tư pháp|bộ nội vụ|sở tư pháp|cổng ttđt|như trên|như điều|kho bạc nhà nước|
cục kiểm
tra|đài phát thanh|truyền hình|sử dụng đất|mục đích sử dụng|để thực hiện|phê duyệt|giảm nghèo bền vững|khắc phục hậu
quả|tuyển dụng|viên chức|công chức|đánh giá|xếp loại|chất lượng|thành phố|các huyện|thị xã|nguyên đán|đề nghị|
đôn đốc
"""


#: what names a place; behind it stand words of any spelling
_PLACE = re.compile(r"\b(?:TỈNH|THÀNH PHỐ|HUYỆN|QUẬN|THỊ XÃ|XÃ(?! HỘI)|PHƯỜNG|THỊ TRẤN)\b")


@lru_cache(maxsize=2)
def _phrases(is_agency: bool) -> list[tuple[re.Pattern[str], list[str]]]:
    source = _AGENCY if is_agency else _TERMS
    phrases = [" ".join(item.split()) for item in source.split("|") if item.strip()]
    # longer ones first: they say more
    phrases.sort(key=len, reverse=True)
    return [(re.compile(r"(?<!\w)" + r"\s*".join(re.escape(part) for part in fold(phrase).split()) + r"(?!\w)"),
             phrase.split()) for phrase in phrases]


def mend_agency(text: str) -> str:
    """A name in capitals with the lexicon's marks: "UỶ BANNHÂN DÂN TĨNH" -> "ỦY BAN NHÂN DÂN TỈNH"."""
    return _mend(text, is_agency=True)


@lru_cache(maxsize=1)
def _spellings() -> dict[str, set[str]]:
    """The words of the lexicon's names of agencies, by their letters without marks."""
    known: dict[str, set[str]] = {}
    for _, words in _phrases(is_agency=True):
        for word in words:
            known.setdefault(fold(word), set()).add(word)
    return known


@lru_cache(maxsize=1)
def _pairs() -> frozenset[tuple[str, str]]:
    """Neighbours within a name, without marks."""
    return frozenset(pair for _, words in _phrases(is_agency=True) for pair in pairwise(map(fold, words)))


def belongs_together(line: str, following: str) -> bool:
    """Whether a line of a name goes on in the following one: "CỤC QUẢN LÝ THỊ" / "TRƯỜNG TỈNH"."""
    last, first = fold(line).split()[-1:], fold(following).split()[:1]
    return bool(last and first) and (last[0], first[0]) in _pairs()


def is_misspelt(name: str) -> bool:
    """Whether a name in capitals, as far as it names no place, has a usual word with other marks: "ĐẠI BIẾU"."""
    words = re.findall(r"\w+", _PLACE.split(name)[0])
    return any(fold(word) in _spellings() and word.upper() not in _spellings()[fold(word)] for word in words)


def mend_surname(name: str) -> str:
    """A full name with the marks of its surname and of "Thị": "Giảng Thi Hương" -> "Giàng Thị Hương"."""
    first, space, rest = name.partition(" ")
    return f"{_SPELT.get(fold(first), first)}{space}{re.sub(r'^Thi(?= )', 'Thị', rest)}"


def is_usual_name(name: str) -> bool:
    """Whether each word behind the surname is one of a name as it is usually spelt: "Chảo Thị Mẫy" is not."""
    return all(word in _GIVEN for word in name.split()[1:])


def spelt_surname(read: str, second: str) -> str:
    """The surname that two readings of a first word mean, the first perhaps without its beginning; "" if none does.

    "ương", "Vng" -> "Vương"; "Đấg", "ng" -> "Đặng".
    """
    best = ("", 0.0)
    for plain, spelt in _SPELT.items():
        bare = _consonants(plain)
        likes = [SequenceMatcher(None, fold(word), plain).ratio() for word in (read, second) if word]
        chance = max(likes, default=0.0)
        chance += 0.2 * (len(read) > 2 and plain.endswith(fold(read)))
        chance += 0.3 * (len(second) > 1 and _consonants(second) == bare)
        if chance > best[1]:
            best = spelt, chance
    return best[0] if best[1] >= 0.8 else ""


def _consonants(word: str) -> str:
    return re.sub(r"[aeiouy]", "", fold(word))


def mend_terms(text: str) -> str:
    """Running text with the lexicon's marks, capitals kept: "Tố công tác" -> "Tổ công tác"."""
    text = re.sub(r"\b[Nn][ắấằă]m(?=\s+\d{4}\b)", lambda hit: hit[0][0] + "ăm", text)
    return _mend(text, is_agency=False)


def _mend(text: str, *, is_agency: bool) -> str:
    text = " ".join(text.split())
    plain = _plain(text)
    for pattern, words in _phrases(is_agency):
        for hit in reversed(list(pattern.finditer(plain))):
            read = text[hit.start():hit.end()]
            if is_agency:
                spelt = " ".join(words)
            else:
                spelt = _as_read(read, words)
            text = text[:hit.start()] + spelt + text[hit.end():]
            plain = plain[:hit.start()] + _plain(spelt) + plain[hit.end():]
    return text


def _plain(text: str) -> str:
    """Folded letter by letter, so that places agree with the text's."""
    return "".join(fold(char) or char for char in text)


def _as_read(read: str, words: list[str]) -> str:
    """The phrase with the capitals of the reading; the reading itself when it was glued or in capitals."""
    parts = read.split()
    if len(parts) != len(words) or read.isupper():
        return " ".join(words) if len(parts) < len(words) and read.islower() else read
    return " ".join(word.upper() if part.isupper() and len(part) > 1 else
                    word[0].upper() + word[1:] if part[0].isupper() else word
                    for part, word in zip(parts, words, strict=True))
