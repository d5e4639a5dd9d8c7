"""What a bench has started ends with it, whatever happens."""

import signal
import subprocess
import sys

from app.bench.world import stop

DEAF = """
import signal, subprocess, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen(["sleep", "600"])
print("up", flush=True)
time.sleep(600)
"""


def test_a_server_that_does_not_end_when_asked_is_killed_with_what_it_started() -> None:
    child = subprocess.Popen([sys.executable, "-c", DEAF], stdout=subprocess.PIPE, start_new_session=True)
    assert child.stdout is not None and child.stdout.readline() == b"up\n"
    stop(child, 0.1)
    assert child.returncode == -signal.SIGKILL
    assert child.stdout.read() == b""  # closed by the last that held it
