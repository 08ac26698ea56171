"""A voice that says nothing aloud: what it was given is written down."""

import io
import stat
import wave
from pathlib import Path

from bot.channels.voice import Sound
from bot.errors import NotSaid

OPUS = b"OggS-light"


def sound_of(frames: int = 800) -> bytes:
    """Some silence, as a WAV."""
    written = io.BytesIO()
    with wave.open(written, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(8000)
        wav.writeframes(bytes(2 * frames))
    return written.getvalue()


class FakeVoice:
    """A voice in the test's own process, that is silent for some frames. `fails`: it has lost its tongue."""

    def __init__(self, frames: int = 800) -> None:
        self.frames = frames
        self.said: list[tuple[str, str]] = []
        self.fails = False

    def read(self, text: str, language: str) -> Sound:
        """Notes the text."""
        self.said.append((language, text))
        if self.fails:
            raise NotSaid("hoarse")
        return Sound(sound_of(self.frames), "audio/wav", ".wav")


class StandIn:
    """A program of a machine: it keeps what it was asked and given, and answers with `answer`, or fails."""

    def __init__(self, folder: Path, name: str, answer: bytes | None) -> None:
        self.path = folder / name
        self._asked, self._given = folder / f"{name}.asked", folder / f"{name}.given"
        reply = folder / f"{name}.answer"
        reply.write_bytes(answer or b"")
        end = f"cat '{reply}'" if answer is not None else "exit 3"
        self.path.write_text(f"#!/bin/sh\necho \"$@\" >> '{self._asked}'\ncat >> '{self._given}'\n{end}\n")
        self.path.chmod(self.path.stat().st_mode | stat.S_IXUSR)

    @property
    def asked(self) -> str:
        """Its command lines."""
        return self._asked.read_text()

    @property
    def given(self) -> bytes:
        """What came by its standard input."""
        return self._given.read_bytes()
