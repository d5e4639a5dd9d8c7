"""What acts of each kind may say: the chains they stand in and the tables whose rows they tell of (security.md S12).

Whoever can write to the database can add an act with correct hashes until the next seal. It must not be able to say
more than acts of its kind ever do: a reading that "tells" of another subject is no reading. An act that could have
been written so is not found here; it stands in the history for everybody to see.
"""

from collections.abc import Collection, Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.records.document import INTERNAL, REMOVED
from app.records.register import KEPT_OUT
from app.records.verify_record import BORN, OF_A_DOCUMENT, OF_DOCUMENT, STANDING, TAKEN_OVER, Pairs

#: what the steps of a procedure may leave changed
_WORK = OF_DOCUMENT | {"sender_request", "register", "barred_entry"}
#: tables of which history answers for every row
_HELD = STANDING.keys() | OF_DOCUMENT


@dataclass(frozen=True)
class Scope:
    """Of one kind."""

    #: what stands before the colon of a subject
    chains: frozenset[str]
    #: tables whose rows it may tell of
    may: frozenset[str] = frozenset()
    #: of one of these it tells at least one row; empty: it need tell of none
    must: frozenset[str] = frozenset()


def _scope(chains: str, may: str = "", must: str = "") -> Scope:
    return Scope(frozenset(chains.split()), frozenset(f"{may} {must}".split()), frozenset(must.split()))


