"""The board of what waits, over HTTP (Art. 6.2.a): moves are taken back, files lie as chosen, no sheet makes a pile."""

import random

import pytest
from doors import Browser
from steps import quick
from test_concurrency import at_once
from test_intake_door import HOME, patch, send

from app import worker
from app.db import db
from app.records.intake import IntakePage
from app.regulation.incoming import intake as incoming
from app.web.moment import now
from tests.regulation.test_intake_articles import Desk, leaf, stack


@pytest.fixture
def desk(world):
    quick(world.app)
    return Desk(world.app)


@pytest.fixture
def clerk(desk):
    return Browser(desk.app, "stc", "vanthu")


def put(desk, clerk, data, name, key):
    send(clerk, data, name, piece=4_000_000, key=key * 64)
    worker.run_due(desk.app)


def board(clerk):
    """Of each pile its pages as the clerk sees them, its document and its folder's register."""
    return [([(page["id"], page["turn"], page["dropped"]) for page in pile["pages"]], pile["tied"], pile["register"])
            for pile in clerk.get(f"{HOME}/trang-thai").json["piles"]]


def names(clerk):
    return [pile["pages"][0]["file"] for pile in clerk.get(f"{HOME}/trang-thai").json["piles"]]


def do(clerk, **move):
    answer = clerk.send(f"{HOME}/xep", move)
    assert answer.status_code == 200, answer.json
    return answer.json["undo"]


def some_move(clerk, chance):
    """A move of any kind, of any page or pile."""
    piles = clerk.get(f"{HOME}/trang-thai").json["piles"]
    pile = chance.choice(piles)
    page = chance.choice(pile["pages"])["id"]
    above = piles[piles.index(pile) - 1]["id"]
    return chance.choice([
        {"do": "split", "page": page}, {"do": "join", "pile": pile["id"], "to": above},
        {"do": "turn", "pages": [page], "turn": chance.choice([0, 90, 180, 270])}, {"do": "drop", "pages": [page]},
        {"do": "restore", "pages": [page]}, {"do": "untie", "pile": pile["id"]},
        {"do": "move", "page": page, "pile": chance.choice(piles)["id"], "place": chance.randrange(4)}])


def test_art_6_2_a_a_split_that_was_joined_again_is_taken_back_step_by_step(desk, clerk):
    put(desk, clerk, stack(leaf("một"), leaf("hai"), leaf("ba")), "thư.pdf", "a")
    seen = [board(clerk)]
    pages = [page for page, _, _ in seen[0][0][0]]
    steps = [do(clerk, do="split", page=pages[1])]
    seen.append(board(clerk))
    first, second = (pile["id"] for pile in clerk.get(f"{HOME}/trang-thai").json["piles"])
    steps.append(do(clerk, do="join", pile=second, to=first))
    assert [len(pile[0]) for pile in board(clerk)] == [3]
    for step, there in zip(reversed(steps), reversed(seen), strict=True):
        assert clerk.send(f"{HOME}/hoan-tac", {"move": step}).status_code == 200
        assert board(clerk) == there
        assert clerk.send(f"{HOME}/hoan-tac", {"move": step}).status_code == 200  # the answer was lost: asked again
        assert board(clerk) == there
    assert do(clerk, do="split", page=pages[0]) == ""  # nothing to part, nothing to take back


@pytest.mark.parametrize("seed", range(6))
def test_art_6_2_a_whatever_was_done_is_taken_back_as_it_was(desk, clerk, seed):
    chance = random.Random(seed)
    with desk.clerk() as user:
        document, sheet = incoming.begin_unscanned(user, now(), "once")
        plain = incoming.blank_sheets(user, 1, now())[0].token
    put(desk, clerk, stack(leaf("a"), leaf("b"), sheet.token, leaf("c"), leaf("d"), plain, leaf("e")), "xấp.pdf", "a")
    put(desk, clerk, stack(leaf("f"), leaf("g")), "thư.pdf", "b")
    done = []
    while len(done) < 14:
        was = board(clerk)
        answer = clerk.send(f"{HOME}/xep", some_move(clerk, chance))
        if answer.status_code == 200 and answer.json["undo"]:
            done.append((was, answer.json["undo"]))
    assert [pile[1] for pile in done[0][0]].count("") == 3 and document
    for was, step in reversed(done):
        assert clerk.send(f"{HOME}/hoan-tac", {"move": step}).status_code == 200
        assert board(clerk) == was


def test_art_6_2_a_what_was_changed_elsewhere_since_is_not_written_over(desk, clerk):
    put(desk, clerk, stack(leaf("một"), leaf("hai"), leaf("ba")), "thư.pdf", "a")
    one, two, three = (page for page, _, _ in board(clerk)[0][0])
    step = do(clerk, do="split", page=two)
    do(Browser(desk.app, "stc", "vanthu"), do="turn", pages=[three], turn=90)  # another tab
    lies = board(clerk)
    answer = clerk.send(f"{HOME}/hoan-tac", {"move": step})
    assert answer.status_code == 409 and "đã được xếp lại" in answer.json["message"] and board(clerk) == lies
    step = do(clerk, do="drop", pages=[one])
    for wrong in ("", step[:-2], None, 7):
        assert clerk.send(f"{HOME}/hoan-tac", {"move": wrong}).status_code == 400
    clerk.send(f"{HOME}/xep", {"do": "restore", "pages": [one]})
    registered = clerk.send(f"{HOME}/vao-so", {"pile": clerk.get(f"{HOME}/trang-thai").json["piles"][0]["id"]})
    assert registered.status_code == 200
    assert clerk.send(f"{HOME}/hoan-tac", {"move": step}).status_code == 409
    # it stays a document: its page is no page that waits
    assert [page for pile in board(clerk) for page, _, _ in pile[0]] == [two, three]


