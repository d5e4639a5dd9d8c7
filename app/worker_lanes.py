"""The process that runs jobs: lanes beside each other, so that a partner who hangs holds up nobody else's work.

What waits for a partner (the axis, a mail server, a signature or time-stamp service, who publishes lists of
revocation) has slots of its own; recognition, conversion, limits and all else that people wait for have the others
(Art. 13.3). Jobs of dead workers are given back every few seconds (the library only lists them).
"""

import asyncio
import logging
import signal
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from app.db import queue

log = logging.getLogger(__name__)
#: what needs nobody outside
OWN = ("ocr", "conversion", "answer", "default")
#: what waits for a partner -> slots
OUTSIDE = {"exchange": 2, "mail": 2, "signing": 2, "revocation": 1}


def lanes(queues: list[str] | None, concurrency: int) -> list[tuple[list[str], int]]:
    """(queues, slots) of each lane among the asked queues; None: all."""
    asked = [*OWN, *OUTSIDE] if queues is None else queues
    own = [name for name in asked if name not in OUTSIDE]
    return [*([(own, concurrency)] if own else []), *(([name], OUTSIDE[name]) for name in asked if name in OUTSIDE)]


def serve(url: str, queues: list[str] | None, concurrency: int, stalled_seconds: float) -> None:
    """Run jobs until told to stop."""
    asyncio.run(_serve(url, lanes(queues, concurrency), stalled_seconds))


async def _serve(url: str, found: list[tuple[list[str], int]], stalled_seconds: float) -> None:
    threads = sum(slots for _queues, slots in found)
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(threads + 2))  # else lanes share a few threads
    running = queue.worker_app(queue.libpq(url), lanes=len(found))
    async with running.open_async():
        working = asyncio.create_task(_run(running, found, stalled_seconds))
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, working.cancel)
        await together(working, asyncio.create_task(rescue(running, stalled_seconds)))


async def _run(running: Any, found: list[tuple[list[str], int]], stalled_seconds: float) -> None:
    """All lanes; told to stop, each finishes what it does; the end of one by itself ends all, with an error."""
    async def lane(queues: list[str], slots: int) -> None:
        await running.run_worker_async(
            queues=queues, concurrency=slots, install_signal_handlers=False, delete_jobs="successful",
            listen_notify=True, fetch_job_polling_interval=2, update_heartbeat_interval=stalled_seconds / 3,
            stalled_worker_timeout=stalled_seconds)
        raise RuntimeError("a lane has ended")

    async with asyncio.TaskGroup() as group:
        for queues, slots in found:
            group.create_task(lane(queues, slots))


async def together(worker: asyncio.Task, rescue: asyncio.Task) -> None:
    """Until the worker is told to stop; the end of either by itself ends both, with an error."""
    ended, _ = await asyncio.wait({worker, rescue}, return_when=asyncio.FIRST_COMPLETED)
    for task in (rescue, worker):
        task.cancel()
    await asyncio.wait({worker, rescue})
    if ended == {worker} and worker.cancelled():
        log.info("worker stops")
        return
    raise RuntimeError("a part of the worker has ended") from next(
        (task.exception() for task in ended if not task.cancelled()), None)


async def rescue(running: Any, stalled_seconds: float) -> None:
    """Give back the jobs of dead workers, also after the database was away."""
    while True:
        try:
            if found := await queue.put_back_stalled(running, stalled_seconds):
                log.warning("%s jobs of dead workers given back", found)
        except queue.AWAY as error:
            log.warning("jobs of dead workers cannot be looked for: %s", type(error).__name__)
        await asyncio.sleep(stalled_seconds / 3)
