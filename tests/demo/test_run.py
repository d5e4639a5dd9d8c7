"""`bin/demo` keeps its parts running."""

import subprocess
import sys

from app.demo import run


def ended(*arguments: str) -> subprocess.Popen:
    """A part that ends at once."""
    child = subprocess.Popen([sys.executable, "-S", "-c", *(arguments or ("pass",))])
    child.wait()
    child.args = [sys.executable, "-m", "app.cli", *arguments]
    return child


def test_a_part_that_ends_is_started_again_ever_later(monkeypatch, capsys):
    started = []
    monkeypatch.setattr(run, "_start", lambda *arguments: started.append(arguments) or ended("worker"))
    running, waits, at = [ended("worker")], {}, []
    for tenth in range(400):
        before = len(started)
        run.revive(running, waits, tenth / 10)
        at += [tenth / 10] * (len(started) - before)
    assert set(started) == {("worker",)}
    pauses = [round(b - a) for a, b in zip([0.0, *at], at, strict=False)]
    assert pauses[:5] == [1, 2, 4, 8, 8]
    assert "worker has ended" in capsys.readouterr().err


def test_a_part_that_runs_is_left_alone(monkeypatch):
    monkeypatch.setattr(run, "_start", None)
    child = subprocess.Popen([sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE)
    try:
        running = [child]
        run.revive(running, {}, 0.0)
        assert running == [child]
    finally:
        child.kill()
        child.wait()
