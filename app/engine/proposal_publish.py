"""Putting a proposal in force: judged whole, by a second person, as releases of one moment (Art. 10.2, security.md S4).

Refused are: the author's own hand, a missing reason, ground that has moved since, what the check finds, scenarios that
fail. The judgement is pure and kept by the hashes of what was judged. Running instances stay on their releases.
"""

from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from app.db import db
from app.engine import check, diagram, difference, proposal, scenario
from app.engine.diagram import Release
from app.engine.proposal import PUBLISHED
from app.engine.proposal_table import Proposal, ProposalFile
from app.records import history
from app.records.people import User
from app.refusal import Refusal

#: shortest reason, characters
REASON_MIN, REASON_MAX = 10, 500
#: sentences of the difference that the act of a release keeps, per procedure
MOST_TOLD = 200


class TwoPeople(Refusal):
    """Who saved a file of the proposal does not publish it: that is another person's hand."""

    code, status, article = "two_people", 403, "Art. 10.2"


class ReasonMissing(Refusal):
    """Publishing says why, in 10 to 500 characters."""

    code, article = "reason_missing", "Art. 10.2"


class NothingChanged(Refusal):
    """The proposal is what is in force already, or changes only what no procedure uses."""

    code, status = "nothing_changed", 409


class BaseMoved(Refusal):
    """Another release was published since the proposal was opened: it would undo what it has never seen."""

    code, status = "base_moved", 409


class BaseWithdrawn(BaseMoved):
    """What the proposal was opened on was withdrawn and nothing is in force: it would bring the fault back."""

    code = "base_withdrawn"


class CheckFailed(Refusal):
    """The check found an error in what the proposal would put in force."""

    code, article = "check_failed", "Art. 10.2"


class ScenariosFail(Refusal):
    """A saved scenario does not end as expected any more."""

    code = "scenarios_fail"


@dataclass(frozen=True)
class Moved:
    """What was put in force, or withdrawn with nothing in its place, since the proposal was opened."""

    release: Release
    #: files of the proposal that were changed there as well
    names: tuple[str, ...]


@dataclass(frozen=True)
class Judgement:
    """What the check and the scenarios say of each procedure that a proposal touches."""

    reports: dict[str, check.Report]
    trials: dict[str, scenario.Result]

    @property
    def is_ok(self) -> bool:
        """Whether nothing stands against publishing."""
        return all(report.ok for report in self.reports.values()) and not self.failing

    @property
    def failing(self) -> list[tuple[str, str]]:
        """[(key of the procedure, name of the scenario), ...] that do not pass."""
        return [(key, one.name) for key, trial in self.trials.items() for one in trial.failures]


#: the last judgements, by the hash of what was judged; texts are not kept
_known: dict[str, Judgement] = {}
_guard = Lock()
_MOST_KNOWN = 64


def judge(found: Proposal) -> Judgement:
    """What stands against publishing the proposal as it is now; asked again only when a file changed."""
    names = frozenset(file.name for file in proposal.changed(found))
    return judge_files(proposal.files(found), names | {f"bpmn:{found.key}"})


def judge_files(files: dict[str, bytes], names: frozenset[str]) -> Judgement:
    """What stands against putting these files in force, of which `names` changed."""
    digest = history.digest([sorted(names), {name: diagram.sha256_of(text) for name, text in files.items()}])
    with _guard:
        found = _known.get(digest)
    if found is None:
        reports = check.check_all(files, set(names))
        sound = [key for key, report in reports.items() if report.ok]
        found = Judgement(reports, {key: scenario.run_all(files, key) for key in sound})
        with _guard:
            _known[digest] = found
            while len(_known) > _MOST_KNOWN:
                del _known[next(iter(_known))]
    return found


def moved(found: Proposal) -> Moved | None:
    """The release that was published since the proposal was opened; None when the ground stands still.

    With nothing of the procedure in force it is the one that the proposal was opened on: it was withdrawn since.
    """
    present = diagram.published(found.key)
    hashes = diagram.hashes_in_force()
    names = tuple(file.name for file in proposal.saved(found) if file.base_sha256 != hashes.get(file.name, ""))
    if present is not None and (names or present.id != found.base_release_id):
        return Moved(present, names)
    if present is None and found.base_release_id is not None:
        return Moved(db.session.get_one(Release, found.base_release_id), names)
    return None


def authors(found: Proposal) -> list[int]:
    """Ids of all who saved a file that the proposal changes."""
    return sorted({author for file in proposal.changed(found) for author in file.author_ids})


