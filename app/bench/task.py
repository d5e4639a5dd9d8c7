"""Completing a task over HTTP: time for one client and for eight, statements and commits per completion.

The anchor is an empty page plus the engine's step on the same instance, in the same run.
"""

import threading
from statistics import median
from time import perf_counter
from typing import Any
from uuid import uuid4

import httpx
from sqlalchemy import event

from app.bench.report import figure, interleaved, milliseconds, report
from app.bench.world import BenchWorld, again, drafts_at_review, logged_in, served, world
from app.db import db
from app.engine import spiff
from app.engine.instance import Instance
from app.engine.task import Task

VALUES = {"decision": "accept", "opinion": "Đồng ý trình lãnh đạo."}


class _Quiet:
    def step(self, element: str, occurrence: int, name: str, arguments: dict, data: dict) -> dict:
        """Every step is done at once."""
        return {}


def run(rounds: int = 40) -> dict[str, Any]:
    """Figures of one run; `rounds` completions by one client, as many again by eight."""
    with world() as made:
        ids = drafts_at_review(made, rounds * 2 + 8)
        counted = _count(made, ids.pop())
        with served(made) as address:
            first = logged_in(address, "truongphong")
            clients = [first, *(again(first) for _ in range(7))]
            for client in clients[:2]:
                _complete(client, ids.pop())
            alone = _alone(made, clients[0], ids, rounds)
            rate, p95 = _together(clients, ids, rounds)
    anchor = alone["empty page"] + alone["engine step"]
    net = alone["complete"] - alone["commit"]
    return report("task", [
        figure("complete a task, 1 client, without its commit", "ms", net, anchor=anchor,
               anchor_is="empty page over HTTP + engine step (load, complete, save)", goal="<= 8 x",
               ok=net <= 8 * anchor),
        figure("complete a task, 1 client, p50", "ms", alone["complete"]),
        figure("one commit of one row", "ms", alone["commit"]),
        figure("complete a task, 8 clients", "1/s", rate),
        figure("complete a task, 8 clients, p95", "ms", p95),
        figure("statements per completion", "", counted["statements"], goal="<= 15", ok=counted["statements"] <= 15),
        figure("commits per completion", "", counted["commits"], goal="= 1", ok=counted["commits"] == 1),
    ])


def _complete(client: httpx.Client, task_id: int, version: int = 1) -> None:
    answer = client.post(f"/viec/{task_id}", json={"version": version, "values": VALUES})
    if answer.status_code != 200:
        raise RuntimeError(f"task {task_id}: {answer.status_code} {answer.text[:200]}")


def _alone(made: BenchWorld, client: httpx.Client, ids: list[int], rounds: int) -> dict[str, float]:
    with made.hands.inside():
        row = db.session.get_one(Task, ids[0])
        instance = db.session.get_one(Instance, row.instance_id)
        compiled, state, at = instance.bundle.compiled, instance.state, instance.started_at
        element, occurrence = row.element, row.occurrence

    def step() -> None:
        run_ = spiff.Run.load(compiled, state, seed=uuid4(), act=9, at=at, host=_Quiet())
        run_.complete(element, occurrence, {"decision": "accept"})
        run_.save()

    with made.app.app_context():
        engine = db.engine
    with engine.connect() as connection:
        connection.exec_driver_sql("create table bench_commit (n int)")
        connection.commit()

        def commit() -> None:
            connection.exec_driver_sql("insert into bench_commit values (1)")
            connection.commit()

        return interleaved({"complete": lambda: _complete(client, ids.pop()),
                            "empty page": lambda: client.get("/suc-khoe"), "engine step": step, "commit": commit},
                           rounds)


def _together(clients: list[httpx.Client], ids: list[int], rounds: int) -> tuple[float, float]:
    times: list[float] = []
    shares = [ids[number::len(clients)] for number in range(len(clients))]

    def work(client: httpx.Client, mine: list[int]) -> None:
        times.extend(milliseconds(lambda one=one: _complete(client, one)) for one in mine)

    threads = [threading.Thread(target=work, args=pair) for pair in zip(clients, shares, strict=True)]
    started = perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = perf_counter() - started
    times.sort()
    return len(times) / taken, times[int(len(times) * 0.95)] if times else median([0.0])


def _count(made: BenchWorld, task_id: int) -> dict[str, int]:
    """Statements and commits of one whole request, log-in state included."""
    found = {"statements": 0, "commits": 0}
    client = made.app.test_client()
    made.app.config["WTF_CSRF_ENABLED"] = False
    from app.demo.people import PASSWORD

    client.post("/dang-nhap", data={"coquan": "stc", "username": "truongphong", "password": PASSWORD})
    with made.app.app_context():
        engine = db.engine

    def executed(*_: Any) -> None:
        found["statements"] += 1

    def committed(*_: Any) -> None:
        found["commits"] += 1

    event.listen(engine, "before_cursor_execute", executed)
    event.listen(engine, "commit", committed)
    answer = client.post(f"/viec/{task_id}", json={"version": 1, "values": VALUES})
    event.remove(engine, "before_cursor_execute", executed)
    event.remove(engine, "commit", committed)
    made.app.config["WTF_CSRF_ENABLED"] = True
    if answer.status_code != 200:
        raise RuntimeError(answer.get_data(as_text=True)[:300])
    return found


