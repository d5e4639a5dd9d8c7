"""One spelling of a plain value, and a column that keeps it small: what hashes cover is what lies there (S12).

Canonical JSON, deflated with words that acts use again and again: their moves and changes shrink to a fourth. A value
that stands in a row as JSON is read as well. It knows no table and searches nothing in a value: a column that SQL
looks into is JSONB.
"""

import hashlib
import zlib
from typing import Any

import orjson
from sqlalchemy import Dialect, LargeBinary
from sqlalchemy.types import TypeDecorator

_ELEMENTS = (
    "end_cancelled end_returned end_informed end_finished end_sent remind_answer remind_handle remind_assign "
    "remind_receipt answer_late answer_cancelled answered answer gateway_answer_wait gateway_answer_again "
    "report_returned report_informed report_handling decide_unsigned gateway_unsigned cancel_draft void_number "
    "tell_cancelled tell_answered sign_paper_step sign_paper seal_paper_step seal_paper digitise seal_copy "
    "gateway_paper_signed gateway_leader_signed gateway_sealed gateway_all_received gateway_again gateway_wait "
    "record_receipt receipt_late receipt dispatch sign_by_agency prepare_agency_signature sign_by_leader_step "
    "sign_by_leader prepare_leader_signature complete number gateway_approve approve_step approve gateway_review "
    "review_step review gateway_draft submit_draft draft start gateway_channel receive_paper receive recognise "
    "check_signatures gateway_signature verify gateway_entered gateway_registered enter report_received forward "
    "assign_late gateway_returned gateway_assigned assign_step report_assigned assign handle_late gateway_accepted "
    "gateway_answered close report_finished handle")
_VALUES = (
    "electronic hybrid paper co_handle read handle directive result opinion scan main appendix draft pdf original "
    "application/pdf application/vnd.openxmlformats-officedocument.wordprocessingml.document outgoing incoming arrived "
    "registered assigned closed sent approved numbered signed discarded admitted directed handled given_back BEFORE "
    "CANCELLED STARTED WAITING READY COMPLETED FUTURE value page confidence boxes 0.9 0.95 0.96 1.0")
_COLUMNS = (
    "removed_at voided_at void_reason prepared_sha256 value_hash direction channel exchange_form author_id unit_id "
    "approver_id signer_id answers_id parent_id draft_version language urgent_days secrecy priority recognised subject "
    "type_name organ_name organ_id organ_in_charge code_number code_notation issued_date place addressees recipients "
    "signer_name signer_position page_amount arrival_date arrival_number due_date closed_at status created_by_id "
    "created_at media_type size_bytes role text element on_behalf_of_id until_date key peer_code sent_at register_id "
    "next_number days due_at form_key start_date number at kind name sha256 user_id agency_id document_id")
_TABLES = "signature message register attachment register_entry opinion document_right deadline document milestone"


def _words() -> bytes:
    """The dictionary: what is most frequent stands last. What is kept is read with it: it never changes."""
    pairs = [f'"{name}":[null,"' for name in _COLUMNS.split()] + [f'"{word}"' for word in _VALUES.split()]
    tables = [f'}}],["{name}",1,{{"' for name in _TABLES.split()]
    moves = [f'["{name}",1,"' for name in _ELEMENTS.split()]
    ways = ('"WAITING","CANCELLED"],', '"FUTURE","WAITING"],', '"READY","STARTED"],', '"STARTED","COMPLETED"],',
            '"FUTURE","READY"],["', '",1,"READY","COMPLETED"],["', '+00:00"],"name":[null,"', ':00.000000+00:00"],"',
            '"],"sha256":[null,null],"user_id":[null,', '],"agency_id":[null,', '],"document_id":[null,')
    return "".join(pairs + tables + moves + list(ways)).encode()


WORDS = _words()
#: the first byte of what is deflated with these words; canonical JSON never begins so
_DEFLATED = b"\x01"
#: has read the words, and looks back no further than an act is long: a copy of it begins in a third of the time
_SQUEEZER = zlib.compressobj(9, zlib.DEFLATED, -13, 6, zdict=WORDS)

#: no act moves or changes so much: what would be longer is not what was written
MOST_BYTES = 256 * 1024 * 1024


class Unreadable(ValueError):
    """Bytes that are no kept value."""


def canonical(value: Any) -> bytes:
    """One spelling per value: sorted keys, no spaces, UTF-8."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)


def digest_of(value: Any) -> str:
    """sha256 of the canonical spelling; empty of what has none: too deep, or of too large a number."""
    try:
        return hashlib.sha256(canonical(value)).hexdigest()
    except TypeError:
        return ""


def packed(value: Any) -> bytes:
    """The value as it is kept."""
    return deflated(canonical(value))


def deflated(plain: bytes) -> bytes:
    """A canonical spelling as it is kept: deflated where that is shorter."""
    squeezer = _SQUEEZER.copy()
    small = _DEFLATED + squeezer.compress(plain) + squeezer.flush()
    return small if len(small) < len(plain) else plain


def unpacked(kept: bytes) -> bytes:
    """The canonical spelling of a kept value. Raises Unreadable."""
    if kept[:1] != _DEFLATED:
        return kept
    reader = zlib.decompressobj(-zlib.MAX_WBITS, zdict=WORDS)
    try:
        found = reader.decompress(kept[1:], MOST_BYTES)
    except zlib.error as error:
        raise Unreadable(str(error)) from None
    if reader.unconsumed_tail or reader.unused_data:  # no hash covers what is put behind
        raise Unreadable("too long")
    return found


class Spelled(TypeDecorator[Any]):
    """A plain value in its canonical spelling, as `packed` keeps it."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        """To be written."""
        return None if value is None else packed(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Any:
        """As it was; an empty list where somebody made it unreadable, which `records/verify_chain.py` tells."""
        try:
            return None if value is None else orjson.loads(unpacked(value))
        except ValueError:
            return []
