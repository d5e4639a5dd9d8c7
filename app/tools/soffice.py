"""LibreOffice as a caged program that stays warm between two files (security.md S7).

It waits with an empty page; each file is handed to it by a second call of the program, which passes its
request over a socket and waits (0.2 s instead of 2 s). Everything runs without network, as a user of its own
when started by root, with limits on memory and file size, with a profile without macros, links and Java, and
is killed as a group. Which files it may see is not decided here (media.py), nor when it starts (conversion.py).
"""

import hashlib
import json
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from functools import cache
from pathlib import Path

from app.refusal import Refusal

#: conversions after which the program is started afresh
CONVERSIONS_PER_OFFICE = 50
#: longest start of the program, seconds
START_SECONDS = 30
#: most memory (address space) of the program, and largest file it may write, bytes
MEMORY_BYTES = 2 * 1024**3
FILE_BYTES = 200 * 1024 * 1024
#: the user to become when started by root. It must be one with a name: without, LibreOffice opens its socket
#: to every user of the machine
SERVANT = "nobody"
#: what a person may have filled in becomes plain page content, so that a signature covers it as it is seen; PDF/A-2b:
#: fonts and colours within, nothing that runs, to be read the same in many years
_FILTER = "pdf:writer_pdf_Export:" + json.dumps({
    "ExportFormFields": {"type": "boolean", "value": "false"}, "SelectPdfVersion": {"type": "long", "value": "2"}})

# Kills its whole group when the program ends, and when the process that started it is gone (the end of its
# input): a killed worker leaves no LibreOffice behind
_KEEPER = 'exec 3<&0; { read -r _ <&3; kill -KILL 0; } & exec 3<&- </dev/null; "$@"; kill -KILL 0'

