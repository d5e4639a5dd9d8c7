"""Who of those named in a draft is of the agency that issues it: leaders, units, people (Art. 9.1.d).

They get it inside and are in no directory. Whoever is not surely one's own stays outside, and a person is asked: words
of another place or agency behind the name ("Lãnh đạo UBND tỉnh"), a citizen with a colleague's name ("Ông ...").
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from app.db import db
from app.records.agency import Agency, Unit
from app.records.people import User
from app.regulation.layout_grammar import fold

#: shortened words, folded
_SHORT = {"ld": "lanh dao", "gd": "giam doc", "pgd": "pho giam doc", "bgd": "ban giam doc", "ct": "chu tich",
          "pct": "pho chu tich", "cvp": "chanh van phong", "pcvp": "pho chanh van phong", "vp": "van phong",
          "p": "phong", "dv": "don vi", "tt dt": "thong tin dien tu", "ttdt": "thong tin dien tu",
          "ubnd": "uy ban nhan dan", "hdnd": "hoi dong nhan dan"}
#: words behind a name that change nobody
_REMARK = re.compile(r" (de (b c|biet|bao cao|chi dao|thuc hien|theo doi|phoi hop)|(thay )?b c|bao cao)( .*)?$")
_POLITE = re.compile(r"(cac )?(dong chi|d c) ")
#: how it is said whose they are; then "cơ quan", "đơn vị" or the agency
_WHOSE = r"( (thuoc|truc thuoc|thuoc va truc thuoc|thuoc truc thuoc|cua|trong))?"
_HERE = ("co quan", "don vi", "noi bo co quan")
#: all units, and what may stand beside them; "các đơn vị" alone may be anybody's
_UNITS = re.compile(r"((lanh dao|truong) )?(cac |toan the (cac )?)phong"
                    r"( ban| to| chuyen mon| nghiep vu| don vi| bo phan| truc thuoc| thuoc| lien quan)*")
_MORE = re.compile(r"(cac )?(phong|ban|to|don vi|bo phan)( chuyen mon| nghiep vu| truc thuoc| lien quan| thuoc)*")
#: kinds of places
_PLACES = ("tinh", "xa", "phuong", "dac khu")
#: the agency's page on the net
_PORTAL = re.compile(r"(dang |dang tai )?((cong|trang)( (thong )?tin( dien tu)?)|website)")
#: who is at the head of a unit
_AT_HEAD = r"((lanh dao|chanh|pho chanh|truong|pho truong|cac pho truong) )?"


@dataclass(frozen=True)
class Within:
    """An agency's own people and units by the words that name them, folded."""

    #: what the agency is called, long and short
    called: frozenset[str]
    #: the kind of agency, or of its place when its competence is general: "so", "xa"
    kinds: frozenset[str]
    #: titles of its leaders, the deputies' as well
    leaders: frozenset[str]
    #: {name of a unit: its id}
    units: dict[str, int] = field(default_factory=dict)
    #: {full name: ids of who bears it}, {position}
    people: dict[str, list[int]] = field(default_factory=dict)
    positions: frozenset[str] = frozenset()

    def names(self, written: str, is_first: bool = False) -> bool:
        """Whether that is surely of this agency. `is_first`: in "Kính gửi", where a mere name may be a citizen's."""
        if any(_PORTAL.fullmatch(one) for one in self._forms(written)):
            return True
        return any(self._are_own([self._forms(one) for one in parts], is_first)
                   for parts in ([written], _parts(written)))

    def _are_own(self, parts: list[set[str]], is_first: bool) -> bool:
        is_units = any(_UNITS.fullmatch(one) for some in parts for one in some)
        return bool(parts) and all(any(
            self._is_own(one) or is_units and _MORE.fullmatch(one) or bool(self._people(one, is_first))
            for one in some) for some in parts)

    def readers(self, written: str) -> tuple[set[int], set[int]]:
        """Who is to be given it to read: ids of units and of people; leaders read what their agency holds."""
        forms = {form for one in [written, *_parts(written)] for form in self._forms(one)}
        if any(_UNITS.fullmatch(one) for one in forms):
            return set(self.units.values()), set()
        units = {self._unit(one) for one in forms if self._unit(one)}
        return units, {key for one in forms for key in self._people(one)}

    def _is_own(self, asked: str) -> bool:
        return (asked.removeprefix("cac ") in self.leaders or asked in self.positions or asked in self.called
                or bool(self._unit(asked)) or bool(_UNITS.fullmatch(asked)))

    def _forms(self, written: str) -> set[str]:
        """Its words, as they are and without those that say that it is of this agency."""
        asked = _POLITE.sub("", _words(written))
        whose = {*self.called, *self.kinds, *_HERE}
        found = {match[1] for own in whose if (match := re.fullmatch(rf"(.+?){_WHOSE} {re.escape(own)}", asked))}
        if asked in [f"lanh dao {kind}" for kind in _PLACES]:  # may be the Party's
            return {asked}
        return {asked, *found}

    def _unit(self, asked: str) -> int:
        """The unit of that name, or whose heads are meant; 0: none."""
        return next((key for name, key in self.units.items() if re.fullmatch(_AT_HEAD + re.escape(name), asked)), 0)

    def _people(self, asked: str, is_first: bool = False) -> list[int]:
        """Those of that name, behind or before their position, or alone."""
        if asked in self.people:
            return [] if is_first else self.people[asked]
        return next((ids for name, ids in self.people.items() if name in asked and any(
            asked in (f"{title} {name}", f"{name} {title}") for title in self.positions)), [])


