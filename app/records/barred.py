"""What must not be entered (Art. 3.2): what an agency adds to the list, whom it is told to, and each time it came.

Of what came only the fact is kept: when, by which way, for which rule, who brought or sent it. No name, no text, and
no hash, by which a guess at a secret could be proved; the one hash here is of a file that a person let in. How such
content is known is regulation/barred_text.py's.
"""

from collections.abc import Collection
from datetime import date, datetime, timedelta

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import AgencyOwned, Base, db
from app.records import history, intake, people
from app.records.calendar import local_date
from app.records.document import NotFound
from app.records.people import User
from app.refusal import Refusal

#: who keeps list and responsible people: the head of the agency, or the administrator for the head
KEEPERS = ("leader", "admin")
#: why something is kept out: a mark of secrecy, a letter of complaint, the agency's list, the word of a person
RULES = SECRECY, PETITION, LISTED, OTHER = ("secrecy", "petition", "listed", "other")
#: by which way it came; "recognised": a scan, read after it was stored; "clerk": a clerk decided
WAYS = UPLOAD, SCAN, MAIL, EXCHANGE, RECOGNISED, CLERK = ("upload", "scan", "mail", "exchange", "recognised", "clerk")
#: what an entry of the list says: a kind of document, a stamp or line that stands alone, words of a title
KINDS = TYPE, MARK, WORDS = ("type", "mark", "words")
#: what somebody is responsible for -> rules
MATTERS = {"secrecy": (SECRECY,), "petition": (PETITION,), "other": (LISTED, OTHER)}
#: so long a person's word that it was found by mistake lets one such file in
CLEARED_HOURS = 24


class NotBarredKeeper(Refusal):
    """A leader or an administrator says what else must not be entered, and who is told."""

    code, status, article = "not_barred_keeper", 403, "Art. 3.2"


class BarredRuleWrong(Refusal):
    """An entry of the list has a kind, 3 to 200 characters, a first day from today on, and a reason."""

    code, article = "barred_rule_wrong", "Art. 3.2"


class BarredOfficerWrong(Refusal):
    """The responsible person works in the agency, and the change has a reason of 5 to 500 characters."""

    code, article = "barred_officer_wrong", "Art. 3.2"


class BarredAnswered(Refusal):
    """This was answered already, or it is not this person's to answer."""

    code, status, article = "barred_answered", 409, "Art. 3.2"


class BarredReason(Refusal):
    """Whoever says that something was kept out by mistake says why, in 5 to 500 characters."""

    code, article = "barred_reason", "Art. 3.2"


class BarredRule(AgencyOwned, Base):
    """One thing that the head of the agency adds (Art. 3.2.đ)."""

    __tablename__ = "barred_rule"
    __table_args__ = (UniqueConstraint("agency_id", "kind", "text"),)

    #: one of KINDS
    kind: Mapped[str] = mapped_column(String(10))
    text: Mapped[str] = mapped_column(String(200))
    from_date: Mapped[date]


class BarredOfficer(AgencyOwned, Base):
    """Who is told of a matter."""

    __tablename__ = "barred_officer"
    __table_args__ = (UniqueConstraint("agency_id", "matter"),)

    #: a key of MATTERS
    matter: Mapped[str] = mapped_column(String(10))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))

    user: Mapped[User] = relationship(lazy="joined")


class BarredEntry(AgencyOwned, Base):
    """One time that something came and was kept out."""

    __tablename__ = "barred_entry"
    __table_args__ = (Index("barred_entry_open", "to_user_id", "id", postgresql_where="seen_at is null"),)

    at: Mapped[datetime]
    #: one of WAYS, one of RULES
    way: Mapped[str] = mapped_column(String(10))
    rule: Mapped[str] = mapped_column(String(10))
    #: the record that says what became of it: "mail:3", "message:5", "intake_file:8"; "" = none
    subject: Mapped[str] = mapped_column(String(60), default="")
    #: who sent it: organisation code, or address of a mail
    partner: Mapped[str] = mapped_column(String(330), default="")
    #: who brought it
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    #: of what was recognised: the document that was emptied
    document_id: Mapped[int | None] = mapped_column(ForeignKey("document.id"), index=True)
    #: who is told; None = nobody is named
    to_user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    seen_at: Mapped[datetime | None]
    #: whoever brought a scan that was stored until it was read is told, too
    bringer_seen_at: Mapped[datetime | None]
    #: a person said that it was kept out by mistake, and why
    cleared_at: Mapped[datetime | None]
    cleared_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    cleared_reason: Mapped[str] = mapped_column(String(500), default="")
    #: sha256 of what that word has let in
    let_in: Mapped[str] = mapped_column(String(64), default="")

    user: Mapped[User | None] = relationship(foreign_keys=[user_id])
    to_user: Mapped[User | None] = relationship(foreign_keys=[to_user_id])
    cleared_by: Mapped[User | None] = relationship(foreign_keys=[cleared_by_id])

    @property
    def place(self) -> tuple[intake.IntakeFile, list[int]] | None:
        """Of what was recognised: which pages of which file it was (`intake.place_of`), so that the paper is found."""
        return intake.place_of(self.document_id) if self.document_id else None


