"""Art. 3.3, 6.3: one file has one verdict: as it was judged at arrival, on its pages, as JSON, by command."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from html import unescape

import pytest
import signing_world
from doors import Browser
from steps import Office, arrived, quick, send

from app.demo.people import PIN

OFFICE, NAME = "Văn phòng Ủy ban nhân dân tỉnh Lào Cai", "Nguyễn Minh Quang"
KEYS = (("person:vpubnd.lanhdao", "leader"), ("agency:H38.01", "agency"))
#: what was done to a letter -> (which keys sign it, how lasting, what comes after, verdict)
FILES = {
    "valid": (KEYS, "B-LT", bytes, "3.3.b"), "note": (KEYS, "B-LT", signing_world.with_note, "invalid"),
    "leader alone": (KEYS[:1], "B-LT", bytes, "incomplete")}


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


def made(signer, name):
    keys, level, after, _ = FILES[name]
    found = signing_world.make_letter([[(90, 700, f"Báo cáo {name}"), (370, 400, "CHÁNH VĂN PHÒNG"), (370, 310, NAME)]])
    for key, kind in keys:
        state = signer.prepare(found, key=key, kind=kind, reason="", at=datetime.now(UTC),
                               label={"signer_name": NAME, "agency": OFFICE})
        value = signer.sign_digest(key, PIN, state["attributes"])
        found = signer.embed(state["prepared"], state, value, signer.prove(state, value, level))
    return after(found)


@pytest.mark.parametrize("name", FILES)
def test_art_3_3_page_json_and_command_say_the_same_of_one_file(stc, world, tmp_path, name):
    file = tmp_path / "a.pdf"
    file.write_bytes(made(stc.app.extensions["tools"].signer, name))
    send(stc.app, file.read_bytes())
    clerk, found = Browser(stc.app, "stc", "vanthu"), f"/van-ban/{arrived(stc)}"
    kept = json.loads(clerk.get(f"{found}/chu-ky.json").text)
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", "signature", "verify", str(file), "--agency", "stc", "--sender", "H38.01",
         "--signer", NAME, "--json"], capture_output=True, text=True, check=True,
        env=os.environ | {"QLVB_DATA": str(world.config.data), "DATABASE_URL": world.config.database_url})
    told = json.loads(done.stdout)
    assert told["verdict"] == FILES[name][3]
    for key in ("verdict", "handling", "reasons", "signatures"):
        assert told[key] == kept[key], key
    for page in (found, f"{found}/chu-ky"):
        shown = " ".join(unescape(clerk.get(page).text).split())
        assert f"Điều {told['handling']}" in shown and all(one["message"] in shown for one in told["reasons"]), page
