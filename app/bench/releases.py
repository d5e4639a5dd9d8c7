"""A step of one of 10,000 running instances on 50 releases, beside the same on one release, in one database.

The instances are copies of one that waits for its review, made by the database; each is completed by the same act as
over the pages (act.complete_task), in turn from one release and from all. The first step on a release that the
process has not read yet is told apart.
"""

from datetime import UTC, datetime
from itertools import cycle
from statistics import median
from typing import Any

from sqlalchemy import text

from app.bench.report import figure, interleaved, milliseconds, report
from app.bench.world import BenchWorld, drafts_at_review, world
from app.db import db, tenancy
from app.engine import act, diagram
from app.engine.diagram import Release
from app.engine.task import Task

INSTANCES, RELEASES = 10_000, 50
_KEY = "outgoing_electronic"
_COLUMNS = text("select column_name from information_schema.columns where table_name = :name and column_name <> 'id'"
                " and is_generated = 'NEVER' order by ordinal_position")


def run(rounds: int = 150) -> dict[str, Any]:
    """Median milliseconds per completed task, on one release and on all, taken in turn."""
    with world() as made:
        task_id = drafts_at_review(made, 1)[0]
        releases = _releases(made)
        _copies(made, task_id, releases)
        with made.hands.inside():
            by_release = {release: iter(_tasks(release)) for release in releases}
            cold = [milliseconds(lambda r=release: _complete(made, next(by_release[r]))) for release in releases]
            turn = cycle(releases[1:])
            times = interleaved({
                "one": lambda: _complete(made, next(by_release[releases[0]])),
                "all": lambda: _complete(made, next(by_release[next(turn)]))}, min(rounds, INSTANCES // RELEASES - 2))
            kept = len(diagram._bundles)
    return report("releases", [
        figure(f"step with {INSTANCES:,} instances on {RELEASES} releases", "ms", times["all"], anchor=times["one"],
               anchor_is="the same on one release", goal="<= 1.1 x", ok=times["all"] <= 1.1 * times["one"]),
        figure("first step on a release that was not read yet", "ms", median(cold), anchor=times["one"],
               anchor_is="a step on one that was"),
        figure("parsed releases kept", "", kept, goal=f"<= {diagram.MOST_BUNDLES}", ok=kept <= diagram.MOST_BUNDLES)])


def _releases(made: BenchWorld) -> list[int]:
    """Versions of the procedure that differ in a remark."""
    with made.hands.inside():
        drawing = diagram.texts_in_force()[f"bpmn:{_KEY}"]
        for number in range(1, RELEASES):
            diagram.publish(made.hands.agency_id, {f"bpmn:{_KEY}": drawing + f"<!-- {number} -->".encode()},
                            at=datetime.now(UTC), user_id=None, note="đo")
        db.session.commit()
        return list(db.session.scalars(db.select(Release.id).where(Release.key == _KEY).order_by(Release.version)))


def _copies(made: BenchWorld, task_id: int, releases: list[int]) -> None:
    """Documents, instances and tasks like the first, spread over the releases."""
    with made.app.app_context(), tenancy.as_owner():
        row = db.session.get_one(Task, task_id)
        document_id, instance_id = row.document_id, row.instance_id
        first = {name: db.session.scalar(text(f"select coalesce(max(id), 0) from {name}"))
                 for name in ("document", "instance", "task")}
        given = {"n": INSTANCES, "releases": releases, "count": len(releases)}
        _insert("document", document_id, "id, ", ":base + n, ", {}, {**given, "base": first["document"]})
        _insert("instance", instance_id, "id, ", ":base + n, ", {
            "document_id": f"{first['document']} + n", "seed": "gen_random_uuid()",
            "release_id": "(cast(:releases as integer[]))[1 + n % :count]"}, {**given, "base": first["instance"]})
        _insert("task", task_id, "id, ", ":base + n, ", {
            "document_id": f"{first['document']} + n", "instance_id": f"{first['instance']} + n"},
            {**given, "base": first["task"]})
        _insert("milestone", document_id, "", "", {"document_id": f"{first['document']} + n"}, given, by="document_id")
        for name, base in first.items():
            db.session.execute(text(f"select setval(pg_get_serial_sequence('{name}', 'id'), {base + INSTANCES})"))
        db.session.commit()
        db.session.execute(text("analyze"))
        db.session.commit()
        db.session.remove()


def _insert(table: str, like: int, into: str, ids: str, other: dict[str, str], given: dict[str, Any], *,
            by: str = "id") -> None:
    names = list(db.session.scalars(_COLUMNS, {"name": table}))
    values = ", ".join(other.get(name, f'"{name}"') for name in names)
    columns = ", ".join(f'"{name}"' for name in names)
    known = {name: value for name, value in given.items() if f":{name}" in ids + values or name == "n"}
    db.session.execute(text(f"insert into {table} ({into}{columns}) select {ids}{values} "
                            f"from {table}, generate_series(1, :n) n where {by} = {like}"), known)


def _tasks(release: int) -> list[int]:
    return list(db.session.scalars(text(
        "select t.id from task t join instance i on i.id = t.instance_id where i.release_id = :release"
        " and t.status = 'open' order by t.id"), {"release": release}))


def _complete(made: BenchWorld, task_id: int) -> None:
    head = made.hands.user("truongphong")
    act.complete_task(task_id, head, 1, {"decision": "accept", "opinion": "Đồng ý trình lãnh đạo."})
