"""What names a blob: one list, for the check that each is there (S12) and for whoever deletes the others (Art. 3.2).

A blob lies in one store for all agencies, so whether anybody names it is asked as the owner of the database, past the
walls. It reads and deletes no blob.
"""

from collections.abc import Iterable

from sqlalchemy import text

from app.db import db

#: (hash of a blob, what it belongs to, its name) of every blob that must be there; what was removed by an act need not
REQUIRED = """
    select sha256, document_id, name from attachment where removed_at is null
    union all select sha256, document_id, 'bản sao tìm kiếm' from text_layer where sha256 <> ''
    union all select sha256, document_id, 'gói tin ' || key from message m where sha256 <> '' and {kept}
    union all select prepared_sha256, document_id, 'bản chờ ký' from signature m where {kept}
    union all select sha256, null, 'hình chữ ký, con dấu' from signature_picture""".format(
    kept="""not exists (
        select 1 from act a where a.kind = 'content_removed' and a.subject = 'document:' || m.document_id)""")
#: hashes of all that rows name, also what no document has taken yet
_NAMED = """
    select sha256 from attachment where removed_at is null
    union all select sha256 from text_layer union all select sha256 from message
    union all select prepared_sha256 from signature union all select sha256 from upload
    union all select sha256 from signature_picture
    union all select sha256 from intake_file where state <> 'removed'"""


def named(sha256s: Iterable[str]) -> set[str]:
    """Those of these blobs that a row names, of any agency to a connection that sees all."""
    rows = db.session.scalars(text(f"select distinct sha256 from ({_NAMED}) b where sha256 = any(:asked)"),
                              {"asked": list(sha256s)})
    return set(rows)


def in_work() -> set[str]:
    """All hashes that slow steps were asked about or gave back: a filled draft is named by its step alone."""
    return set(db.session.scalars(text("""
        select distinct (regexp_matches(concat(asked, ' ', found), '[0-9a-f]{64}', 'g'))[1] from slow_work""")))
