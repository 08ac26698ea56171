"""An application on a real loopback port, in a thread, that is there and gone in milliseconds."""

import asyncio
import threading
import time

import uvicorn

LOOK = 0.002  # seconds between two looks


class Quick(uvicorn.Server):
    """Ends when its connections have: uvicorn itself waits a tenth of a second, hundreds of times in these tests."""

    async def main_loop(self) -> None:
        """Serves until told to stop."""
        while not self.should_exit:
            await asyncio.sleep(LOOK)

    async def shutdown(self, sockets: object = None) -> None:
        """Lets requests in progress end, unless it must be gone at once."""
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        while (self.server_state.connections or self.server_state.tasks) and not self.force_exit:
            await asyncio.sleep(LOOK)
        if not self.force_exit:
            await self.lifespan.shutdown()


class Serving:
    """A server that runs from here on; `port` is where."""

    def __init__(self, server: uvicorn.Server) -> None:
        self.server = server
        self._thread = threading.Thread(target=server.run, daemon=True)
        self._thread.start()
        limit = time.monotonic() + 10
        while not server.started:
            assert time.monotonic() < limit and self._thread.is_alive(), "the server did not start"
            time.sleep(LOOK)
        self.port: int = server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def stop(self, *, at_once: bool = False) -> None:
        """Stops it and gives the port back."""
        self.server.should_exit = True
        self.server.force_exit = at_once
        self._thread.join(10)
        assert not self._thread.is_alive()
