"""All of it, started and ended together."""

import socket
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from tests.demo_channels.page import Page
from tests.demo_channels.service import Service
from tests.demo_channels.world import World
from tests.fake_telegram import FakeTelegram
from tests.fakes.twilio import fake_twilio
from tests.serving import Quick, Serving


@dataclass(frozen=True)
class Demo:
    """A running demonstration. url: of the page."""

    url: str
    world: World


@contextmanager
def demo(port: int = 0, price: float | None = None) -> Iterator[Demo]:
    """Runs until it is left; whatever failed on the way has given back what it took. Raises OSError on a taken port."""
    with socket.create_server(("127.0.0.1", port)):  # before anything slow
        pass
    with ExitStack() as ends:
        folder = Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="allervers-demo-")))
        service = Service(folder)
        twilio = ends.enter_context(fake_twilio(service.public_url, service.site))
        telegram = FakeTelegram()
        ends.callback(telegram.stop)
        ends.callback(service.stop)
        service.prepare()
        world = World(service, twilio, telegram)
        service.start(telegram, twilio)
        world.start()
        ends.callback(world.stop)
        app = Page(world, price).app()
        page = Serving(Quick(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error", lifespan="off")))
        ends.callback(page.stop, at_once=True)
        yield Demo(page.url, world)