def rules(day: date | None = None) -> list[BarredRule]:
    """What the agency has added; with a day, only what holds on it."""
    query = select(BarredRule).order_by(BarredRule.kind, BarredRule.text)
    return list(db.session.scalars(query if day is None else query.where(BarredRule.from_date <= day)))


def officers() -> dict[str, User]:
    """Matter -> who is responsible."""
    return {row.matter: row.user for row in db.session.scalars(select(BarredOfficer))}


def officer_of(rule: str) -> User | None:
    """Who is told of what is kept out by this rule; a leader of the agency where nobody is named who works here."""
    matter = next(name for name, some in MATTERS.items() if rule in some)
    found = officers().get(matter)
    if found is not None and found.is_active:
        return found
    return min(people.with_role("leader"), key=lambda one: one.position.casefold().startswith("phó"), default=None)


def unnamed() -> list[str]:
    """The matters of which nobody who works here is in charge: a leader is told."""
    named = officers()
    return [matter for matter in MATTERS if matter not in named or not named[matter].is_active]


def put(agency_id: int, way: str, rule: str, at: datetime, *, user_id: int | None = None, partner: str = "",
        subject: str = "", document_id: int | None = None) -> BarredEntry:
    """Keep the fact inside an act of the caller, who writes that act."""
    told = officer_of(rule)
    made = BarredEntry(agency_id=agency_id, at=at, way=way, rule=rule, subject=subject, partner=partner[:330],
                       user_id=user_id, document_id=document_id, to_user_id=told.id if told else None)
    db.session.add(made)
    db.session.flush()
    return made


def note(agency_id: int, way: str, rule: str, at: datetime, *, user_id: int | None = None, partner: str = "",
         subject: str = "") -> BarredEntry:
    """Keep the fact in an act of its own, with what else this transaction changed; the caller commits."""
    history.lock(_subject(agency_id))
    made = put(agency_id, way, rule, at, user_id=user_id, partner=partner, subject=subject)
    _tell(agency_id, "entry_barred", user_id, {"way": way, "rule": rule}, at)
    return made


def newest(limit: int = 50) -> list[BarredEntry]:
    """What was kept out, newest first."""
    return list(db.session.scalars(select(BarredEntry).order_by(BarredEntry.id.desc()).limit(limit)))


def of_person(user: User, limit: int = 50) -> list[BarredEntry]:
    """What the person brought or tried to bring, newest first."""
    return list(db.session.scalars(select(BarredEntry).where(BarredEntry.user_id == user.id)
                                   .order_by(BarredEntry.id.desc()).limit(limit)))


def open_for(user: User, limit: int = 20) -> list[BarredEntry]:
    """What the responsible person, and who brought a scan, have not confirmed, newest first."""
    mine = (BarredEntry.to_user_id == user.id) & BarredEntry.seen_at.is_(None)
    brought = (BarredEntry.way == RECOGNISED) & (BarredEntry.user_id == user.id) & BarredEntry.bringer_seen_at.is_(None)
    return list(db.session.scalars(select(BarredEntry).where(mine | brought).order_by(BarredEntry.id.desc())
                                   .limit(limit)))


def see(entry_id: int, user: User, at: datetime) -> None:
    """The responsible person, or who brought the scan, confirms it. Commits. Raises NotFound, BarredAnswered."""
    entry = _locked(entry_id, user.agency_id)
    is_told = entry.to_user_id == user.id and entry.seen_at is None
    is_bringer = entry.way == RECOGNISED and entry.user_id == user.id and entry.bringer_seen_at is None
    if not (is_told or is_bringer):
        raise BarredAnswered()
    entry.seen_at = at if is_told else entry.seen_at
    entry.bringer_seen_at = at if is_bringer else entry.bringer_seen_at
    _tell(user.agency_id, "barred_seen", user.id, {"entry": entry_id}, at)
    db.session.commit()


def clear(entry_id: int, user: User, reason: str, at: datetime) -> BarredEntry:
    """A person says that it was kept out by mistake: for a day, one such file may come in. The caller commits.

    A clerk, or whoever brought it. Raises NotFound, BarredReason, BarredAnswered.
    """
    entry, said = _locked(entry_id, user.agency_id), history.stated(reason, BarredReason)
    if not (user.has("clerk") or entry.user_id == user.id) or entry.cleared_at is not None or entry.way == CLERK:
        raise BarredAnswered()
    entry.cleared_at, entry.cleared_by_id, entry.cleared_reason = at, user.id, said
    _tell(user.agency_id, "barred_cleared", user.id, {"entry": entry_id, "reason": said}, at)
    return entry