def readers(own: Agency, written: Iterable[str]) -> tuple[set[int], set[int]]:
    """Ids of the units and of the people that these names mean."""
    known, units, people = of(own), set[int](), set[int]()
    for name in written:
        some, others = known.readers(name)
        units |= some
        people |= others
    return units, people


def of(own: Agency) -> Within:
    """Those of one agency."""
    name, people = _words(own.name), db.session.execute(db.select(
        User.id, User.full_name, User.position, User.roles).where(User.agency_id == own.id, User.is_active)).all()
    place = re.search(r" (tinh|thanh pho|xa|phuong|dac khu) (.+)$", name)
    short = name[:place.start()] if place else name
    called = {name, short, *((f"{short} {place[1]}", f"{short} {place[2]}") if place else ())}
    kind = re.match(r"(so|chi cuc|cuc|trung tam|van phong|thanh tra|ban|bo) ", f"{name} ")
    kinds = [*([kind[1]] if kind else ()), *([place[1]] if place and own.is_general else ())]
    titles = {_words(one.position) for one in people if "leader" in one.roles and one.position}
    leaders = {"lanh dao", "ban lanh dao", "tap the lanh dao", *titles, *(f"pho {one}" for one in titles)}
    leaders |= {f"{many} {one}" for one in titles for many in ("ban", "cac pho") if one != "chu tich"}
    units = {name: unit.id for unit in db.session.scalars(db.select(Unit).where(Unit.agency_id == own.id))
             for name in (_words(unit.name), f"phong {_words(unit.abbreviation)}") if name != "phong "}
    named: dict[str, list[int]] = {}
    for one in people:
        named.setdefault(_words(one.full_name), []).append(one.id)
    return Within(frozenset(called), frozenset(kinds), frozenset(leaders), units, named,
                  frozenset(_words(one.position) for one in people if one.position))


def _parts(written: str) -> list[str]:
    return [one for one in re.split(r"[,;]|\s+và\s+", written) if one.strip()]


def _words(text: str) -> str:
    """Folded, shortened words written out, without marks of any kind and without remarks."""
    words = " ".join(re.sub(r"[^\w]+", " ", fold(text)).split())
    for short, whole in _SHORT.items():
        words = re.sub(rf"\b{short}\b", whole, words)
    return _REMARK.sub("", f" {words}").strip()