_STEP = Scope(frozenset({"document"}), _WORK)
SCOPES = {
    **dict.fromkeys(
        ("instance_started", "task_completed", "step_finished", "sent_back", "timer_fired", "instance_migrated",
         "instance_cancelled", "instance_repaired", "exchange_form_changed"), _STEP),
    **dict.fromkeys(("step_failed", "step_retried", "instance_suspended", "instance_resumed"),
                    _scope("document", "task notice")),  # no step runs: at most the inbox changes
    "message_received": Scope(frozenset({"document", "message"}), _WORK),
    "task_claimed": _scope("document", must="task"),
    "task_released": _scope("document", "notice", "task"),
    "document_read": _scope("document user audit_grant granted", "internal_recipient notice"),
    "opinion_given": _scope("document", "notice document_right", "opinion"),
    "opinion_asked": _scope("document", "document_right", "notice"),
    "urged": _scope("document", "opinion", "notice"),
    "notice_confirmed": _scope("document", must="notice"),
    "recall_asked": _scope("document", "document certified_copy opinion", "message"),
    "update_asked": _scope("document", "document", "message"),
    "replacement_changed": _scope("document", must="document"),
    "recipients_answered": _scope("document", "document opinion"),
    "scan_answered": _scope("document", must="opinion"),
    "mark_found": _scope("document", must="text_layer notice"),
    "text_read": _scope("document", must="text_layer"),
    "layout_checked": _scope("document", must="layout_result"),
    "answer_changed": _scope("document", must="document also_answered"),
    "resend_asked": _scope("document message", must="message"),
    "number_reserved": _scope("document", "register", "register_entry"),
    "sent_otherwise": _scope("document", must="message certified_copy"),
    "number_released": _scope("document", must="register_entry"),
    "copy_asked": _scope("document", must="certified_copy"),
    "copy_decided": _scope("document", must="certified_copy"),
    "copy_made": _scope("document", "register register_entry attachment", "certified_copy"),
    "copy_cancelled": _scope("document", "register_entry", "certified_copy"),
    "copy_sent": _scope("document", "certified_copy", "message"),
    "internal_sent": _scope("document", "document attachment", "internal_paper internal_recipient"),
    "internal_called_back": _scope("document", "document notice", "internal_paper"),
    "internal_discarded": _scope("document", "attachment internal_paper notice", "document"),
    "internal_answered": _scope("document", "notice", "internal_recipient"),
    "internal_kinds_changed": _scope("internal_kind", must="internal_kind"),
    "deadline_moved": _scope("document", "task", "deadline"),
    "day_off_told": _scope("document", must="notice"),
    "repair_asked": _scope("document"),
    "repair_refused": _scope("document"),
    "content_removed": Scope(frozenset({"document", "message"}), OF_A_DOCUMENT),
    "removal_completed": _scope("document", "message attachment register_entry"),
    "history_exported": _scope("document agency"),
    "access_refused": _scope("user"),
    "act_refused": _scope("user"),
    "account_changed": _scope("user", "user_account"),
    "delegation_changed": _scope("user", must="delegation"),
    "delegation_given": _scope("user", must="delegation"),
    "delegation_ended": _scope("user", must="delegation"),
    "agency_changed": _scope("agency unit", "agency unit agency_alias"),
    "directive_changed": _scope("directive", must="directive"),
    "calendar_changed": _scope("calendar", must="holiday"),
    "paper_kinds_changed": _scope("paper_kind", must="paper_kind"),
    "entry_barred": _scope("barred", "message", "barred_entry"),
    "barred_seen": _scope("barred", must="barred_entry"),
    "barred_cleared": _scope("barred", must="barred_entry"),
    "barred_rules_changed": _scope("barred", must="barred_rule barred_officer"),
    "layout_rules_changed": _scope("layout_rule", must="layout_rule"),
    "signature_rechecked": _scope("document", must="document"),
    "recipient_groups_changed": _scope("recipient_group", must="recipient_group"),
    "signature_preserved": _scope("document", must="attachment"),
    "signing_keys_changed": _scope("signing_key", must="signing_key"),
    "signature_pictures_changed": _scope("signature_picture", must="signature_picture"),
    "trust_asked": _scope("trust", must="trust_anchor"),
    "trust_decided": _scope("trust", must="trust_anchor"),
    "register_opened": _scope("register", must="register"),
    "register_closed": _scope("register", must="register"),
    "register_reopened": _scope("register", must="register"),
    "mail_decided": _scope("mail", "document"),
    "mailbox_changed": _scope("mailbox", must="mailbox"),
    "diagram_published": _scope("release agency", "diagram release"),
    "release_withdrawn": _scope("release", "diagram", "release"),
    "audit_granted": _scope("audit_grant", must="audit_grant"),
    "audit_ended": _scope("audit_grant", must="audit_grant"),
    "taken_over": Scope(frozenset({"agency"}), frozenset(TAKEN_OVER)),
}
#: of the kinds that a procedure writes, what they are when it did not: a word of the exchange, of the mailbox or of the
#: queue is kept with what it says, and nothing else
BESIDE = {
    "message_received": _scope("document message", "message opinion sender_request"),
    "step_failed": _scope("document", must="opinion"),
}
#: kinds that only people write; offices are asked for in `verify_office.py`
_OF_PEOPLE = frozenset({
    "task_completed", "task_claimed", "task_released", "opinion_given", "opinion_asked", "notice_confirmed",
    "replacement_changed", "answer_changed", "copy_asked", "copy_cancelled", "exchange_form_changed",
    "internal_sent", "internal_called_back", "internal_answered", "internal_discarded", "barred_seen", "mail_decided",
    "access_refused", "act_refused"})
#: kinds that only the system writes; so it does those of BESIDE when no procedure does
_OF_THE_SYSTEM = frozenset({
    "timer_fired", "text_read", "mark_found", "layout_checked", "signature_rechecked", "deadline_moved",
    "day_off_told", "content_removed", "taken_over"})
#: chains that bear the id of a row: its table, of which their acts tell of no other row
_OWN = {"user": "user_account", "register": "register", "audit_grant": "audit_grant", "message": "message",
        "agency": "agency", "unit": "unit"}

#: kinds whose office it is to write their rows anew, change them and take them away; a removal and an upgrade tell
#: rows as they stand
_FREE = frozenset({
    "account_changed", "agency_changed", "delegation_changed", "directive_changed", "calendar_changed",
    "paper_kinds_changed", "barred_rules_changed", "layout_rules_changed", "recipient_groups_changed",
    "signing_keys_changed", "signature_pictures_changed",
    "internal_kinds_changed", "mailbox_changed", "diagram_published", "release_withdrawn",
    "content_removed", "taken_over"})
