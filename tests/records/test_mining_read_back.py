"""The logs are read by a program for process mining that is not ours: pm4py, in an environment of its own.

It is made once from its own hashed lock and kept under var/; the product never sees it.
"""

import fcntl
import hashlib
import io
import json
import os
import subprocess
import sys
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

from app.records import mining
from app.records.mining import Asked
from tests.steps import Office, quick

DATA = Path(__file__).parents[1] / "data" / "mining"
CACHE = Path(__file__).parents[2] / "var"


def environment() -> Path:
    """The interpreter of the environment with pm4py."""
    lock = DATA / "requirements.lock"
    version = f"{sys.version_info.major}{sys.version_info.minor}"
    folder = CACHE / f"mining-{version}-{hashlib.sha256(lock.read_bytes()).hexdigest()[:12]}"
    CACHE.mkdir(exist_ok=True)
    with open(CACHE / "mining.lock", "w", encoding="utf-8") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not (folder / "made").exists():
            subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
            subprocess.run([folder / "bin" / "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check",
                            "--require-hashes", "--no-deps", "--no-compile", "-r", lock], check=True)
            (folder / "made").touch()
    return folder / "bin" / "python"


def test_art_10_3_pm4py_reads_what_was_written(world: Any, tmp_path: Path) -> None:
    quick(world.app)
    office = Office(world.app)
    office.verify(office.take_in())
    office.draft(office.begin())
    written = {kind: io.BytesIO() for kind in ("xes", "ocel")}
    with office.inside():
        events = list(mining.events(Asked()))
        for kind, target in written.items():
            mining.write(kind, iter(events), target)
    for kind, target in written.items():
        (tmp_path / f"log.{kind}").write_bytes(target.getvalue())
    ran = subprocess.run([environment(), "-I", DATA / "read_back.py", tmp_path / "log.xes", tmp_path / "log.ocel"],
                         capture_output=True, text=True, check=False, cwd=tmp_path,
                         env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
    assert ran.returncode == 0, ran.stderr
    read = json.loads(ran.stdout.strip().splitlines()[-1])
    ours = json.loads(written["ocel"].getvalue())
    assert read["traces"] == [list(pair) for pair in sorted(Counter(
        f"document:{event.document_id}" for event in events).items())]
    assert read["activities"] == read["types"] == sorted({event.activity for event in events})
    assert read["resources"] == sorted({event.resource for event in events})
    assert datetime.fromisoformat(read["first"]) == min(event.at for event in events)
    assert read["events"] == len(events) == len(ours["events"]) > 4
    assert read["objects"] == dict(Counter(one["type"] for one in ours["objects"]))
    assert read["relations"] == sum(len(event["relationships"]) for event in ours["events"])
    assert read["qualifiers"] == ["by", "document", "file", "under"]
