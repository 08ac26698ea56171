"""The voice of this machine: a program that is given the text by its standard input, and may be missing."""

import io
import shutil
import wave
from pathlib import Path

import pytest

from bot.channels import voice
from bot.channels.voice import EspeakNg, Sound, compress, find_voice, languages
from bot.commands.doctor_voice import examine
from bot.errors import NotSaid
from bot.settings import Settings
from bot.sounds import Sounds, Words
from tests.fakes.voice import OPUS, FakeVoice, StandIn, sound_of

SECRET = "péplum; $(reboot)"


def streamed() -> bytes:
    """A WAV as a pipe carries it: its length is not known when it begins."""
    wav = bytearray(sound_of(800))
    wav[4:8] = (0x7FFFF024).to_bytes(4, "little")
    wav[40:44] = (0x7FFFF000).to_bytes(4, "little")
    return bytes(wav)


def test_the_text_goes_by_the_standard_input_alone(tmp_path: Path) -> None:
    program = StandIn(tmp_path, "espeak-ng", streamed())
    sound = EspeakNg(str(program.path)).read(SECRET, "en")
    assert program.given.decode() == SECRET
    assert "péplum" not in program.asked
    assert "-v en-gb" in program.asked
    with wave.open(io.BytesIO(sound.content)) as wav:
        assert (wav.getnframes(), wav.getframerate()) == (800, 8000)
    assert len(sound.content) == len(sound_of(800))


def test_a_language_without_a_voice_is_said_in_french(tmp_path: Path) -> None:
    program = StandIn(tmp_path, "espeak-ng", streamed())
    EspeakNg(str(program.path)).read("Bonjour", "zz")
    assert "-v fr-fr" in program.asked


@pytest.mark.parametrize("answer", [None, b"", b"no sound at all"])
def test_a_program_that_fails_says_nothing_of_the_text(tmp_path: Path, answer: bytes | None) -> None:
    program = StandIn(tmp_path, "espeak-ng", answer)
    with pytest.raises(NotSaid) as raised:
        EspeakNg(str(program.path)).read(SECRET, "fr")
    assert "péplum" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_what_is_not_installed_is_no_voice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_voice(None) is None
    assert find_voice(str(tmp_path / "espeak-ng")) is None
    with pytest.raises(NotSaid):
        EspeakNg(str(tmp_path / "espeak-ng")).read("Bonjour", "fr")
    monkeypatch.setattr(voice, "ENCODER", str(tmp_path / "opusenc"))
    with pytest.raises(NotSaid):
        compress(Sound(b"RIFF", "audio/wav", ".wav"))


def test_a_sound_is_made_once_and_is_light_where_it_can_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spoken_by = FakeVoice()
    sounds = Sounds(spoken_by)
    monkeypatch.setattr(voice, "ENCODER", str(tmp_path / "opusenc"))
    assert sounds.say(Words("Bonjour 👋", "fr"), light=True).media_type == "audio/wav"
    assert sounds.say(Words("Bonjour 👋", "fr"), light=True).suffix == ".wav"
    assert spoken_by.said == [("fr", "Bonjour.")]
    StandIn(tmp_path, "opusenc", OPUS)
    assert sounds.say(Words("Bonjour 👋", "fr"), light=True) == Sound(OPUS, "audio/ogg", ".ogg")
    assert sounds.say(Words("Bonjour 👋", "fr"), light=False).suffix == ".wav"
    with pytest.raises(NotSaid):
        sounds.say(Words("👋", "fr"), light=False)


def found(program: str | None) -> tuple[str, str]:
    """What the doctor says of the voice."""
    (finding,) = examine(Settings.model_validate({"voice_program": program}))
    assert finding.subject == "voice"
    return finding.state, finding.words


def test_the_doctor_says_what_keeps_it_silent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voice, "ENCODER", str(tmp_path / "opusenc"))
    state, words = found(None)
    assert (state, "set ALLERVERS_VOICE_PROGRAM" in words) == ("missing", True)
    state, words = found(str(tmp_path / "espeak-ng"))
    assert (state, "is not installed; apt-get install espeak-ng" in words) == ("fails", True)
    mute = str(StandIn(tmp_path, "mute", None).path)
    state, words = found(mute)
    assert (state, "does not say fr (CalledProcessError), en" in words) == ("fails", True)
    speaks = str(StandIn(tmp_path, "espeak-ng", streamed()).path)
    state, words = found(speaks)
    assert (state, "apt-get install opus-tools" in words) == ("missing", True)
    StandIn(tmp_path, "opusenc", b"")
    assert found(speaks)[0] == "fails"
    StandIn(tmp_path, "opusenc", OPUS)
    state, words = found(speaks)
    assert (state, "in 6 languages" in words) == ("ok", True)


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="no espeak-ng; the cure: apt-get install espeak-ng")
@pytest.mark.parametrize("language", languages())
def test_espeak_ng_itself_speaks_every_language(language: str) -> None:
    spoken_by = find_voice("espeak-ng")
    assert spoken_by is not None
    sound = spoken_by.read("1 2 3 4 5", language)
    with wave.open(io.BytesIO(sound.content)) as wav:
        assert wav.getnframes() / wav.getframerate() > 0.8  # seconds
        assert any(wav.readframes(wav.getnframes()))
    if voice.can_compress():
        light = compress(sound)
        assert light.content.startswith(b"OggS")
        assert len(light.content) * 4 < len(sound.content)
        assert compress(sound) == light
