"""Thirty letters taken in, beside three typed by hand (Art. 2.2, 6.2): hands by the keystroke-level model.

The page is real, in Chromium, with real recognition: a clerk drops the scans, takes them in, and checks one after the
other. What is doubtful and right is confirmed with one key; what is doubtful and wrong, or was not read, is typed anew;
what is wrong and not doubtful is not noticed, and counted. Each press and click is made, and counted as it is made.
The anchor is the same clerk typing all fields of such a letter, three times. Machine waits are told apart.
"""

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import monotonic, sleep
from types import ModuleType
from typing import Any

from app.bench.keystroke import SECONDS, Hands, telex
from app.bench.recognise import load_scorer
from app.bench.report import figure, report
from app.bench.world import BenchWorld, browsing, environment, logged_in, served, stop, world
from app.db import db
from app.engine import task as tasks
from app.engine.task import Task
from app.records.intake import IntakeFile, IntakePage, IntakePile
from app.regulation.incoming.doubt import FIELDS
from app.web.moment import now

#: letters by hand beside which the others are held
TYPED = 3
#: longest wait for recognition of one letter, seconds
PATIENCE = 120
#: has the page taken the key: it sends, it says why not, or is another; how long that takes at most, milliseconds
_HEARD = "was => location.href !== was || document.getElementById('submit')?.disabled " \
         "|| document.getElementById('message')?.textContent"
_HEARD_MS = 5000
#: urgency as the scorer says it -> as the form holds it
_PRIORITIES = {"": "0", "KHẨN": "1", "THƯỢNG KHẨN": "2", "HỎA TỐC": "3"}
_PRIORITY_WORDS = {"0": "Thường", "1": "Khẩn", "2": "Thượng khẩn", "3": "Hỏa tốc"}
#: field of the form -> the scorer's
_SCORED = {"issued_date": "ngay_ban_hanh", "organ_name": "co_quan_ban_hanh", "type_name": "loai_van_ban",
           "subject": "trich_yeu", "signer_name": "nguoi_ky", "signer_position": "chuc_vu"}
#: lists: some letters are typed, then Enter
_LISTS, _LIST_LETTERS = ("type_name", "priority"), 4


@dataclass
class Tally:
    """What came of the letters."""

    hands: Hands = field(default_factory=Hands)
    letters: int = 0
    confirmed: int = 0
    typed: int = 0
    #: wrong, not doubtful: nobody was told
    unnoticed: list[str] = field(default_factory=list)
    #: signs of Art. 3.2 that a clerk looked at
    signs: int = 0
    waits: list[float] = field(default_factory=list)
    #: letters at which nothing was confirmed, typed or looked at
    sure: int = 0


