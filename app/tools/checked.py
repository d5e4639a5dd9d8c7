"""The answer of a check that stores nothing: take it, let a person look first, or refuse it.

One shape for files (`bin/qlvb intake check`) and packets (`bin/qlvb edxml check`). It judges nothing itself.
"""

import json
import stat
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

ACCEPT, HOLD, REJECT = "accept", "hold", "reject"
#: the exit code of a command that could not read what it was given; what was read and is refused is an answer, 0
UNREAD = 2
#: why a path is no file that can be read, in words
_SENTENCES = {"file_missing": "Không có tệp này.", "file_not_regular": "Đây là thư mục hoặc thiết bị, không phải tệp.",
              "file_not_readable": "Không đọc được tệp này."}


class Unreadable(Exception):
    """A path that is no file, or none that may be read; `code` out of _SENTENCES."""

    def __init__(self, code: str, file: Path) -> None:
        super().__init__(f"{code}: {file}")
        self.code, self.file = code, file

    def checked(self) -> "Checked":
        """The answer for it."""
        return Checked(REJECT, self.code, _SENTENCES[self.code], {"name": self.file.name})


@dataclass(frozen=True)
class Checked:
    """What would become of something that came in."""

    #: ACCEPT, HOLD or REJECT
    outcome: str
    #: the refusal's code; "" when nothing speaks against it
    code: str = ""
    #: a sentence in Vietnamese; "" when nothing speaks against it
    message: str = ""
    #: what is known of it: JSON values
    fields: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """{"outcome", "code", "message", "fields"}."""
        return asdict(self)

    def said(self, as_json: bool) -> str:
        """One line of output: JSON, or what is known in words."""
        return json.dumps(self.as_json(), ensure_ascii=False) if as_json else " ".join(
            filter(None, (self.outcome, self.code, self.message)))


def read(file: Path, most_bytes: int) -> bytes:
    """The bytes of a file, one more than `most_bytes` at most. Raises Unreadable, for a pipe without waiting for it."""
    try:
        if not stat.S_ISREG(file.stat().st_mode):
            raise Unreadable("file_not_regular", file)
        with file.open("rb") as stream:
            return stream.read(most_bytes + 1)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise Unreadable("file_missing", file) from error
    except (OSError, ValueError) as error:
        raise Unreadable("file_not_readable", file) from error
