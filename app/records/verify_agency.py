"""The part of `verify.py` that says whose history is looked at: of every agency of the directory or that left anything.

Whether an agency "works here" is a column that whoever can write to the database can change. So each row is visited,
and each agency that has acts, seals, documents or people, or copies of seals outside. It judges no history itself.
"""

from pathlib import Path

from sqlalchemy import select, text

from app.db import db
from app.records.agency import Agency
from app.records.verify_record import Fault
from app.tools.sealing import Sealer

_LEFT = """
    select agency_id from act union select agency_id from seal union select agency_id from document
    union select agency_id from user_account"""


def to_check() -> list[tuple[int, str]]:
    """(id, slug) of the agencies whose history is looked at, by name; without a row of their own: "agency:7".

    As the owner of the tables: it looks over the walls. Agencies that only copies know are `strangers`.
    """
    rows = db.session.execute(select(Agency.id, Agency.slug).order_by(Agency.name, Agency.id)).all()
    lost = set(db.session.scalars(text(_LEFT))) - {row.id for row in rows}
    return [(row.id, row.slug) for row in rows] + [(agency_id, f"agency:{agency_id}") for agency_id in sorted(lost)]


def strangers(sealer: Sealer, copies: Path | None = None) -> list[Fault]:
    """Folders with copies of seals of agencies that are no more in the directory."""
    root = copies or sealer.copies
    lost = _folders(sealer, copies) - set(db.session.scalars(select(Agency.id)))
    return [Fault("copy", f"agency:{agency_id}", f"Thư mục {root / str(agency_id)} có bản sao con dấu của một cơ quan "
                  "không còn trong danh mục: cơ quan đã bị xóa khỏi cơ sở dữ liệu.") for agency_id in sorted(lost)]


def _folders(sealer: Sealer, copies: Path | None) -> set[int]:
    """The agencies of which copies lie outside; a folder that cannot be read is told by `verify_seal`."""
    root = copies or sealer.copies
    try:
        names = [place.name for place in root.iterdir() if place.name.isdecimal() and any(place.glob("*.json"))]
    except OSError:
        return set()
    return set(map(int, names))