#: of the other kinds, the columns that they may change of a row that is there already; of a table that is not here
#: they tell only new rows
_COLUMNS = {
    ("answer_changed", "document"): {"answers_id", "closes_answered"},
    ("answer_changed", "also_answered"): {"closes"}, ("recall_asked", "document"): {"status"},
    ("recall_asked", "certified_copy"): {"status", "ended_at", "ended_by_id", "end_reason"},
    ("update_asked", "document"): {"subject", "due_date", "priority", "sent_priority"},
    ("recipients_answered", "document"): {"addressees", "recipients"},
    ("replacement_changed", "document"): {"replaces_id"}, ("copy_sent", "certified_copy"): {"replaces_id"},
    ("signature_rechecked", "document"): {"verdict"},
    ("document_read", "internal_recipient"): {"read_at"}, ("document_read", "notice"): {"done_at", "done_by_id"},
    ("internal_called_back", "document"): {"status", "closed_at"},
    ("internal_called_back", "internal_paper"): {"called_back_at", "call_back_reason"},
    ("internal_called_back", "notice"): {"done_at", "done_by_id"},
    ("internal_discarded", "document"): {"status", "closed_at", "subject"},
    ("internal_discarded", "attachment"): {"removed_at", "name", "sha256"},
    ("internal_discarded", "internal_paper"): {"text", "place", "call_back_reason"},
    ("internal_discarded", "notice"): {"done_at", "done_by_id", "text"},
    ("removal_completed", "message"): {"sha256", "description"}, ("removal_completed", "attachment"): {"sha256"},
    ("removal_completed", "register_entry"): {"void_reason"},
    ("deadline_moved", "deadline"): {"due_at"}, ("deadline_moved", "task"): {"due_at"},
    ("day_off_told", "notice"): {"done_at"},
    ("message_received", "message"): {"status_code", "description", "axis_id", "at", "sha256", "other_way",
                                      "other_note", "other_at"},
    ("message_received", "sender_request"): {"status", "answer", "notes", "decided_at", "answered_at"},
    ("opinion_given", "notice"): {"done_at", "done_by_id"}, ("opinion_given", "document_right"): set(),
    ("number_reserved", "register"): {"next_number"}, ("copy_made", "register"): {"next_number"},
    ("copy_decided", "certified_copy"): {"status", "decided_at", "decided_by_id", "ended_at", "ended_by_id",
                                         "end_reason"},
    ("internal_answered", "internal_recipient"): {"answer", "answer_note", "answered_at", "named_by_id",
                                                   "withdrawn_at"},
    ("internal_answered", "notice"): {"done_at", "done_by_id"},
    ("trust_asked", "trust_anchor"): {"ending_by_id", "ending_at", "ending_until"},
    ("trust_decided", "trust_anchor"): {"granted_by_id", "granted_at", "ending_by_id", "ending_at", "ended_by_id",
                                        "ended_at", "ending_until", "until"},
    ("task_claimed", "task"): {"claimed_by_id"}, ("task_released", "task"): {"claimed_by_id"},
    ("task_released", "notice"): {"done_at"},
    ("notice_confirmed", "notice"): {"done_at", "done_by_id"},
    ("sent_otherwise", "message"): {"other_way", "other_note", "other_at"},
    ("sent_otherwise", "certified_copy"): {"handed"},
    ("resend_asked", "message"): {"key", "sha256", "axis_id", "description", "other_note"},
    ("number_released", "register_entry"): {"held_until", "voided_at", "void_reason", "voided_by_id"},
    ("copy_made", "certified_copy"): {"status", "made_at", "made_by_id", "entry_id", "reference", "organ_name",
                                      "parent_name", "place", "file_id"},
    ("copy_cancelled", "certified_copy"): {"status", "ended_at", "ended_by_id", "end_reason"},
    ("copy_cancelled", "register_entry"): {"voided_at", "void_reason", "voided_by_id"},
    ("delegation_ended", "delegation"): {"ended_at"},
    ("audit_ended", "audit_grant"): {"ended_at", "ended_by_id", "end_reason"},
    ("register_closed", "register"): {"is_open"}, ("register_reopened", "register"): {"is_open"},
    ("barred_seen", "barred_entry"): {"seen_at", "bringer_seen_at"},
    ("barred_cleared", "barred_entry"): {"cleared_at", "cleared_by_id", "cleared_reason", "let_in"},
}
#: of these tables a kind tells new rows, too
_ANEW = {("answer_changed", "also_answered"),
         ("message_received", "message"), ("message_received", "sender_request"), ("opinion_given", "notice"),
         ("copy_decided", "certified_copy"), ("internal_answered", "internal_recipient"),
         ("internal_answered", "notice"), ("internal_called_back", "notice"), ("trust_asked", "trust_anchor"),
         ("day_off_told", "notice")}
