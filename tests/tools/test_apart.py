"""S7: a file that hangs or eats memory takes down the process that reads it and nobody else."""

import os
import time

import pytest

from app.refusal import Refusal
from app.tools.apart import Apart, BrokeReader, TookTooLong


def _fill(count):
    return len(bytearray(count))


def _refuse():
    raise Refusal("no", limit=3)


def _die():
    os._exit(1)


def test_s7_a_call_is_made_in_another_process_with_limits():
    apart = Apart(20, 512 * 1024 * 1024)
    try:
        first = apart.run(os.getpid)
        assert first != os.getpid()
        with pytest.raises(BrokeReader):
            apart.run(_fill, 2 * 1024 * 1024 * 1024)
        with pytest.raises(BrokeReader):
            apart.run(_die)
        with pytest.raises(Refusal) as refused:
            apart.run(_refuse)
        assert refused.value.facts == {"limit": 3}
        # the next call is served all the same
        assert apart.run(_fill, 10) == 10
        apart._seconds = 0.3
        with pytest.raises(TookTooLong):
            apart.run(time.sleep, 30)
    finally:
        apart.close()


def _nested(size):
    apart = Apart(20, 2 * 1024 * 1024 * 1024)
    try:
        return apart.run(len, b"x" * size)
    finally:
        apart.close()


def test_s7_within_limits_a_further_process_has_no_wider_ones_and_begins():
    apart = Apart(20, 1024 * 1024 * 1024)
    try:
        assert apart.run(_nested, 10) == 10
    finally:
        apart.close()


def test_s7_nobody_waits_for_what_a_dead_process_does_not_read():
    """More than a pipe holds, to a process that cannot begin."""
    apart = Apart(60, 40 * 1024 * 1024)
    with pytest.raises(BrokeReader):
        apart.run(len, b"x" * 20_000_000)
    apart.close()
