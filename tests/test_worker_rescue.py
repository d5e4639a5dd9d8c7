"""The worker outlives its database, and none of its parts ends unseen."""

import asyncio

import psycopg
import pytest

from app import clock, worker, worker_lanes
from app.db import queue


def test_jobs_of_dead_workers_are_given_back_after_the_database_was_away(monkeypatch):
    looks = []

    async def put_back(running, silent_seconds):
        looks.append(1)
        if len(looks) == 1:
            raise psycopg.OperationalError("away")
        return 0

    async def look() -> None:
        rescue = asyncio.create_task(worker_lanes.rescue(None, 0))
        while len(looks) < 3 and not rescue.done():
            await asyncio.sleep(0)
        rescue.cancel()
        await asyncio.wait({rescue})

    monkeypatch.setattr(queue, "put_back_stalled", put_back)
    asyncio.run(look())
    assert len(looks) >= 3


def test_what_the_clock_asked_for_again_goes_on_after_its_worker_has_died(world):
    url = queue.libpq(world.config.database_url)

    async def rescue() -> int:
        running = queue.worker_app(url)
        async with running.open_async():
            return await queue.put_back_stalled(running, 3)

    def die() -> None:
        """A worker takes what waits, and gives no sign any more."""
        with psycopg.connect(url) as connection:
            connection.execute("with dead as (insert into procrastinate_workers (last_heartbeat) values "
                               "(now() - interval '1 minute') returning id) update procrastinate_jobs set "
                               "status = 'doing', worker_id = dead.id from dead where status = 'todo'")

    offices = clock.tick(world.app, "fetch", "exchange")
    die()
    assert clock.tick(world.app, "fetch", "exchange") == offices  # behind the lock of those that died
    assert asyncio.run(rescue()) == offices == queue.waiting(url)
    die()
    assert asyncio.run(rescue()) == offices == queue.waiting(url)
    worker.run_due(world.app)
    assert queue.waiting(url) == 0


async def _ends(error: Exception | None) -> None:
    if error:
        raise error


@pytest.mark.parametrize("who", ["worker", "rescue"])
@pytest.mark.parametrize("error", [None, ZeroDivisionError()])
def test_the_end_of_one_part_ends_the_worker_with_an_error(who, error):
    async def run() -> None:
        short, long = asyncio.create_task(_ends(error)), asyncio.create_task(asyncio.sleep(60))
        await (worker_lanes.together(short, long) if who == "worker" else worker_lanes.together(long, short))

    with pytest.raises(RuntimeError) as raised:
        asyncio.run(run())
    assert raised.value.__cause__ is error


def test_told_to_stop_it_ends_without_an_error():
    async def run() -> None:
        working, rescue = asyncio.create_task(asyncio.sleep(60)), asyncio.create_task(asyncio.sleep(60))
        asyncio.get_running_loop().call_soon(working.cancel)
        await worker_lanes.together(working, rescue)
        assert rescue.cancelled()

    asyncio.run(run())
