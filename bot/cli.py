"""The `allervers` command. Subcommands load on demand, so that a small one starts fast."""

import logging
import sys
from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import entry_points

import click

from bot.commands.wiring import Wiring
from bot.errors import BotError
from db.errors import StorageError
from directory.errors import DirectoryError
from flows.engine.errors import FlowsError
from nlu.errors import NluError

COMMANDS: Mapping[str, str] = {
    "chat": "bot.commands.chat:chat",
    "demo": "bot.commands.operate:demo",
    "directory": "bot.commands.directory:directory",
    "doctor": "bot.commands.doctor:doctor",
    "flows": "bot.commands.flows:flows",
    "knowledge": "bot.commands.knowledge:knowledge",
    "migrate": "bot.commands.operate:migrate",
    "nlu": "bot.commands.nlu:nlu",
    "poster": "bot.commands.poster:poster",
    "serve": "bot.commands.operate:serve",
    "stats": "bot.commands.stats:stats",
    "worker": "bot.commands.operate:worker",
}
MORE = "allervers.commands"
"""Entry point group through which other packages add commands."""

KNOWN_ERRORS = (BotError, StorageError, DirectoryError, FlowsError, NluError)


class OnDemand(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Ours and those other packages add."""
        return sorted([*COMMANDS, *(entry.name for entry in entry_points(group=MORE))])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported now."""
        if path := COMMANDS.get(cmd_name):
            module, _, attribute = path.partition(":")
            command: click.Command = getattr(import_module(module), attribute)
            return command
        for entry in entry_points(group=MORE, name=cmd_name):
            added: click.Command = entry.load()
            return added
        return None


@click.group(cls=OnDemand)
@click.pass_context
def allervers(ctx: click.Context) -> None:
    """The assistant that goes to the residents who want to create a business."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    ctx.obj = Wiring()
    ctx.call_on_close(ctx.obj.close)


def main() -> None:
    """Runs the command; what we know how to explain is explained in a line, with exit code 2."""
    try:
        allervers()
    except KNOWN_ERRORS as error:
        click.echo(str(error), err=True)
        sys.exit(2)