_SETTINGS = (
    ("Office.Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("Office.Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("Office.Common/Security/Scripting", "DisableActiveContent", "true"),
    ("Office.Writer/Content/Update", "Link", "2"),
    ("Office.Recovery/RecoveryInfo", "Enabled", "false"),
    ("Office.Recovery/AutoSave", "Enabled", "false"),
    ("Office.Java/VirtualMachine", "Enable", "false"),
    ("Office.Common/Misc", "FirstRun", "false"),
    ("Inet/Settings", "ooInetProxyType", "2"),
    ("Inet/Settings", "ooInetHTTPProxyName", "127.0.0.1"),
    ("Inet/Settings", "ooInetHTTPProxyPort", "9"),
    ("Inet/Settings", "ooInetHTTPSProxyName", "127.0.0.1"),
    ("Inet/Settings", "ooInetHTTPSProxyPort", "9"),
)


class ConversionMissing(Refusal):
    """LibreOffice Writer is not installed or does not start."""

    code, status = "conversion_missing", 503


class ConversionTimeout(Refusal):
    """The conversion took longer than the limit."""

    code, article = "conversion_timeout", "Art. 9.1.b"


class ConversionFailed(Refusal):
    """LibreOffice could not read the file."""

    code, article = "conversion_failed", "Art. 9.1.b"


class Office:
    """One running LibreOffice with its folder: a profile and, for the time of a conversion, one job.

    One conversion at a time. `owner`: the process that started it; a forked child leaves it alone.
    """

    def __init__(self) -> None:
        self.program = shutil.which("soffice")
        if not self.program:
            raise ConversionMissing()
        self.owner, self.converted = os.getpid(), 0
        servant = pwd.getpwnam(SERVANT) if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        self.uid, self.gid = servant.pw_uid, servant.pw_gid
        _sweep()
        self.folder = Path(tempfile.mkdtemp(prefix=f"qlvb-conversion-{self.owner}-"))
        self.process: subprocess.Popen | None = None
        try:
            self._lay_out()
            self._make_profile()
            self.process = self._start("private:factory/swriter")
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise

    def convert(self, data: bytes, extension: str, seconds: int) -> bytes:
        """The PDF. Raises ConversionTimeout, ConversionFailed; the caller decides whether the program lives on."""
        self.converted += 1
        job = Path(tempfile.mkdtemp(prefix="job-", dir=self.folder))
        try:
            self._share(job)
            source = job / f"in.{extension}"
            source.write_bytes(data)
            source.chmod(0o640)
            self._give(source, uid=0)
            out = self._own_folder(job / "out")
            self._ask(seconds, "--convert-to", _FILTER, "--outdir", str(out), str(source))
            return _read_pdf(out / "in.pdf")
        finally:
            shutil.rmtree(job, ignore_errors=True)

    def is_alive(self) -> bool:
        """Whether the program runs."""
        return self.process is not None and self.process.poll() is None

    def is_spent(self) -> bool:
        """Whether the next file should get a fresh one."""
        return not self.is_alive() or self.converted >= CONVERSIONS_PER_OFFICE

    def stop(self) -> None:
        """Kill it and remove its folder and socket."""
        if self.process:
            _kill(self.process)
        for socket in self._sockets():
            socket.unlink(missing_ok=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _lay_out(self) -> None:
        self._share(self.folder)
        user = self._own_folder(self.folder / "home")
        for name in ("profile", "user"):
            user = self._own_folder(user / name)
        settings = user / "registrymodifications.xcu"
        settings.write_text(_profile_settings())
        self._give(settings)

    def _make_profile(self) -> None:
        """A first run that ends by itself: with a new profile the program starts itself again in the middle."""
        first = self._start("--terminate_after_init")
        try:
            first.wait(START_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise ConversionMissing("LibreOffice did not start") from error
        finally:
            _kill(first)

    def _ask(self, seconds: int, *request: str) -> None:
        """Pass a request to the running program and wait until it is done.

        Were the program gone, the second call would take its place and never end.
        """
        client, deadline = self._start(*request), time.monotonic() + seconds
        try:
            while client.poll() is None:
                if not self.is_alive():
                    raise ConversionFailed("LibreOffice ended before its work was done")
                if time.monotonic() > deadline:
                    raise ConversionTimeout(seconds=seconds)
                time.sleep(0.01)
        finally:
            _kill(client)

    def _start(self, *arguments: str) -> subprocess.Popen:
        home = self.folder / "home"
        command = [*_cage(self.uid, self.gid), "sh", "-c", _KEEPER, "sh", self.program or "",
                   f"-env:UserInstallation={_profile_url(self.folder)}", "--headless", "--norestore", "--nodefault",
                   "--nologo", "--nolockcheck", "--nofirststartwizard", *arguments]
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(home), "TMPDIR": str(home), "LC_ALL": "C.UTF-8",
                       "SAL_USE_VCLPLUGIN": "svp", "http_proxy": "http://127.0.0.1:9",
                       "https_proxy": "http://127.0.0.1:9"}
        return subprocess.Popen(command, cwd="/", env=environment, start_new_session=True, bufsize=0,
                                stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not any(socket.is_socket() for socket in self._sockets()):
            if not self.is_alive() or time.monotonic() > deadline:
                raise ConversionMissing("LibreOffice did not start")
            time.sleep(0.05)
        # with no page open the program would end after the first conversion; it listens before it opens one
        self._ask(START_SECONDS, "private:factory/swriter")

    def _sockets(self) -> list[Path]:
        return _listening(self.folder, str(self.uid))

    def _share(self, folder: Path) -> None:
        """Ours; the caged program may pass and read, and change nothing."""
        folder.chmod(0o750)
        self._give(folder, uid=os.geteuid())

    def _own_folder(self, folder: Path) -> Path:
        folder.mkdir(mode=0o700)
        self._give(folder)
        return folder

    def _give(self, place: Path, uid: int | None = None) -> None:
        if os.geteuid() == 0:
            os.chown(place, self.uid if uid is None else uid, self.gid)


def _cage(uid: int, gid: int) -> list[str]:
    """The command in front of every command: no network where the system permits, no rights, limits."""
    if os.geteuid() == 0:
        drop = ["setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups", "--no-new-privs"]
        fences = (["unshare", "--net"], [])
    else:
        drop = ["setpriv", "--no-new-privs"]
        fences = (["unshare", "--net", "--map-current-user"], ["unshare", "--net", "--map-root-user"], [])
    limits = ["prlimit", f"--as={MEMORY_BYTES}", f"--fsize={FILE_BYTES}", "--core=0"]
    return [*next(fence for fence in fences if _is_permitted(tuple(fence))), *drop, *limits]


@cache
def _is_permitted(fence: tuple[str, ...]) -> bool:
    """Whether this system lets us cut off the network in that way; no fence at all always is."""
    return not fence or subprocess.run([*fence, "true"], capture_output=True, check=False).returncode == 0


def _profile_url(folder: Path) -> str:
    return (folder / "home" / "profile").as_uri()


def _listening(folder: Path, uid: str) -> list[Path]:
    """The sockets of the program with that folder: their name is made of the user and the profile's address."""
    digest = hashlib.md5(_profile_url(folder).encode("utf-16-le"), usedforsecurity=False).digest()
    name = f"OSL_PIPE_{uid}_SingleOfficeIPC_" + "".join(f"{byte:x}" for byte in digest)  # unpadded
    return [found for place in ("/tmp", "/var/tmp") for found in Path(place).glob(name)]


def _kill(process: subprocess.Popen) -> None:
    """Kill the whole group and take its leader off the process table."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()
    if process.stdin:
        process.stdin.close()


def _sweep() -> None:
    """Remove the folders of converters whose process is gone."""
    for folder in Path(tempfile.gettempdir()).glob("qlvb-conversion-*-*"):
        owner = folder.name.split("-")[2]
        if owner.isdigit() and not Path("/proc", owner).exists() and os.access(folder, os.W_OK):
            for socket in _listening(folder, "*"):
                socket.unlink(missing_ok=True)
            shutil.rmtree(folder, ignore_errors=True)


def _read_pdf(place: Path) -> bytes:
    """The result; the caged program wrote it, so no link is followed."""
    try:
        descriptor = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise ConversionFailed() from error
    with os.fdopen(descriptor, "rb") as stream:
        pdf = stream.read(FILE_BYTES + 1)
    if not pdf.startswith(b"%PDF-") or b"%%EOF" not in pdf[-1024:]:
        raise ConversionFailed()
    return pdf


def _profile_settings() -> str:
    items = "".join(
        f'<item oor:path="/org.openoffice.{path}"><prop oor:name="{name}" oor:op="fuse">'
        f"<value>{value}</value></prop></item>"
        for path, name, value in _SETTINGS
    )
    return ('<?xml version="1.0" encoding="UTF-8"?>'
            f'<oor:items xmlns:oor="http://openoffice.org/2001/registry">{items}</oor:items>')
