"""What a new draft of each common kind begins with (Art. 8.1; NĐ 30/2020 PL III): words that stay, dots for the rest.

Data for tools/docx_letter.py. Which agency, who signs and to whom is template.py's.
"""

from collections.abc import Callable
from dataclasses import dataclass

#: (style, text) as docx_letter.Letter takes them
Body = list[tuple[str, str]]
_DOTS = "…………………………"


@dataclass(frozen=True)
class Skeleton:
    """One kind: its body for an agency's name and its head's title, and what differs from other kinds."""

    body: Callable[[str, str], Body]
    #: it begins with "Kính gửi"
    is_addressed: bool = False
    #: the first line of "Nơi nhận"
    first: str = "Như trên"
    has_secretary: bool = False
    #: the signer's title, when it is not his office
    position: str = ""


def _letter(organ: str, _head: str) -> Body:
    return [("plain", f"Thực hiện {_DOTS}, {organ} {_DOTS}."), ("plain", f"{_DOTS}."),
            ("plain", "Đề nghị quý cơ quan quan tâm, phối hợp thực hiện./.")]


def _decision(organ: str, head: str) -> Body:
    return [
        ("title", head.upper()),
        ("basis", f"Căn cứ {_DOTS} quy định chức năng, nhiệm vụ, quyền hạn và cơ cấu tổ chức của {organ};"),
        ("basis", f"Căn cứ {_DOTS};"), ("basis", f"Theo đề nghị của {_DOTS}."),
        ("title", "QUYẾT ĐỊNH:"), ("article", f"Điều 1. {_DOTS}."), ("article", f"Điều 2. {_DOTS}."),
        ("article", f"Điều 3. Quyết định này có hiệu lực kể từ ngày ký. {_DOTS} chịu trách nhiệm thi hành Quyết định "
                    "này./.")]


def _notice(organ: str, _head: str) -> Body:
    return [("plain", f"Ngày {_DOTS}, {organ} {_DOTS}; {organ} thông báo như sau:"), ("plain", f"1. {_DOTS}."),
            ("plain", f"2. {_DOTS}."),
            ("plain", f"{organ} thông báo để các cơ quan, đơn vị biết, thực hiện./.")]


def _report(organ: str, _head: str) -> Body:
    return [("plain", f"Thực hiện {_DOTS}, {organ} báo cáo kết quả như sau:"), ("heading", "I. KẾT QUẢ THỰC HIỆN"),
            ("plain", f"1. {_DOTS}."), ("plain", f"2. {_DOTS}."), ("heading", "II. TỒN TẠI, HẠN CHẾ VÀ NGUYÊN NHÂN"),
            ("plain", f"{_DOTS}."), ("heading", "III. PHƯƠNG HƯỚNG, NHIỆM VỤ THỜI GIAN TỚI"), ("plain", f"{_DOTS}."),
            ("plain", f"Trên đây là báo cáo của {organ}./.")]


def _submission(organ: str, _head: str) -> Body:
    return [("plain", f"Căn cứ {_DOTS}, {organ} kính trình {_DOTS} xem xét, quyết định các nội dung sau:"),
            ("heading", "I. SỰ CẦN THIẾT"), ("plain", f"{_DOTS}."), ("heading", "II. NỘI DUNG TRÌNH"),
            ("plain", f"1. {_DOTS}."), ("plain", f"2. {_DOTS}."),
            ("plain", f"{organ} kính trình {_DOTS} xem xét, quyết định./.")]


def _plan(organ: str, _head: str) -> Body:
    return [("plain", f"Thực hiện {_DOTS}, {organ} ban hành kế hoạch như sau:"),
            ("heading", "I. MỤC ĐÍCH, YÊU CẦU"), ("plain", f"1. Mục đích: {_DOTS}."),
            ("plain", f"2. Yêu cầu: {_DOTS}."), ("heading", "II. NỘI DUNG"), ("plain", f"1. {_DOTS}."),
            ("heading", "III. TỔ CHỨC THỰC HIỆN"), ("plain", f"1. {_DOTS}."),
            ("plain", f"Trong quá trình thực hiện, nếu có vướng mắc, các đơn vị phản ánh về {organ} để xem xét, giải "
                      "quyết./.")]


def _invitation(organ: str, _head: str) -> Body:
    return [("plain", f"{organ} trân trọng kính mời: {_DOTS}."), ("plain", f"Tới dự: {_DOTS}."),
            ("plain", f"Chủ trì: {_DOTS}."), ("plain", f"Thời gian: {_DOTS}."), ("plain", f"Địa điểm: {_DOTS}."),
            ("plain", "Đề nghị quý đại biểu đến dự đúng thành phần, thời gian./.")]


def _minutes(_organ: str, _head: str) -> Body:
    return [("plain", f"Thời gian bắt đầu: {_DOTS}."), ("plain", f"Địa điểm: {_DOTS}."),
            ("plain", f"Thành phần tham dự: {_DOTS}."), ("plain", f"Chủ trì: {_DOTS}."), ("plain", f"Thư ký: {_DOTS}."),
            ("heading", "Nội dung"), ("plain", f"1. {_DOTS}."), ("plain", f"2. {_DOTS}."),
            ("plain", f"Cuộc họp kết thúc vào {_DOTS}, biên bản đã được thông qua./.")]


def _directive(_organ: str, head: str) -> Body:
    return [("plain", f"Trong thời gian qua, {_DOTS}."),
            ("plain", f"Để {_DOTS}, {head} yêu cầu các cơ quan, đơn vị thực hiện các nhiệm vụ sau:"),
            ("plain", f"1. {_DOTS}."), ("plain", f"2. {_DOTS}."),
            ("plain", "Yêu cầu các cơ quan, đơn vị nghiêm túc thực hiện Chỉ thị này./.")]


def _guide(organ: str, _head: str) -> Body:
    return [("plain", f"Căn cứ {_DOTS}, {organ} hướng dẫn thực hiện như sau:"), ("heading", "I. QUY ĐỊNH CHUNG"),
            ("plain", f"1. {_DOTS}."), ("plain", f"2. {_DOTS}."), ("heading", "II. NỘI DUNG HƯỚNG DẪN"),
            ("plain", f"1. {_DOTS}."), ("heading", "III. TỔ CHỨC THỰC HIỆN"),
            ("plain", f"Trong quá trình thực hiện, nếu có vướng mắc, đề nghị phản ánh về {organ} để được hướng dẫn./.")]


#: kind -> its skeleton; NĐ 30/2020 Đ7 names the kinds
SKELETONS = {
    "Công văn": Skeleton(_letter, is_addressed=True), "Quyết định": Skeleton(_decision, first="Như Điều 3"),
    "Thông báo": Skeleton(_notice, first="Các phòng, đơn vị"), "Báo cáo": Skeleton(_report, is_addressed=True),
    "Tờ trình": Skeleton(_submission, is_addressed=True), "Kế hoạch": Skeleton(_plan, first="Các phòng, đơn vị"),
    "Giấy mời": Skeleton(_invitation, first="Thành phần mời"),
    "Biên bản": Skeleton(_minutes, first="Thành phần tham dự", has_secretary=True, position="CHỦ TRÌ"),
    "Chỉ thị": Skeleton(_directive, first="Các phòng, đơn vị"),
    "Hướng dẫn": Skeleton(_guide, first="Các phòng, đơn vị"),
}