def publish(proposal_id: int, user: User, reason: str, at: datetime) -> list[str]:
    """Put the proposal in force; the keys of the releases it made. The caller commits.

    One at a time in an agency: of two who publish at once the second finds it done (ProposalClosed) or the ground
    moved. Raises NotFound, ProposalClosed, ReasonMissing, NothingChanged, TwoPeople, BaseMoved, CheckFailed,
    ScenariosFail, and what diagram.publish raises.
    """
    history.lock(f"diagrams:{user.agency_id}")
    found = proposal.locked_open(proposal_id)
    if not REASON_MIN <= len(reason.strip()) <= REASON_MAX:
        raise ReasonMissing(least=REASON_MIN, most=REASON_MAX)
    changed = proposal.changed(found)
    if not changed:
        raise NothingChanged()
    if user.id in authors(found):
        raise TwoPeople()
    if since := moved(found):
        refusal = BaseMoved if since.release.status == "published" else BaseWithdrawn
        raise refusal(who="", when=since.release.published_at, version=since.release.version)
    judgement = judge(found)
    refuse_unsound(judgement)
    return _put_in_force(found, changed, judgement, user, reason.strip(), at)


def refuse_unsound(judgement: Judgement) -> None:
    """Raise CheckFailed or ScenariosFail when something stands against publishing."""
    errors = [finding for report in judgement.reports.values() if not report.ok for finding in report.findings
              if finding.severity == "error"]
    if errors:
        raise CheckFailed(count=len(errors), first=errors[0].message, findings=[one.as_json() for one in errors])
    if judgement.failing:
        raise ScenariosFail(names=", ".join(name for _, name in judgement.failing))


def _put_in_force(found: Proposal, changed: list[ProposalFile], judgement: Judgement, user: User, reason: str,
                  at: datetime) -> list[str]:
    before, after = diagram.texts_in_force(), proposal.files(found)
    credit = diagram.Credit(
        author_id=_first_author(found, changed), publisher_id=user.id, reason=reason,
        author_ids=tuple(authors(found)),
        changes={key: [one.sentence for one in difference.between(before, after, key).changes][:MOST_TOLD]
                 for key in judgement.reports},
        templates={found.key: found.template_version} if found.template_version else {})
    made = diagram.publish(
        found.agency_id, {file.name: after[file.name] for file in changed if not file.is_removed}, at=at, note=reason,
        removed=[file.name for file in changed if file.is_removed], credit=credit, key=found.key)
    if not made:
        raise NothingChanged()
    found.status, found.closed_at, found.closed_by_id, found.reason = PUBLISHED, at, user.id, reason
    found.release_id = diagram.in_force(found.key).id
    db.session.flush()
    return made


def _first_author(found: Proposal, changed: list[ProposalFile]) -> int:
    """Whose name the release bears: who opened the proposal if he saved something, else who saved first."""
    known = authors(found)
    return found.opened_by_id if found.opened_by_id in known else changed[0].author_ids[0]


def follow_up(found: Proposal, names: set[str], user: User, at: datetime) -> Proposal:
    """A new proposal on what is in force now that takes over these files of an older one, with their authors."""
    made = proposal.open_(found.key, found.title, user, at, template_version=found.template_version)
    for file in proposal.saved(found):
        if file.name in names:
            text, _ = proposal.file(found, file.name)
            proposal.save(made, file.name, text or b"", 0, user, at, is_removed=file.is_removed)
    for file in proposal.saved(made):
        old = next(one for one in proposal.saved(found) if one.name == file.name)
        file.author_ids = sorted({*old.author_ids, user.id})
    db.session.flush()
    return made


def beside(found: Proposal, title: str, name: str, text: bytes, user: User, at: datetime) -> Proposal:
    """A proposal beside this one with `text` as its file `name`: the same files by the same authors, the same ground.

    Beside one that is published already: on what it put in force, with this file only. What was put in force since
    stays moved ground (BaseMoved). Raises as `proposal.save`.
    """
    is_out = found.status == PUBLISHED
    kept = {file.name: file for file in proposal.saved(found) if not is_out or file.name == name}
    made = follow_up(found, set(kept), user, at)
    made.title, made.base_release_id = title[:200], found.release_id if is_out else found.base_release_id
    for file in proposal.saved(made):
        file.base_sha256 = kept[file.name].sha256 if is_out else kept[file.name].base_sha256
    proposal.save(made, name, text, proposal.file(made, name)[1], user, at)
    return made