#: rows that a kind takes away: who was asked and has answered reads it no longer; what was read before; what the
#: second person did not want
_GOES = {("answer_changed", "also_answered"),
         ("opinion_given", "document_right"), ("text_read", "text_layer"), ("mark_found", "text_layer"),
         ("trust_decided", "trust_anchor")}
#: what a kind writes into a column where it tells of it at all
_SAYS: dict[tuple[str, str], dict[str, Any]] = {
    ("signature_preserved", "attachment"): {"kind": "preserved"}, ("copy_made", "attachment"): {"kind": "copy"},
    ("internal_sent", "attachment"): {"kind": "internal"}, ("internal_sent", "document"): {"direction": INTERNAL},
    ("removal_completed", "message"): {"sha256": "", "description": ""},
    ("removal_completed", "attachment"): {"sha256": ""},
    ("removal_completed", "register_entry"): {"void_reason": KEPT_OUT},
    ("internal_called_back", "document"): {"status": "called_back"},
    ("internal_discarded", "document"): {"status": "discarded", "subject": ""},
    ("recall_asked", "document"): {"status": "withdrawn"},
}
#: the direction of the document of which a kind tells these rows
_OF_DIRECTION = {
    **{(kind, table): INTERNAL for kind, scope in SCOPES.items() if kind.startswith("internal_") for table in scope.may
       if "document" in scope.chains},
    ("recall_asked", "document"): "outgoing", ("update_asked", "document"): "outgoing",
    ("replacement_changed", "document"): "outgoing", ("signature_rechecked", "document"): "incoming",
    **{("answer_changed", table): "outgoing" for table in SCOPES["answer_changed"].may},
}
#: columns that no step of a procedure changes of a row that is there, nor of one that it would write anew
_LASTING = {
    "document": {"direction", "channel", "created_at"},
    "attachment": {"document_id", "kind", "sha256", "size_bytes", "media_type", "created_at", "created_by_id"},
    "milestone": {"document_id", "name", "at", "user_id", "sha256"},
    "register_entry": {"document_id", "register_id", "number", "at", "user_id"},
    "opinion": {"document_id", "user_id", "on_behalf_of_id", "kind", "text", "at", "element"},
    "signature": {"document_id", "kind", "key", "user_id", "prepared_at"},
    "deadline": {"document_id", "form_key"}, "message": {"document_id", "direction", "kind", "partner", "packet_id"},
    "consultation": {"document_id", "round", "sha256", "user_id", "asked_by_id", "question", "asked_at"},
    "task": {"document_id", "element", "occurrence", "kind"}, "reading_check": {"document_id"},
}
#: but for these values: an appendix of an older version, what must not be here (Art. 3.2)
_NONETHELESS = {("attachment", "kind"): "appendix_old", ("attachment", "sha256"): "", ("opinion", "text"): REMOVED}