def test_s6_a_move_is_taken_back_by_who_made_it_alone(desk, clerk):
    put(desk, clerk, stack(leaf("một"), leaf("hai")), "thư.pdf", "a")
    _, two = (page for page, _, _ in board(clerk)[0][0])
    step = do(clerk, do="split", page=two)
    for stranger, status in (("snv vanthu", 400), ("stc chuyenvien", 403)):
        assert Browser(desk.app, *stranger.split()).send(f"{HOME}/hoan-tac", {"move": step}).status_code == status
    assert len(board(clerk)) == 2


def test_art_6_2_a_files_lie_as_they_were_chosen_whichever_is_ready_first(desk, clerk):
    thick, thin = stack(leaf("một"), leaf("hai")), [stack(leaf(word)) for word in ("x", "y", "z")]
    begun = [clerk.send(f"{HOME}/tai-len", {"key": str(key) * 64, "name": f"{key}.pdf", "size": len(data)}).json["id"]
             for key, data in enumerate([thick, *thin], 1)]
    other = Browser(desk.app, "snv", "vanthu")
    send(other, thin[0], "khác.pdf", piece=4_000_000)  # somebody else meanwhile
    at_once(*[lambda part=part, data=data: patch(Browser(desk.app, "stc", "vanthu"), part, 0, data)
              for part, data in zip(begun[3:1:-1], thin[2:0:-1], strict=True)])
    assert names(clerk) == ["3.pdf", "4.pdf"]
    patch(clerk, begun[0], 0, thick)  # its pages are looked at first
    patch(clerk, begun[1], 0, thin[0][:100])  # the line drops, and it goes on later
    assert names(clerk) == ["3.pdf", "4.pdf"]
    worker.run_due(desk.app)
    assert names(clerk) == ["1.pdf", "3.pdf", "4.pdf"]
    send(clerk, thin[0], "2.pdf", piece=4_000_000, key="2" * 64)
    assert names(clerk) == ["1.pdf", "2.pdf", "3.pdf", "4.pdf"]
    assert names(other) == ["khác.pdf"]


def test_art_6_2_a_no_sheet_makes_a_pile_of_nothing(desk, clerk):
    with desk.clerk() as user:
        one, two, three = (sheet.token for sheet in incoming.blank_sheets(user, 3, now()))
    # both sides of each sheet are scanned, two sheets lie upon each other, one at the end
    put(desk, clerk, stack(one, leaf(), leaf("a"), leaf("b"), two, leaf(), three, leaf(), leaf("c"), one, leaf()),
        "xấp.pdf", "a")
    shown = [[why for _, _, why in pile[0]] for pile in board(clerk)]
    assert shown == [["sheet", "blank", "", ""], ["sheet", "blank", "sheet", "blank", "", "sheet", "blank"]]
    lies = board(clerk)
    a, b, c = (page for pile in lies for page, _, why in pile[0] if not why)
    sheet = lies[0][0][0][0]
    assert do(clerk, do="split", page=a) == do(clerk, do="split", page=sheet) == ""
    second = clerk.get(f"{HOME}/trang-thai").json["piles"][1]["id"]
    steps = [do(clerk, do="move", page=page, pile=second, place=0) for page in (a, b)]
    left = board(clerk)
    assert [[why for _, _, why in pile[0]] for pile in left][0] == ["sheet", "blank"]  # faint writing is looked for
    pile = clerk.get(f"{HOME}/trang-thai").json["piles"][0]["id"]
    steps.append(do(clerk, do="put_away", pile=pile))
    assert board(clerk) == left[1:]
    for step in reversed(steps):
        assert clerk.send(f"{HOME}/hoan-tac", {"move": step}).status_code == 200
    assert board(clerk) == lies
    assert clerk.send(f"{HOME}/xep", {"do": "put_away", "pile": second}).status_code == 409  # it has pages
    with desk.inside():
        assert db.session.get(IntakePage, c) is not None


def test_art_6_2_a_a_sheet_from_which_its_letter_was_taken_is_not_left(desk, clerk):
    with desk.clerk() as user:
        token = incoming.blank_sheets(user, 1, now())[0].token
    put(desk, clerk, stack(leaf("a"), token, leaf("b")), "xấp.pdf", "a")
    was = board(clerk)
    first, _ = clerk.get(f"{HOME}/trang-thai").json["piles"]
    step = do(clerk, do="move", page=was[1][0][1][0], pile=first["id"], place=1)
    assert [len(pile[0]) for pile in board(clerk)] == [2]
    clerk.send(f"{HOME}/hoan-tac", {"move": step})
    assert board(clerk) == was