def word_for(rule: str, sha256s: Collection[str], at: datetime, *, user_id: int | None = None,
             partner: str = "") -> BarredEntry | None:
    """The word of a person that lets in what this rule would keep out: said for this file, else one not used yet.

    `sha256s`: the file, or the files whose pages it is; `partner`: of a packet, who sent it.
    """
    whose = (BarredEntry.cleared_by_id == user_id) if user_id else (
        (BarredEntry.partner == partner) & (BarredEntry.way == EXCHANGE))
    words = select(BarredEntry).where(
        BarredEntry.rule == rule, BarredEntry.cleared_at > at - timedelta(hours=CLEARED_HOURS), whose)
    said = db.session.scalar(words.where(BarredEntry.let_in.in_(sha256s)).limit(1))
    return said or db.session.scalar(words.where(BarredEntry.let_in == "").order_by(BarredEntry.id).limit(1))


def let_in(rule: str, sha256: str, at: datetime, *, user_id: int | None = None, partner: str = "") -> bool:
    """Whether a word lets in a file that is about to be stored; one word, one file. The caller commits."""
    word = word_for(rule, [sha256], at, user_id=user_id, partner=partner)
    if word is None or word.let_in:
        return word is not None
    entry = _locked(word.id, word.agency_id)
    if entry.let_in:  # another file was quicker
        return False
    entry.let_in = sha256
    _tell(entry.agency_id, "barred_cleared", user_id, {"entry": entry.id, "reason": entry.cleared_reason}, at)
    return True


def _is_entry(text: str) -> bool:
    """Whether it can be found in a document: three letters or digits at least."""
    return len(text) <= 200 and sum(map(str.isalnum, text)) >= 3


def add_rule(keeper: User, kind: str, text: str, from_date: date | None, reason: str, at: datetime) -> bool:
    """The list has one entry more, from a day on; False: it was there. Commits.

    Raises NotBarredKeeper, BarredRuleWrong.
    """
    _need_keeper(keeper)
    said, words, today = history.stated(reason, BarredRuleWrong), " ".join(text.split()), local_date(at)
    day = from_date or today
    if kind not in KINDS or not _is_entry(words) or day < today:
        raise BarredRuleWrong()
    history.lock(_subject(keeper.agency_id))
    if db.session.scalar(select(BarredRule).where(BarredRule.kind == kind, BarredRule.text == words)):
        db.session.rollback()
        return False
    db.session.add(BarredRule(agency_id=keeper.agency_id, kind=kind, text=words, from_date=day))
    _tell(keeper.agency_id, "barred_rules_changed", keeper.id,
          {"added": words, "kind": kind, "from": day.isoformat(), "reason": said}, at)
    db.session.commit()
    return True


def drop_rule(keeper: User, rule_id: int, reason: str, at: datetime) -> bool:
    """The list has one entry less; False: it was gone. Commits. Raises NotBarredKeeper, BarredRuleWrong."""
    _need_keeper(keeper)
    said = history.stated(reason, BarredRuleWrong)
    history.lock(_subject(keeper.agency_id))
    found = db.session.get(BarredRule, rule_id)
    if found is None:
        db.session.rollback()
        return False
    told = {"removed": found.text, "kind": found.kind, "reason": said}
    db.session.delete(found)
    _tell(keeper.agency_id, "barred_rules_changed", keeper.id, told, at)
    db.session.commit()
    return True


def name_officer(keeper: User, matter: str, user_id: int, reason: str, at: datetime) -> bool:
    """Somebody is told of a matter from now on; False: it is so already. Commits.

    Raises NotBarredKeeper, BarredOfficerWrong.
    """
    _need_keeper(keeper)
    said, person = history.stated(reason, BarredOfficerWrong), db.session.get(User, user_id)
    if matter not in MATTERS or person is None or not person.is_active:
        raise BarredOfficerWrong()
    history.lock(_subject(keeper.agency_id))
    row = db.session.scalar(select(BarredOfficer).where(BarredOfficer.matter == matter))
    if row is not None and row.user_id == user_id:
        db.session.rollback()
        return False
    if row is None:
        db.session.add(BarredOfficer(agency_id=keeper.agency_id, matter=matter, user_id=user_id))
    else:
        row.user_id = user_id
    _tell(keeper.agency_id, "barred_rules_changed", keeper.id,
          {"matter": matter, "person": person.full_name, "reason": said}, at)
    db.session.commit()
    return True


def changes(agency_id: int, limit: int = 20) -> list[tuple[history.Act, dict]]:
    """The last changes of list and people, newest first: (act, what was put in)."""
    return history.latest(
        history.Act.subject == _subject(agency_id), history.Act.kind == "barred_rules_changed", limit=limit)


def _subject(agency_id: int) -> str:
    return f"barred:{agency_id}"


def _need_keeper(keeper: User) -> None:
    if not keeper.has(*KEEPERS):
        raise NotBarredKeeper()


def _locked(entry_id: int, agency_id: int) -> BarredEntry:
    history.lock(_subject(agency_id))
    entry = db.session.get(BarredEntry, entry_id, with_for_update=True, populate_existing=True)
    if entry is None:
        raise NotFound()
    return entry


def _tell(agency_id: int, kind: str, actor_id: int | None, given: dict[str, object], at: datetime) -> None:
    db.session.flush()
    history.append(history.Act(agency_id=agency_id, subject=_subject(agency_id), at=at, actor_id=actor_id, kind=kind),
                   input=given, changes=history.take_changes())
