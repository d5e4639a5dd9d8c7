"""Tokens of SoftHSM 2, in one folder for the whole process: the module reads once where they lie."""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import pkcs11
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs12

#: where Debian puts the module
MODULE = next((str(path) for path in Path("/usr/lib").glob("**/libsofthsm2.so")), "")


@cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="qlvb-hsm-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder}/tokens\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")
    return folder


def make(label: str, pin: str, guarded: Path, key_pin: str, name: str) -> None:
    """A token with its PIN set, holding the key of a PKCS#12 file, called `name`."""
    key, _certificate, _chain = pkcs12.load_key_and_certificates(guarded.read_bytes(), key_pin.encode())
    place = _folder() / f"{name}.key"
    _run("--init-token", "--free", "--label", label, "--pin", pin, "--so-pin", "87654321")
    place.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    _run("--import", str(place), "--token", label, "--label", name, "--id", "01", "--pin", pin)
    place.unlink()
    pkcs11.lib(MODULE).reinitialize()  # what was plugged in later is seen


def make_without_pin(label: str) -> None:
    """A token that its maker has not given a PIN of its user yet."""
    _folder()
    call = ("import ctypes, sys; from ctypes import byref, c_ulong as u; m = ctypes.CDLL(sys.argv[1]); n = u(99); "
            "s = (u * 99)(); m.C_Initialize(None); m.C_GetSlotList(0, s, byref(n)); "
            "sys.exit(m.C_InitToken(u(s[n.value - 1]), b'87654321', u(8), sys.argv[2].encode().ljust(32)))")
    subprocess.run([sys.executable, "-c", call, MODULE, label], check=True, timeout=30)
    pkcs11.lib(MODULE).reinitialize()


def _run(*arguments: str) -> None:
    subprocess.run(["softhsm2-util", *arguments], check=True, capture_output=True, timeout=30)
