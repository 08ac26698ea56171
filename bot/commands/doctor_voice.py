"""What the doctor asks of the voice: is it set, is it installed, does it speak, and how heavy are its sounds."""

from collections.abc import Iterable

from bot.channels.voice import ENCODER, can_compress, compress, find_voice, languages
from bot.commands.findings import FAILS, MISSING, OK, Finding
from bot.errors import NotSaid
from bot.settings import Settings

SUBJECT = "voice"


def examine(settings: Settings) -> Iterable[Finding]:
    """Everything that keeps answers from being listened to; one line when nobody wants it."""
    if settings.voice_program is None:
        words = (
            "set ALLERVERS_VOICE_PROGRAM to espeak-ng to offer answers as sound (apt-get install espeak-ng opus-tools)"
        )
        yield Finding(SUBJECT, MISSING, words)
        return
    voice = find_voice(settings.voice_program)
    if voice is None:
        cure = "apt-get install espeak-ng, or unset ALLERVERS_VOICE_PROGRAM; no sound is offered meanwhile"
        yield Finding(SUBJECT, FAILS, f"{settings.voice_program} is not installed; {cure}")
        return
    mute: list[str] = []
    for language, named in languages().items():
        try:
            sound = voice.read(named["dot"], language)
        except NotSaid as error:
            mute.append(f"{language} ({error})")
    if mute:
        words = f"{settings.voice_program} does not say {', '.join(mute)}; reinstall espeak-ng and its data"
        yield Finding(SUBJECT, FAILS, words)
        return
    if not can_compress():
        words = f"speaks, in sounds fifteen times too heavy: apt-get install opus-tools ({ENCODER})"
        yield Finding(SUBJECT, MISSING, words)
        return
    try:
        compress(sound)
    except NotSaid as error:
        yield Finding(SUBJECT, FAILS, f"{ENCODER} makes nothing of its sounds ({error}); reinstall opus-tools")
        return
    yield Finding(SUBJECT, OK, f"{settings.voice_program}, in {len(languages())} languages; light sounds by {ENCODER}")
