"""`bin/qlvb bench history` does what it says, on sizes of a second: its figures are there, and its copies are whole."""

from steps import quick

from app.bench import history
from app.bench.world import BenchWorld
from app.demo.hand import Hands


def test_art_10_3_the_figures_of_history_are_measured_on_histories_that_verify(world):
    quick(world.app)
    made = BenchWorld(world.app, world.config, Hands(world.app, "stc"))
    sizes = history.Sizes(acts=200, writers=2, each=30, documents=2, rounds=1, page_acts=0, bundle_bytes=1000)
    found = history.measured(made, sizes)
    names = " | ".join(one["name"] for one in found["figures"])
    for words in ("acts written by 2 processes", "replay of a finished", "history kept", "verify", "memory", "bundle"):
        assert words in names
    assert all(one["ours"] > 0 for one in found["figures"])
    kept, = [one for one in found["figures"] if one["name"].startswith("history kept of a finished")]
    assert kept["ok"] and kept["ours"] <= 12 * 1024, "a count of bytes, not of time"
    assert found["bench"] == "history" and found["machine"]["cores"]
