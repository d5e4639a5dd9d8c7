"""A function run in a process of its own, within limits of time and memory (security.md S7).

For files that may be hostile: what hangs or eats memory takes down that process and nobody else. The process serves
the calls that follow, too; after a death the next call gets a fresh one; it ends with the process that began it. It
knows no file and no field.
"""

import os
import resource
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, TimeoutError
from concurrent.futures.process import BrokenProcessPool
from functools import cache
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from multiprocessing.util import Finalize
from typing import Any
from weakref import WeakSet

from app.refusal import Refusal

#: within which a pool notices that its process was ended
_SECONDS_TO_END = 2


class TookTooLong(Refusal):
    """Reading the file took longer than allowed."""

    code = "file_took_too_long"
    status = 422
    article = "Art. 2.2"


class BrokeReader(Refusal):
    """Reading the file needed more memory than allowed, or ended the program that read it."""

    code = "file_broke_reader"
    status = 422
    article = "Art. 2.2"


class Apart:
    """One process beside this one; several threads wait for each other; a fork of this one has its own."""

    def __init__(self, seconds: int, memory_bytes: int) -> None:
        """`seconds`: longest call; `memory_bytes`: address space of the process."""
        self._seconds, self._bytes = seconds, memory_bytes
        self._left: list[ProcessPoolExecutor | None] = []
        self._begin()
        _all.add(self)

    def _begin(self) -> None:
        self._pool: ProcessPoolExecutor | None = None
        self._lock = threading.Lock()
        self._ending: Finalize | None = None

    def forked(self) -> None:
        """In a process forked from this one nobody answers for the pool that it inherited: kept untouched, not used."""
        self._left.append(self._pool)
        self._begin()

    def run(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """The function's result; it and its arguments must be picklable.

        Raises what it raises, TookTooLong, BrokeReader.
        """
        with self._lock:
            return self._run(function, *arguments)

    def _run(self, function: Callable[..., Any], *arguments: Any) -> Any:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                1, mp_context=get_context("spawn"), initializer=_limit, initargs=(self._bytes,))
            # a process that was forked itself (a web worker) waits at its end for those it began
            self._ending = self._ending or Finalize(None, self.close, exitpriority=10)
        try:
            return self._pool.submit(function, *arguments).result(self._seconds)
        except TimeoutError:
            self.close()
            raise TookTooLong(seconds=self._seconds) from None
        except (BrokenProcessPool, MemoryError):
            self.close()
            raise BrokeReader from None

    def finish(self) -> None:
        """Let the process end by itself, with what it began in turn; nothing may be running in it."""
        pool, self._pool = self._pool, None
        if pool:
            pool.shutdown(wait=True)

    def close(self) -> None:
        """End the process, at once whatever it does."""
        pool, self._pool = self._pool, None
        if pool:
            for process in list((pool._processes or {}).values()):
                process.kill()
            queue, manager = pool._call_queue, pool._executor_manager_thread
            if manager is not None:
                manager.join(_SECONDS_TO_END)
                # what is still being written nobody will read: Python before 3.11.5 waits for that for ever
                if manager.is_alive() and queue is not None:
                    queue._reader.close()
            pool.shutdown(wait=True, cancel_futures=True)


@cache
def shared(seconds: int, memory_bytes: int) -> Apart:
    """The one for these limits: who builds his tools twice gets no second process."""
    return Apart(seconds, memory_bytes)


def is_apart() -> bool:
    """Whether this process is such a one: what is read here ends nobody else."""
    return _is_apart


def _forked() -> None:
    for one in list(_all):
        one.forked()


_all: WeakSet[Apart] = WeakSet()
_is_apart = False
os.register_at_fork(after_in_child=_forked)


def _limit(memory_bytes: int) -> None:
    global _is_apart
    _is_apart = True
    _, most = resource.getrlimit(resource.RLIMIT_AS)  # of the process that began this one, if it is one apart itself
    memory_bytes = memory_bytes if most == resource.RLIM_INFINITY else min(memory_bytes, most)
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    # no core file of what may be confidential
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    if parent := parent_process():
        wait([parent.sentinel])
        os._exit(1)
