"""Searching the text of 100,000 documents of one agency behind the wall: by the function that asks an index, and by
the plain condition, which row-level security keeps from one (Art. 2.2).
"""

from typing import Any

from sqlalchemy import Select, func, select, text

from app.bench.report import figure, interleaved, report
from app.bench.world import BLANK, BenchWorld, world
from app.db import db, tenancy
from app.records import search
from app.records.document import Document
from app.records.text_layer import TextLayer

DOCUMENTS = 100_000
#: words of a text, of 4,000 that are rarer and rarer; "kiểm kê" stands in one text of five thousand
_WORDS = 120
_FILL = text(f"""
    with made as (insert into document (agency_id, direction, status, channel, exchange_form, exchange_clause, purpose,
            code_number, code_notation, organ_name, organ_id, type_name, subject, language, description, signer_name,
            signer_position, signer_competence, priority, addressees, recipients, created_at)
        select :agency, 'incoming', 'arrived', 'paper', '', '', '', n::text, 'UBND-VX', 'Ủy ban nhân dân tỉnh', '',
            'Công văn', 'Về việc số ' || n, '', '', '', '', '', 0, '{{}}', '{{}}', now()
        from generate_series(1, :count) n returning id)
    insert into text_layer (agency_id, document_id, source_sha256, sha256, size_bytes, text, made_at)
    select :agency, id, :blank, '', 0, case when id % 5000 = 0 then 'kiểm kê ' else '' end || (
        select string_agg('từ' || floor(4000 * random() ^ 3)::int, ' ')
        from generate_series(1, {_WORDS} + 0 * made.id)), now() from made""")
#: what is asked: words that stand in so many texts
ASKED = {"rare, with marks": "kiểm", "rare, without marks": "kiem", "common": "từ7", "in most texts": "tu0",
         "nowhere": "khôngcó"}


def run(rounds: int = 5) -> dict[str, Any]:
    """Median of finding the newest 50, both ways, in turn; and what the index weighs."""
    with world() as made:
        _fill(made)
        with made.app.app_context(), tenancy.acting_for(made.hands.agency_id):
            found = interleaved({f"{way}:{name}": lambda query=query, word=word: db.session.scalars(query(word)).all()
                                 for name, word in ASKED.items()
                                 for way, query in (("index", _by_index), ("plain", _plain))}, rounds)
            bytes_ = db.session.scalar(text("select pg_relation_size('text_layer_words')"))
            db.session.rollback()
    return report("search", [
        figure(f"newest 50 of {DOCUMENTS:,} with a word {name}", "ms", found[f"index:{name}"],
               anchor=found[f"plain:{name}"], anchor_is="the condition behind row-level security",
               goal="<= 300 ms", ok=found[f"index:{name}"] <= 300) for name in ASKED
    ] + [figure("index of the words", "MB", bytes_ / 2**20)])


def _by_index(word: str) -> Select[Any]:
    return select(Document.id).where(search.bears(word)).order_by(Document.id.desc()).limit(50)


def _plain(word: str) -> Select[Any]:
    layers = select(TextLayer.document_id).where(TextLayer.words.bool_op("@@")(func.plainto_tsquery("simple", word)))
    return select(Document.id).where(Document.id.in_(layers)).order_by(Document.id.desc()).limit(50)


def _fill(made: BenchWorld) -> None:
    with made.app.app_context(), tenancy.as_owner():
        db.session.execute(_FILL, {"agency": made.hands.agency_id, "count": DOCUMENTS, "blank": BLANK})
        db.session.commit()
        for table in ("document", "text_layer"):  # vacuum writes out what an index keeps aside of new rows
            db.session.execute(text(f"analyze {table}"))
            db.session.execute(text(f"select gin_clean_pending_list('{table}_words')"))
        db.session.commit()
        db.session.remove()
