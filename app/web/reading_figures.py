"""How well scans are read on the agency's real work (Art. 2.2): figures by month and field, for its administrator.

Figures only: no value of a document is shown here (security.md S13). They come from what clerks confirmed.
"""

from datetime import timedelta

from flask import Blueprint, render_template

from app.records import reading_check
from app.records.reading_check import Figures
from app.regulation.incoming.doubt import FIELDS
from app.web.gate import need_role
from app.web.moment import now

bp = Blueprint("reading_figures", __name__)


@bp.get("/nhan-dang")
def page() -> str:
    """The last months, the newest first, each with its fields in the order of the form."""
    need_role("admin")
    since = now() - timedelta(days=31 * reading_check.MONTHS)
    documents = reading_check.number_of_documents(since)
    months = [(month, documents.get(month, 0), [(key, fields[key]) for key in FIELDS if key in fields], _sum(fields))
              for month, fields in reading_check.figures(since).items()]
    return render_template("reading_figures/page.html", months=months)


def _sum(fields: dict[str, Figures]) -> Figures:
    """All fields of a month together."""
    names = ("right", "doubted", "caught", "silent", "missed")
    return Figures(**{name: sum(getattr(one, name) for one in fields.values()) for name in names})