def rewritten(name: str, row: int, columns: Pairs) -> str:
    """What an act of a procedure tells of a row that is there and that no step changes, in Vietnamese; empty: nothing.
    """
    lasting = _LASTING.get(name, frozenset())
    more = sorted(one for one in lasting & columns.keys() if _NONETHELESS.get((name, one)) != columns[one][1])
    return f"ghi thay đổi mà không bước nào của quy trình ghi: {name} {row} ({', '.join(more)})." if more else ""


def foreign(kind: str, subject: str, told: Iterable[list[Any]], known: Mapping[tuple[str, int], Pairs],
            given: Mapping[str, Any]) -> str:
    """What an act beside the procedure tells that no act of its kind ever does, in Vietnamese; empty: nothing.

    A row that is not its document's, or not the one that its chain is of; columns that it never changes. `known`: the
    rows that its chain told of before. A step of a procedure starts answers, and an upgrade takes over all there is.
    """
    chain, _, key = subject.partition(":")
    own = int(key) if key.isdecimal() else 0
    if kind == "taken_over":
        return ""
    for name, row, columns in told:
        if not _is_own(chain, own, name, row, columns, known):
            return f"ghi thay đổi của bản ghi không thuộc chuỗi này: {name} {row}."
        if kind not in _FREE and name in _HELD and (
                problem := _unlike(kind, name, row, columns, known) or _unsaid(kind, name, row, columns)
                or _beyond(kind, name, row, columns, known.get((name, row), {}), given)):
            return problem
        direction = known.get(("document", own), {}).get("direction", (None, None))[1]
        if chain == "document" and direction not in (None, _OF_DIRECTION.get((kind, name), direction)):
            return f"thuộc loại {kind} mà văn bản không thuộc chiều ấy: {name} {row}."
    return ""


def _unlike(kind: str, name: str, row: int, columns: Pairs, known: Container[tuple[str, int]]) -> str:
    """What the kind does to no row of this table: write it anew, change these columns, take it away."""
    changes = _COLUMNS.get((kind, name))
    if (kind, name) in _GOES and all(new is None for _, new in columns.values()):
        return ""
    if BORN.get(name, "agency_id") in columns and (changes is None or (kind, name) in _ANEW):
        is_known = (name, row) in known and name != "layout_result"  # of which each result is told whole
        return f"ghi lại bản ghi đã có như bản ghi mới: {name} {row}." if is_known else ""
    if more := sorted(columns.keys() - (changes or set())):
        return f"ghi thay đổi mà loại {kind} không có: {name} {row} ({', '.join(more)})."
    return ""


def _unsaid(kind: str, name: str, row: int, columns: Pairs) -> str:
    """A value that the kind never writes."""
    wrong = sorted(one for one, value in _SAYS.get((kind, name), {}).items()
                   if one in columns and columns[one][1] != value)
    return f"ghi giá trị mà loại {kind} không ghi: {name} {row} ({', '.join(wrong)})." if wrong else ""


def _may_change(verdict: Mapping[str, Any], name: object) -> bool:
    """Is it a verdict that rests on what may be known since: whether revoked, or registered; a name not read clearly,
    until a person has compared it; another signer's name than is written down by now?
    """
    told, state = verdict.get("told"), verdict.get("verdict")
    told = [one for one in told if isinstance(one, dict)] if isinstance(told, list) else []
    return state == "indeterminate" or any(
        one.get("code") == "signer_near" or one.get("code") == "not_leader" and state == "incomplete"
        or one.get("code") == "other_person" and (one.get("names") or {}).get("wanted") != name for one in told)


