"""The pretended signing services of the demo, running on a free port: at the signer's computer, and remote (CSC)."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web

from app.demo.signing_service import Service

TOKEN = "thẻ-vào".encode().hex()


@contextmanager
def running(folder, pin, port=0) -> Iterator[Service]:
    """The services over a folder of keys; `.port` is where."""
    service, loop, is_up = Service(folder, pin, TOKEN), asyncio.new_event_loop(), threading.Event()
    runner = web.AppRunner(service.app(), shutdown_timeout=1)

    async def begin():
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        service.port = site._server.sockets[0].getsockname()[1]
        is_up.set()

    def work():
        loop.run_until_complete(begin())
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    assert is_up.wait(10)
    yield service
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)
