"""Walks through a diagram for tests: a host that remembers, and random but repeatable ways through."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from uuid import UUID

from app.engine import spiff

ROOT = Path(__file__).parents[2]
GOOD = sorted((ROOT / "tests/data/diagrams/good").glob("*.bpmn"))
PROCESSES = sorted((ROOT / "processes").glob("*.bpmn"))
SEED = UUID("00000000-0000-0000-0000-000000000007")
START = datetime(2026, 1, 5, 8, tzinfo=UTC)
SLOW = frozenset(
    {"recognise", "check_signatures", "complete", "convert", "dispatch", "prepare_leader_signature",
     "sign_by_leader", "prepare_agency_signature", "sign_by_agency"}
)  # fmt: skip
#: data that let every good diagram start
DATA = {"channel": "paper", "people": [3, 5, 8], "signers": [5, 3], "opinion_holder_ids": [3],
        "is_electronic": True, "is_mail": False}
DECISIONS = ("accept", "return", "register", "not_entered", "assign", "inform", "answer", "finish", "reassign",
             "submit", "cancel", "approve", "sign", "refuse")  # fmt: skip


class Host:
    """Runs no step: remembers the calls, says LATER to the slow ones."""

    def __init__(self, slow=SLOW, results=None):
        self.calls, self.slow, self.results = [], slow, results or {}

    def step(self, element, occurrence, name, arguments, data):
        self.calls.append((element, occurrence, name, arguments))
        return spiff.LATER if name in self.slow else self.results.get(name)


class Walk:
    """One instance, saved and loaded between acts as the product does."""

    def __init__(self, compiled, *, prune=True, data=DATA, host=None):
        self.compiled, self.prune, self.host, self.act, self.at = compiled, prune, host or Host(), 1, START
        self.run = spiff.Run.start(compiled, seed=SEED, act=1, at=START, host=self.host, data=data)
        self.state = self.run.save(prune=prune)

    def next(self, hours=0):
        """A new act on the saved state."""
        self.act += 1
        self.at += timedelta(hours=hours, minutes=1)
        self.run = spiff.Run.load(
            self.compiled, self.state, seed=SEED, act=self.act, at=self.at, host=self.host
        )
        return self.run

    def rest(self):
        self.state = self.run.save(prune=self.prune)
        return self

    def complete(self, element, **values):
        """The oldest open task of that element."""
        run = self.next()
        run.complete(element, self.of(element).occurrence, values)
        return self.rest()

    def finish(self, element, **values):
        run = self.next()
        run.finish(element, self.of(element).occurrence, values)
        return self.rest()

    def receive(self, message, **values):
        assert self.next().receive(message, values)
        return self.rest()

    def refresh(self, hours):
        fired = self.next(hours).refresh()
        self.rest()
        return fired

    def of(self, element):
        return next(w for w in self.run.waiting() if w.element == element)

    def open(self, kind="user"):
        return [w.element for w in self.run.waiting() if w.kind == kind]


def choose(random: Random, waiting):
    """One thing to do, as (verb, element, occurrence, values or message)."""
    found = random.choice(waiting)
    values = {"decision": random.choice(DECISIONS), "signature_ok": random.random() < 0.8,
              "all_received": random.random() < 0.5, "opinions": [found.element, found.occurrence]}  # fmt: skip
    if found.kind == "user":
        return "complete", found.element, found.occurrence, values
    if found.kind == "script":
        return "finish", found.element, found.occurrence, values
    if found.message:
        return "receive", found.message, 0, {"all_received": values["all_received"]}
    return "refresh", found.element, 0, {}


def do(walk: Walk, choice):
    """Do it in a new act and rest."""
    verb, element, occurrence, values = choice
    if verb == "refresh":
        return walk.refresh(hours=24 * 6)
    run = walk.next()
    if verb == "receive":
        assert run.receive(element, values)
    else:
        getattr(run, verb)(element, occurrence, values)
    return walk.rest()


def compiled(path):
    return spiff.compile_diagram(path.read_bytes())
