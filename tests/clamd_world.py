"""A real clamd on a socket of its own, with one signature: that of the test file which carries nothing (EICAR)."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CLAMD = shutil.which("clamd") or "/usr/sbin/clamd"
#: in two pieces: no scanner of the machine shall take this source away
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}" + b"$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
_CONF = """
LocalSocket {folder}/clamd.sock
DatabaseDirectory {folder}/signatures
TemporaryDirectory {folder}
Foreground yes
StreamMaxLength 1M
"""


@contextmanager
def clamd(folder: Path) -> Iterator[str]:
    """Its address, until the block ends."""
    (folder / "signatures").mkdir(parents=True)
    (folder / "signatures" / "test.ndb").write_text(f"Test:0:*:{EICAR.hex()}\n")
    (folder / "clamd.conf").write_text(_CONF.format(folder=folder))
    running = subprocess.Popen([CLAMD, "--config-file", str(folder / "clamd.conf")], stdout=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 30
        while not (folder / "clamd.sock").exists():
            assert running.poll() is None and time.monotonic() < until, "clamd does not start"
            time.sleep(0.1)
        yield str(folder / "clamd.sock")
    finally:
        running.terminate()
        running.wait(20)
