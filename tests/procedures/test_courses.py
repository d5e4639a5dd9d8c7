"""Each procedure from its start to each of its ends, saved and loaded at every rest, with steps that do nothing.

Here only the order is at stake; what the steps do to records is tested with each article.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from app.engine.spiff import Run, compile_diagram

PROCESSES = Path(__file__).resolve().parents[2] / "processes"
MONDAY = datetime(2026, 11, 23, 1, tzinfo=UTC)
SEED = UUID(int=48)
PAPER, EXCHANGE = {"channel": "paper"}, {"channel": "exchange"}
SIGNED, UNSIGNED = {"check_signatures": {"signature_ok": True}}, {"check_signatures": {"signature_ok": False}}
ALL_IN, SOME_OUT = {"record_receipt": {"all_received": True}}, {"record_receipt": {"all_received": False}}
TAKEN_IN = "receive recognise exclude check_signatures"
REGISTERED = "enter report_status:03 require_paper forward"
TO_APPROVAL = "draft:submit review:accept approve:approve"
NUMBERED = "number complete prepare_leader_signature"
SENT = "sign_by_agency dispatch tell_answered"

# (procedure, data, what steps return, what people and the outside do, the steps called, where it ends)
# "verify:register" completes a user task with that decision; "+3" lets so many days pass; "!receipt" is a message.
COURSES = {
    "paper to know": ("incoming", PAPER, {}, "receive_paper verify:register assign:inform",
                      f"{TAKEN_IN} {REGISTERED} assign close report_status:06", "end_informed"),
    "art_3_2 not entered": ("incoming", PAPER, {}, "receive_paper verify:not_entered",
                            f"{TAKEN_IN} discard report_status:02", "end_not_entered"),
    "art_3_2 read for sure": ("incoming", PAPER, {"exclude": {"barred": True}}, "receive_paper",
                              "receive recognise exclude discard", "end_barred"),
    "art_6_3_a signed": ("incoming", EXCHANGE, SIGNED, "verify:register assign:assign handle:finish",
                         f"{TAKEN_IN} {REGISTERED} assign report_status:04 close report_status:06", "end_finished"),
    "art_6_3_b unsigned, refused": ("incoming", EXCHANGE, UNSIGNED, "decide_unsigned:return",
                                    f"{TAKEN_IN} report_status:02", "end_returned"),
    "art_6_3_b unsigned, accepted, sent back": (
        "incoming", EXCHANGE, UNSIGNED, "decide_unsigned:accept verify:return",
        f"{TAKEN_IN} report_status:02", "end_returned"),
    "art_7 taken back before it was opened": (
        "incoming", EXCHANGE, SIGNED, "verify:register assign:assign !recalled assign:inform",
        f"{TAKEN_IN} {REGISTERED} assign report_status:04 assign close report_status:06", "end_informed"),
    "art_6_2_b its number is cancelled": (
        "incoming", EXCHANGE, SIGNED, "verify:register !number_cancelled verify:return",
        f"{TAKEN_IN} {REGISTERED} report_status:02", "end_returned"),
    "art_3_4, 6_2_b its number is cancelled while its paper is awaited": (
        "incoming", EXCHANGE, {**SIGNED, "require_paper": {"paper_awaited": True}},
        "verify:register !number_cancelled verify:register await_paper:without assign:inform",
        f"{TAKEN_IN} enter report_status:03 require_paper enter report_status:03 require_paper forward assign close"
        " report_status:06", "end_informed"),
    "art_3_4 waits for its paper; 10_4 more time, taken back": (
        "incoming", EXCHANGE, {**SIGNED, "require_paper": {"paper_awaited": True}},
        "verify:register !paper_scanned await_paper:arrived assign:assign handle:extend !extension_withdrawn"
        " !paper_scanned handle:finish",
        f"{TAKEN_IN} enter report_status:03 require_paper attach_paper forward assign report_status:04 attach_paper"
        " close report_status:06", "end_finished"),
    "art_7 back to the clerk": ("incoming", EXCHANGE, SIGNED, "verify:register assign:return verify:return",
                                f"{TAKEN_IN} {REGISTERED} report_status:02", "end_returned"),
    "art_7, 8_1 reassigned, returned, answered": (
        "incoming", EXCHANGE, SIGNED,
        "verify:register +2 assign:assign handle:reassign handle:return assign:assign +8 handle:extend +10"
        " extend:refuse handle:answer !answered",
        f"{TAKEN_IN} {REGISTERED} remind assign report_status:04 assign report_status:04 remind remind"
        " report_status:05 answer close report_status:06", "end_finished"),
    "art_8_1, 10_4 the answer urged, given up, then none": (
        "incoming", EXCHANGE, SIGNED,
        "verify:register assign:assign handle:answer +6 !answer_cancelled handle:finish",
        f"{TAKEN_IN} {REGISTERED} assign report_status:04 report_status:05 answer remind close report_status:06",
        "end_finished"),
    "art_8_1 answered by a draft that was begun besides": (
        "incoming", EXCHANGE, SIGNED, "verify:register assign:assign !answered",
        f"{TAKEN_IN} {REGISTERED} assign report_status:04 take_answer close report_status:06", "end_finished"),
    "qd_28_d9 recalled before it is registered": (
        "incoming", EXCHANGE, {**SIGNED, "take_request": {"request_id": 1, "request_kind": "recall"}},
        "!request decide_request:accept", f"{TAKEN_IN} take_request report_status:15 withdraw", "end_withdrawn"),
    "qd_28_d9 a recall refused, asked again, while the document goes on": (
        "incoming", EXCHANGE, {**SIGNED, "take_request": (
            {"request_id": 1, "request_kind": "recall"}, {"request_id": None, "request_kind": "none"},
            {"request_id": 2, "request_kind": "update"}, {"request_id": None, "request_kind": "none"})},
        "!request verify:register decide_request:refuse assign:assign !request decide_request:accept handle:finish",
        f"{TAKEN_IN} take_request {REGISTERED} report_status:16 take_request assign report_status:04 take_request"
        " report_status:15 amend take_request close report_status:06", "end_finished"),
    "art_8_1 opinions of several at once, in time and not, electronic": (
        "outgoing_electronic", {"opinion_holder_ids": [1, 2]}, {},
        "draft:consult give_opinion:agree give_opinion:disagree draft:consult give_opinion:remarks !opinions_ended"
        " draft:cancel", "end_opinions end_opinions cancel_draft tell_cancelled", "end_cancelled"),
    "art_8_1 opinions of several at once, in time and not, hybrid": (
        "outgoing_hybrid", {"opinion_holder_ids": [1, 2]}, {},
        "draft:consult give_opinion:agree give_opinion:disagree draft:consult give_opinion:remarks !opinions_ended"
        " draft:cancel", "end_opinions end_opinions cancel_draft tell_cancelled", "end_cancelled"),
    "draft given up": ("outgoing_electronic", {}, {}, "draft:cancel", "cancel_draft tell_cancelled", "end_cancelled"),
    "art_9_1": ("outgoing_electronic", {}, ALL_IN, f"{TO_APPROVAL} sign_by_leader:sign seal:sign !receipt",
                f"submit_draft review approve {NUMBERED} sign_by_leader prepare_agency_signature {SENT} record_receipt",
                "end_dispatched"),
    "art_8_2, 8_3 returned twice": (
        "outgoing_electronic", {}, {},
        "draft:submit review:return draft:submit review:accept approve:return draft:cancel",
        "submit_draft review submit_draft review approve cancel_draft tell_cancelled", "end_cancelled"),
    "leader refuses to sign": (
        "outgoing_electronic", {}, {}, f"{TO_APPROVAL} sign_by_leader:refuse draft:cancel",
        f"submit_draft review approve {NUMBERED} void_number cancel_draft tell_cancelled", "end_cancelled"),
    "clerk refuses to seal": (
        "outgoing_electronic", {}, {}, f"{TO_APPROVAL} sign_by_leader:sign seal:refuse draft:cancel",
        f"submit_draft review approve {NUMBERED} sign_by_leader prepare_agency_signature void_number cancel_draft"
        " tell_cancelled",
        "end_cancelled"),
    "receipts late": (
        "outgoing_electronic", {}, SOME_OUT, f"{TO_APPROVAL} sign_by_leader:sign seal:sign !receipt +3 +6",
        f"submit_draft review approve {NUMBERED} sign_by_leader prepare_agency_signature {SENT} record_receipt"
        " remind remind", None),
    "art_9_2": (
        "outgoing_hybrid", {}, ALL_IN,
        f"{TO_APPROVAL} sign_paper:received seal_paper digitise seal:refuse digitise seal:sign +3 !receipt",
        "submit_draft review approve sign_paper number seal_paper digitise prepare_agency_signature digitise"
        f" prepare_agency_signature {SENT} remind record_receipt", "end_dispatched"),
    "the sealed paper is spoiled": (
        "outgoing_hybrid", {}, {},
        f"{TO_APPROVAL} sign_paper:received seal_paper digitise seal:void draft:cancel",
        "submit_draft review approve sign_paper number seal_paper digitise prepare_agency_signature void_number"
        " cancel_draft tell_cancelled", "end_cancelled"),
    "leader does not sign the paper": (
        "outgoing_hybrid", {}, {}, f"{TO_APPROVAL} sign_paper:not_signed draft:cancel",
        "submit_draft review approve sign_paper cancel_draft tell_cancelled", "end_cancelled"),
    "hybrid given up": ("outgoing_hybrid", {}, {}, "draft:submit review:accept approve:return draft:cancel",
                        "submit_draft review approve cancel_draft tell_cancelled", "end_cancelled"),
}


class Steps:
    """Steps that return what the course says and remember that they were called."""

    def __init__(self, returned: dict[str, dict]) -> None:
        self.returned = returned
        self.called: list[str] = []

    def step(self, element, occurrence, name, arguments, data):
        self.called.append(":".join([name, *arguments.values()]))
        found = self.returned.get(name)
        return found[self.called.count(name) - 1] if isinstance(found, tuple) else found


def walk(course) -> tuple[Run, Steps, set[str]]:
    """The run at its end, the steps called, the elements that were reached."""
    key, data, returned, doings, _, _ = course
    compiled, steps, at = compile_diagram((PROCESSES / f"{key}.bpmn").read_bytes()), Steps(returned), MONDAY
    run = Run.start(compiled, seed=SEED, act=0, at=at, host=steps, data=dict(data))
    reached = _done(run)
    for act, doing in enumerate(doings.split(), 1):
        at = MONDAY + timedelta(days=int(doing)) if doing.startswith("+") else at
        run = Run.load(compiled, run.save(), seed=SEED, act=act, at=at, host=steps)
        _do(run, doing)
        reached |= _done(run)
    return run, steps, reached


def _done(run: Run) -> set[str]:
    return {move.element for move in run.moves if move.after == "COMPLETED"}


def _do(run: Run, doing: str) -> None:
    if doing.startswith("+"):
        assert run.refresh()
    elif doing.startswith("!"):
        assert run.receive(doing[1:], {})
    else:
        element, _, decision = doing.partition(":")
        waiting = next(w for w in run.waiting() if w.element == element)
        run.complete(element, waiting.occurrence, {"decision": decision} if decision else {})


@pytest.mark.parametrize("name", COURSES)
def test_the_course_takes_its_steps_in_order(name):
    *_, expected, end = COURSES[name]
    run, steps, _ = walk(COURSES[name])
    assert steps.called == expected.split()
    assert (run.ended_at_element if run.is_finished else None) == end


@pytest.mark.parametrize("key", ["incoming", "outgoing_electronic", "outgoing_hybrid"])
def test_the_courses_reach_every_element(key):
    reached = set().union(*(walk(course)[2] for course in COURSES.values() if course[0] == key))
    assert compile_diagram((PROCESSES / f"{key}.bpmn").read_bytes()).elements.keys() - reached == set()
