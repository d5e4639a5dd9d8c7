"""What a replay and a look at a chain found, in words for the reader of a history.

Sentences only. What a fault or a difference is, is found by records/history.py and engine/replay_many.py, whose
English notes are for logs; they are matched here.
"""

import re
from typing import Any

from flask_babel import gettext

from app.engine.replay_many import Judged


def judgement(found: list[Judged], faults: list[str], removals: list[int]) -> dict[str, Any]:
    """What the replay of a document's instances and the look at its chain say: title, detail, chain, in words.

    `removals`: the acts that removed contents or files (Art. 3.2).
    """
    chain = [_fault(fault) for fault in faults]
    places = [int(at[1]) for fault in faults if (at := re.search(r"act (\d+)", fault))]
    wrong = next((one for one in found if one.difference and not one.is_removed), None)
    removed = next((one for one in found if one.is_removed), None)
    acts = sum(one.acts for one in found)
    if wrong is not None:
        title = gettext("Lệch tại bước %(n)s", n=wrong.act) if wrong.act else gettext("Lệch")
        return {"equal": False, "at": wrong.act, "title": title, "detail": difference_word(wrong.difference),
                "note": wrong.difference, "chain": chain}
    if chain:
        title = gettext("Lệch tại bước %(n)s", n=min(places, default="?"))
        detail = gettext("Bộ máy sạch cho cùng kết quả, nhưng dòng lịch sử đã bị sửa sau khi ghi.")
        return {"equal": False, "at": min(places, default=0), "title": title, "detail": detail, "note": "",
                "chain": chain}
    if removed is not None:
        title = gettext("Khớp đến trước phần đã xóa nội dung")
        detail = gettext("Nội dung đã được xóa ở bước %(n)s (Điều 3.2) nên không chạy lại được phần đó.",
                         n=removed.difference.rpartition(" ")[2])
    elif not found:
        title, detail = gettext("Không có quy trình nào để chạy lại"), ""
    else:
        title = gettext("Khớp")
        detail = gettext("Đã chạy lại %(n)s bước bằng bộ máy sạch; trạng thái sau mỗi bước đúng như đã ghi.", n=acts)
        if removals:
            detail += " " + gettext("Tệp đã được xóa ở bước %(n)s (Điều 3.2); mã băm vẫn còn.",
                                    n=", ".join(map(str, removals)))
    return {"equal": True, "at": 0, "title": title, "detail": detail, "note": "", "chain": chain}


def difference_word(note: str) -> str:
    """What a replay found first (engine/replay_many.py) in words."""
    if note.startswith("state after"):
        return gettext("Trạng thái sau bước này khác trạng thái đã ghi.")
    if "history has" in note:
        return gettext("Các bước hệ thống đã chạy khác với các bước đã ghi.")
    if note.startswith("the release that ran"):
        return gettext("Không còn bản quy trình mà bước này đã chạy.")
    if note.startswith("the content is gone"):
        return gettext("Nội dung của bước này mất mà không có bước xóa bỏ.")
    if note.startswith(("the inbox and", "the task ")):
        return gettext("Việc đang chờ trong hộp việc khác với trạng thái của quy trình.")
    if note.startswith("the next timer"):
        return gettext("Mốc hẹn giờ đang lưu khác với trạng thái của quy trình.")
    if note.startswith("nobody else had asked"):
        return gettext("Không có người khác đề nghị sửa chỗ đứng này trước (Điều 10.2).")
    if note.startswith("the act names"):
        return gettext("Bước này không nêu quy trình đã ghi nó.")
    if note.startswith("the act's input lacks"):
        return gettext("Bước này ghi thiếu dữ liệu mà quy trình luôn ghi.")
    if note.startswith("the release kept now"):
        return gettext("Bản quy trình đang lưu của hồ sơ khác bản mà bước cuối đã chạy.")
    if note.startswith("the state kept now"):
        return gettext("Trạng thái đang lưu của hồ sơ khác trạng thái sau bước cuối.")
    return gettext("Dữ liệu đã ghi của bước không chạy được trên sơ đồ của ngày đó.")


def _fault(fault: str) -> str:
    """A fault of a chain (history.faults) in words."""
    at = re.search(r"act (\d+)", fault)
    n = at[1] if at else "?"
    if "is missing" in fault:
        return gettext("Thiếu bước %(n)s.", n=n)
    if "does not follow" in fault:
        return gettext("Bước %(n)s không nối tiếp bước trước.", n=n)
    if "the content of" in fault:
        return gettext("Nội dung của bước %(n)s đã bị thay đổi.", n=n)
    return gettext("Bước %(n)s đã bị thay đổi.", n=n)
