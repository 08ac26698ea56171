"""What is written, said aloud: a port, and the voice that Debian ships, on this machine and with no network.

What is to be said goes to the programs by their standard input: a command line is read by everybody on the machine.
Sources: espeak-ng(1), opusenc(1).
"""

import io
import shutil
import subprocess
import wave
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple, Protocol

import yaml

from bot.errors import NotSaid
from flows.engine.language import FRENCH

PATIENCE = 10.0
"""Seconds one program may take: somebody waits for the sound."""
ENCODER = "opusenc"
"""Makes a sound fifteen times lighter; without it, sounds leave as WAV."""
WORDS_A_MINUTE = "150"
BITRATE = "24"
"""Kilobits per second: speech stays clear, and a minute weighs 180 kB."""

_ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"}
"""All that the programs see of ours: no key and no token."""


class Sound(NamedTuple):
    """A recording, its media type, and how its file names end."""

    content: bytes
    media_type: str
    suffix: str


class Voice(Protocol):
    """Says texts aloud."""

    def read(self, text: str, language: str) -> Sound:
        """The text as sound, a WAV, in this language (French when it has none); raises NotSaid."""
        ...


class EspeakNg:
    """The program `espeak-ng`, or one that takes the same options."""

    def __init__(self, program: str) -> None:
        self._program = program

    def read(self, text: str, language: str) -> Sound:
        """The text as sound; raises NotSaid."""
        named = languages().get(language) or languages()[FRENCH]
        options = ["-b", "1", "-v", named["voice"], "-s", WORDS_A_MINUTE, "--stdin", "--stdout"]
        return Sound(_measured(_run([self._program, *options], text.encode())), "audio/wav", ".wav")


def find_voice(program: str | None) -> Voice | None:
    """The voice an operator named; None when none is named, or when it is not installed."""
    found = shutil.which(program) if program else None
    return EspeakNg(found) if found else None


def can_compress() -> bool:
    """Whether sounds can be made light."""
    return shutil.which(ENCODER) is not None


def compress(sound: Sound) -> Sound:
    """The same in Opus, which Telegram plays as a voice message; raises NotSaid. `serial`: always the same bytes."""
    program = shutil.which(ENCODER)
    if program is None:
        raise NotSaid(f"no {ENCODER}")
    options = ["--quiet", "--bitrate", BITRATE, "--serial", "1", "-", "-"]
    return Sound(_run([program, *options], sound.content), "audio/ogg", ".ogg")


@cache
def languages() -> Mapping[str, Mapping[str, str]]:
    """By language: the voice that speaks it, and the words that are said but never written."""
    words: Mapping[str, Mapping[str, str]] = yaml.safe_load(Path(__file__).with_name("voice.yml").read_text("utf-8"))
    return words


def _run(command: Sequence[str], given: bytes) -> bytes:
    """What the program makes of what it is given."""
    try:
        done = subprocess.run(  # noqa: S603 - no shell, and nothing of the command comes from outside
            command, input=given, capture_output=True, timeout=PATIENCE, check=True, env=_ENVIRONMENT
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise NotSaid(type(error).__name__) from None
    if not done.stdout:
        raise NotSaid("silence")
    return done.stdout


def _measured(streamed: bytes) -> bytes:
    """The WAV with its length: a program that writes to a pipe cannot go back and say how much it wrote."""
    written = io.BytesIO()
    try:
        with wave.open(io.BytesIO(streamed)) as read, wave.open(written, "wb") as write:
            write.setnchannels(read.getnchannels())
            write.setsampwidth(read.getsampwidth())
            write.setframerate(read.getframerate())
            write.writeframes(read.readframes(read.getnframes()))
    except (wave.Error, EOFError):
        raise NotSaid("no WAV") from None
    return written.getvalue()
