"""Search by an index behind the wall, with marks or without (Art. 2.2).

`@@` is not leakproof, so behind row-level security it never reaches an index: a function that passes the wall asks for
one agency itself and gives ids only. Words are kept twice, as written and without marks.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

from app.db.tenancy import ROLE

revision = "e100000000c4"
down_revision = "a1000000a102"
branch_labels = None
depends_on = None

_WORDS = r"""
create function search_words(plain text) returns tsvector language sql immutable strict parallel safe as $$
    select strip(to_tsvector('pg_catalog.simple', normalize($1, NFC)) || to_tsvector('pg_catalog.simple',
        translate(regexp_replace(normalize(lower($1), NFD), '[\u0300-\u036f]', '', 'g'), 'đĐ', 'dd')))
$$"""
#: of a document itself: subject, issuer, notation; declared as the columns are, so that the index names them alone
_FIELD_WORDS = """
create function field_words(varchar, varchar, varchar) returns tsvector language sql immutable strict parallel safe
as $$ select public.search_words($1 || ' ' || $2 || ' ' || $3) $$"""
#: what is asked: all words, of the last one its beginning; nothing when there is none
_ASKED = r"""
create function begun_words(asked text) returns tsquery language sql immutable strict parallel safe as $$
    select (nullif(plainto_tsquery('pg_catalog.simple', normalize($1, NFC))::text, '') || ':*')::tsquery
$$"""
_FIELDS = "field_words(subject, organ_name, code_notation)"
_FOUND = f"""
create function found_documents(asked text) returns setof bigint language sql stable strict
security definer set search_path = pg_catalog, public as $$
    select d.id from document d
    where d.agency_id = nullif(current_setting('app.agency_id', true), '')::bigint and {_FIELDS}
        @@ begun_words(asked)
    union all
    select d.id from document d
    where d.agency_id = nullif(current_setting('app.agency_id', true), '')::bigint
        and d.code_number = split_part(asked, '/', 1)
        and starts_with(lower(d.code_notation), lower(substr(asked, length(split_part(asked, '/', 1)) + 2)))
    union all
    select t.document_id from text_layer t
    where t.agency_id = nullif(current_setting('app.agency_id', true), '')::bigint
        and t.words @@ plainto_tsquery('simple', normalize(asked, NFC))
$$"""


def upgrade() -> None:
    """The extension is one that the owner of a database may create (trusted)."""
    op.execute("create extension if not exists btree_gin")
    op.execute(_WORDS)
    op.execute(_FIELD_WORDS)
    op.execute(_ASKED)
    op.drop_index("text_layer_words", "text_layer")
    op.drop_column("text_layer", "words")
    op.add_column("text_layer", sa.Column(
        "words", TSVECTOR(), sa.Computed("search_words(text)", persisted=True), nullable=False))
    op.create_index("text_layer_words", "text_layer", ["agency_id", "words"], postgresql_using="gin")
    op.create_index("document_words", "document", ["agency_id", sa.text(_FIELDS)], postgresql_using="gin")
    op.execute(_FOUND)
    op.execute("revoke all on function found_documents(text) from public")
    op.execute(f"grant execute on function found_documents(text) to {ROLE}")


def downgrade() -> None:
    """Words with marks only, and without their agency."""
    op.execute("drop function found_documents(text)")
    op.drop_index("document_words", "document")
    op.drop_index("text_layer_words", "text_layer")
    op.drop_column("text_layer", "words")
    op.add_column("text_layer", sa.Column(
        "words", TSVECTOR(), sa.Computed("to_tsvector('simple', text)", persisted=True), nullable=False))
    op.create_index("text_layer_words", "text_layer", ["words"], postgresql_using="gin")
    op.execute("drop function begun_words(text)")
    op.execute("drop function field_words(varchar, varchar, varchar)")
    op.execute("drop function search_words(text)")
    op.execute("drop extension btree_gin")