def _beyond(kind: str, name: str, row: int, columns: Pairs, before: Pairs, given: Mapping[str, Any]) -> str:
    """What the kind does to no row that stands as this one does."""
    none = (None, None)
    match kind, name:
        case "number_released", "register_entry" if not _is_held(columns, before):
            return "bỏ một số mà không được giữ."
        case "layout_checked", "layout_result" if any(
                columns.get(one, (0, 0))[1] != given.get(one) for one in _CHECKED):
            return "ghi kết quả kiểm tra của tệp khác với tệp mà nó nêu."
        case "signature_rechecked", "document" if not isinstance(was := before.get("verdict", none)[1], dict) \
                or not _may_change(was, before.get("signer_name", none)[1]):
            return "kiểm tra lại chữ ký số đã có kết luận, hoặc chưa kiểm tra lần nào."
        case "copy_cancelled", "certified_copy" if before.get("status", none)[1] in ("refused", "cancelled") or (
                before.get("status", none)[1], before.get("form", none)[1]) == ("made", "electronic"):
            return f"hủy bản sao không hủy được nữa: {row}."
        case "copy_decided", "certified_copy" if before and before.get("status", none)[1] != "asked":
            return f"quyết định bản sao không còn chờ quyết định: {row}."
        case "copy_made", "certified_copy" if before and before.get("status", none)[1] != "ordered":
            return f"thực hiện bản sao chưa được cho phép: {row}."
        case "trust_asked", "trust_anchor" if {"granted_at", "ended_at"} & {
                one for one, (_, new) in columns.items() if new is not None}:
            return f"đề nghị mà tự quyết định danh sách tin cậy: {row}."
        case "trust_decided", "trust_anchor" if "until" in columns and columns[
                "until"][1] != columns.get("ending_until", none)[0]:
            return f"quyết định ngày khác ngày được đề nghị trong danh sách tin cậy: {row}."
    return ""


#: what a check of form says it looked at, and by which rules
_CHECKED = ("sha256", "type_name", "edition")


def _is_own(chain: str, own: int, name: str, row: int, columns: Mapping[str, Any],
            known: Container[tuple[str, int]]) -> bool:
    """Whether a row is of the chain's document, or the one that the chain is of."""
    if table := _OWN.get(chain):
        return name != table or row == own
    # a row that was taken away has no new value, and before 2026-11-26 its old one was not kept
    old, new = columns.get("document_id", (None, own))
    of = row if name == "document" else old if new is None else new
    return chain != "document" or name not in OF_DOCUMENT or own == of or (of is None and (name, row) in known)


def _is_held(columns: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    """Whether a number was held for its document, as its chain told, when it is let go: nobody bears it."""
    none = (None, None)
    (held, now), was = columns.get("held_until", none), before.get("held_until", none)[1]
    is_same = str(held)[:19] == str(was)[:19]  # a removal spells parts of a second otherwise
    return was is not None and is_same and now is None and columns.get("voided_at", none)[1] is not None


def problem(kind: str, subject: str, told: Collection[str] | None, is_moving: bool, is_by_nobody: bool) -> str:
    """What an act of this kind in this chain cannot be or say, in Vietnamese; empty: nothing.

    `told`: the tables of which it tells rows; None when its content was removed. `is_moving`: it bears the state of a
    procedure, so that what it says of it is held against the acts before (`verify_instance.py`) and run again.
    `is_by_nobody`: it names nobody who did it.
    """
    scope = None if is_moving else BESIDE.get(kind)
    scope = scope or SCOPES.get(kind)
    if scope is None:
        return f"thuộc loại không có trong danh mục: {kind}."
    if subject.partition(":")[0] not in scope.chains:
        return f"thuộc loại không ghi ở chuỗi này: {kind}."
    if is_by_nobody and kind in _OF_PEOPLE:
        return f"thuộc loại {kind} mà không có người làm."
    if not is_by_nobody and (kind in _OF_THE_SYSTEM or not is_moving and kind in BESIDE):
        return f"thuộc loại {kind} mà ghi người làm: chỉ hệ thống làm việc này."
    if told is None:
        return ""
    if foreign := sorted(_HELD & set(told) - scope.may):
        return f"ghi thay đổi mà loại {kind} không có: {', '.join(foreign)}."
    if scope.must and not scope.must & set(told):
        return f"không ghi thay đổi nào mà loại {kind} phải có: {', '.join(sorted(scope.must))}."
    return ""
