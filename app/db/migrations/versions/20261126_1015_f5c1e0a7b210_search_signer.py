"""The signer of a document is found by his name, too (Art. 2.2)."""

from alembic import op

from app.db.tenancy import ROLE

revision = "f5c1e0a7b210"
down_revision = "f600000000a1"
branch_labels = None
depends_on = None

_OLD, _NEW = "subject, organ_name, code_notation", "subject, organ_name, code_notation, signer_name"


def _found(fields: str) -> str:
    """As the migration "search" has it, over these fields."""
    return f"""
create function found_documents(asked text) returns setof bigint language sql stable strict
security definer set search_path = pg_catalog, public as $$
    select d.id from document d
    where d.agency_id = nullif(current_setting('app.agency_id', true), '')::bigint and field_words({fields})
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


def _replace(old: str, new: str) -> None:
    op.execute("drop function found_documents(text)")
    op.drop_index("document_words", "document")
    op.execute(f"drop function field_words({', '.join(['varchar'] * len(old.split(', ')))})")
    count = len(new.split(", "))
    op.execute(f"""
create function field_words({", ".join(["varchar"] * count)}) returns tsvector language sql immutable strict
parallel safe as $$ select public.search_words({" || ' ' || ".join(f"${n}" for n in range(1, count + 1))}) $$""")
    op.execute(f"create index document_words on document using gin (agency_id, field_words({new}))")
    op.execute(_found(new))
    op.execute("revoke all on function found_documents(text) from public")
    op.execute(f"grant execute on function found_documents(text) to {ROLE}")


def upgrade() -> None:
    """The index is made anew."""
    _replace(_OLD, _NEW)


def downgrade() -> None:
    """Without the signer."""
    _replace(_NEW, _OLD)
