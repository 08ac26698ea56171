"""Labelling on the terminal: one misunderstood message at a time."""

import re
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

import click

from nlu.adding import add_example
from nlu.misunderstood import Misunderstood, keep, read_misunderstood

DISCARD, QUIT = "d", "q"
_HIDDEN = re.compile(r"<\w+>|…")


def label_all(path: Path, data: Path, intents: Sequence[str]) -> int:
    """Asks about each message; the answered ones leave the file. Gives how many became examples."""
    waiting = read_misunderstood(path)
    added = 0
    while waiting:
        answer = _ask(waiting[0], intents)
        if answer == QUIT:
            break
        if answer != DISCARD:
            add_example(data, answer, _sentence(waiting[0].text))
            added += 1
        waiting = waiting[1:]
        keep(path, waiting)  # at once: what was answered is never asked again
    return added


def _sentence(text: str) -> str:
    """The example to write: the message, in other words where something of it is hidden."""
    if not _HIDDEN.search(text):
        return text
    return str(click.prompt("as anybody might write it"))


def _ask(entry: Misunderstood, intents: Sequence[str]) -> str:
    """An intent, or what to do instead."""
    click.echo(f"\n{entry.text}")
    for number, guess in enumerate(entry.guesses, start=1):
        click.echo(f"  {number} {guess}")
    while True:
        said = click.prompt("number, intent, d to discard, q to quit", default="1").strip()
        if said in (DISCARD, QUIT) or said in intents:
            return str(said)
        if said.isdecimal() and 1 <= int(said) <= len(entry.guesses) and entry.guesses[int(said) - 1] in intents:
            return entry.guesses[int(said) - 1]
        near = [name for name in intents if said in name] or get_close_matches(said, intents, 5)
        click.echo(f"no such intent. {'Near: ' + ', '.join(near) if near else 'Say it as in the training data'}")