def run(folder: Path, count: int = 30) -> dict[str, Any]:
    """Take in `count` labelled letters without a mark of secrecy."""
    scorer = load_scorer(folder / "score.py")
    truth = {name: one for name, one in scorer.load_truth(str(folder / "truth.json")).items() if not one["do_mat"]}
    names = sorted(truth)
    chosen = [names[place * len(names) // count] for place in range(min(count, len(names)))]
    places = {path.name: path for path in folder.rglob("*") if path.name in chosen}
    with world() as made, _working(made), served(made) as address, _page(address) as page:
        tally = _taken_in(made, page, [places[name] for name in chosen])
        known = _documents(made, places)
        for _ in chosen:
            page.locator("#form .fjs-form-field").first.wait_for()
            name = known[int(page.url.rpartition("/")[2])]
            Clerk(page, tally, scorer, truth[name]).check()
        if left := _row(made):
            raise RuntimeError(f"{len(left)} letters are left")
    return report("intake", _figures(tally, [by_hand(wanted(truth[name])) for name in chosen], len(chosen)))


def wanted(stated: dict[str, Any]) -> dict[str, str]:
    """The labelled letter as the form holds it."""
    number, _, notation = re.sub("[-/]", "\0", stated["so_ky_hieu"], count=1).partition("\0")
    return {"code_number": number, "code_notation": notation, "priority": _PRIORITIES[stated["do_khan"]],
            **{key: stated[name] for key, name in _SCORED.items()}}


def by_hand(values: dict[str, str]) -> Hands:
    """All fields of one letter typed, the scan attached: the way without recognition."""
    hands = Hands()
    hands.think()
    hands.click()  # a new entry
    for key in FIELDS:
        if key == "priority" and values[key] == "0":
            continue
        hands.think()
        hands.keys(_length(key, values[key]) + 1)  # and on to the next field
    hands.think()
    hands.click()  # the file
    hands.think()
    hands.keys(2)  # its name is known by its first letter; Enter
    hands.think()
    hands.keys(2)  # Ctrl+Enter
    return hands


def _length(key: str, value: str) -> int:
    if key in _LISTS:
        return _LIST_LETTERS + 1
    return telex(_shown(key, value))


def _shown(key: str, value: str) -> str:
    return "/".join(reversed(value.split("-"))) if key == "issued_date" else value


def _is_right(scorer: ModuleType, key: str, value: Any, stated: dict[str, Any]) -> bool:
    """By the scorer's rules; a subject is right when it is the same but for one in twenty letters, as there."""
    if key not in _SCORED:
        return scorer.norm(value or "") == scorer.norm(wanted(stated)[key])
    score = scorer.score_one(stated, {_SCORED[key]: value or ""})[_SCORED[key]]
    return bool(score["soft"] if key == "subject" else score["norm"])


@contextmanager
def _working(made: BenchWorld) -> Iterator[None]:
    worker = subprocess.Popen([sys.executable, "-m", "app.cli", "worker"], env=environment(made),
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        yield
    finally:
        stop(worker)


@contextmanager
def _page(address: str) -> Iterator[Any]:
    with browsing(logged_in(address, "vanthu")) as window:
        if window is None:
            raise RuntimeError("the clerk needs Chromium and the bundle of the browser's programs (bin/test makes it)")
        window.set_default_timeout(PATIENCE * 1000)
        yield window.new_page()


def _taken_in(made: BenchWorld, page: Any, files: list[Path]) -> Tally:
    """All files at once; then the clerk waits until they are read."""
    tally = Tally()
    page.goto("/van-ban/tiep-nhan")
    tally.hands.think()
    tally.hands.click()  # the window of files opens: all of them, Enter
    tally.hands.keys(3)
    page.locator("#files").set_input_files([str(one) for one in files])
    _until(lambda: page.locator(".pile:not(.looking)").count() == len(files), "piles", len(files))
    _next(page, tally.hands, "#register-all")
    _until(lambda: page.locator("#registered li").count() == len(files), "documents", len(files))
    if bad := page.locator("#registered .bad").all_inner_texts():
        raise RuntimeError(f"not taken in: {bad}")
    _until(lambda: len(_row(made)) == len(files), "fields", len(files))
    _next(page, tally.hands, "#registered .actions a")
    return tally


def _next(page: Any, hands: Hands, place: str) -> None:
    """What comes next: by Enter where the page has laid it under the keys, else by the mouse."""
    hands.think()
    if page.locator(place).evaluate("it => it === document.activeElement"):
        hands.keys()
        page.keyboard.press("Enter")
    else:
        hands.click()
        page.locator(place).click()


def _until(look: Any, what: str, units: int) -> None:
    limit = monotonic() + PATIENCE * units
    while not look():
        if monotonic() > limit:
            raise RuntimeError(f"no {what} in time")
        sleep(0.5)


def _row(made: BenchWorld) -> list[int]:
    """The letters that wait for the clerk."""
    with made.hands.inside():
        return tasks.in_a_row(made.hands.user("vanthu"), "verify", now())


def _documents(made: BenchWorld, places: dict[str, Path]) -> dict[int, str]:
    """Which document came of which file."""
    by_hash = {hashlib.sha256(path.read_bytes()).hexdigest(): name for name, path in places.items()}
    with made.hands.inside():
        rows = db.session.execute(db.select(IntakePile.document_id, IntakeFile.sha256)
                                  .join(IntakePage, IntakePage.pile_id == IntakePile.id)
                                  .join(IntakeFile, IntakeFile.id == IntakePage.file_id)).all()
        ids = dict(db.session.execute(db.select(Task.id, Task.document_id).where(Task.form_key == "verify")).all())
    names = {document_id: by_hash[sha256] for document_id, sha256 in rows}
    return {task_id: names[document_id] for task_id, document_id in ids.items()}


class Clerk:
    """One letter before a clerk who knows what the paper says."""

    def __init__(self, page: Any, tally: Tally, scorer: ModuleType, stated: dict[str, Any]) -> None:
        self.page, self.tally, self.scorer, self.stated = page, tally, scorer, stated
        self.hands, self.wanted = tally.hands, wanted(stated)

    def check(self) -> None:
        """What is doubtful is looked at, what was not read is typed; then it is registered."""
        page, tally = self.page, self.tally
        self.hands.think()  # which letter it is, and that the fields are its own
        told = json.loads(page.locator("#task").text_content())
        values = {key: str(told["values"].get(key) or "") for key in FIELDS}
        for clear in page.locator("[data-clear]").all():
            self.hands.think()
            self.hands.click()
            clear.click()
            tally.signs += 1
        wrong = [key for key in FIELDS if not _is_right(self.scorer, key, values[key], self.stated)]
        doubts = [key for key in FIELDS if key in told["doubts"]]
        before = tally.confirmed, tally.typed, tally.signs
        for key in doubts:
            self._doubt(key, key in wrong)
        for key in [key for key in wrong if key not in doubts]:
            if values[key] and key != "priority":
                tally.unnoticed.append(f"{self.stated['so_ky_hieu']}: {key}")
            else:
                self._type(key)
        tally.sure += before == (tally.confirmed, tally.typed, tally.signs)
        self._finish()
        tally.letters += 1

    def _doubt(self, key: str, is_wrong: bool) -> None:
        """Look at the picture beside the field; one key says yes and goes on."""
        if self._at() != key:
            self._press("F2")
        if self._at() != key:
            raise RuntimeError(f"the keys lead to {self._at()}, not to {key}")
        if is_wrong:
            self._type(key)
            return
        self.hands.think()
        self._press("F2")
        self.tally.confirmed += 1

    def _type(self, key: str) -> None:
        """The field anew: all of it, as a hurried hand does."""
        self.hands.think()
        if self._at() != key:
            self.hands.click()
            self.page.locator(f"[id*='field_{key}']:is(input, textarea)").first.click()
        value = self.wanted[key]
        if key in _LISTS:
            words = _PRIORITY_WORDS[value] if key == "priority" else value
            self.hands.keys(_LIST_LETTERS)
            self.page.keyboard.type(words[:_LIST_LETTERS])
            self._press("Enter")
        else:
            self._press("Control+A")
            self.hands.keys(telex(_shown(key, value)))
            self.page.keyboard.insert_text(_shown(key, value))
            self._press("Tab")
        self.tally.typed += 1

    def _finish(self) -> None:
        """Enter where the button is at hand, else Ctrl+Enter; then the next letter stands there by itself."""
        from playwright.sync_api import TimeoutError as TooLate

        self.hands.think()
        self.page.wait_for_timeout(SECONDS["think"] * 1000)  # a key right behind the last one presses nothing
        was, started = self.page.url, monotonic()
        while True:
            self._press("Enter" if self._at() == "submit" else "Control+Enter")
            try:
                self.page.wait_for_function(_HEARD, arg=was, timeout=_HEARD_MS)
                break
            except TooLate:  # pressed before the page listened: a person presses again
                if monotonic() > started + PATIENCE:
                    raise RuntimeError(f"{was} hears no key") from None
        try:
            self.page.wait_for_url(lambda url: url != was)
        except TooLate:
            said = " ".join(self.page.locator("#message, #saved, .fjs-form-field-error").all_inner_texts())
            raise RuntimeError(f"{self.stated['so_ky_hieu']} is not registered: {said}") from None
        if re.search(r"/viec/\d+", self.page.url):
            self.page.locator("#form .fjs-form-field").first.wait_for()
        self.tally.waits.append(monotonic() - started)

    def _press(self, key: str) -> None:
        self.hands.keys(len(key.split("+")))
        self.page.keyboard.press(key)

    def _at(self) -> str:
        """The field, or the button, in which the keys are."""
        place = self.page.evaluate("document.activeElement?.id || ''")
        found = re.search(r"field_([a-z_]+)", place)
        return found[1] if found else place


def _figures(tally: Tally, by_hand: list[Hands], count: int) -> list[dict[str, Any]]:
    typed = sum(one.seconds for one in by_hand) / len(by_hand) * TYPED
    every = tally.hands.seconds + SECONDS["think"] * len(FIELDS) * tally.letters
    done = tally.hands.done
    return [
        figure(f"{count} letters, hands of the clerk", "s", tally.hands.seconds, anchor=typed,
               anchor_is=f"{TYPED} letters typed by hand", goal="ratio <= 1", ok=tally.hands.seconds <= typed)
        | {"operators": dict(done), "confirmed": tally.confirmed, "typed": tally.typed, "signs": tally.signs},
        figure("a letter, hands of the clerk", "s", tally.hands.seconds / tally.letters, anchor=typed / TYPED,
               anchor_is="typed by hand"),
        figure(f"{count} letters, each field of each compared as well", "s", every, anchor=typed,
               anchor_is=f"{TYPED} letters typed by hand"),
        figure("letters without a key but the last", "of letters", tally.sure / tally.letters),
        figure("wrong, not doubtful, left so", "of values", len(tally.unnoticed) / (len(FIELDS) * tally.letters))
        | {"left": sorted(tally.unnoticed)},
        figure("from the last key to the next letter", "s", median(tally.waits)),
    ]
