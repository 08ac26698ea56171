"""What was said in a voice message, written down: a port, and the interface most speech services offer.

Source of the interface: platform.openai.com/docs/api-reference/audio/createTranscription; whisper.cpp, faster-whisper,
vLLM and LocalAI serve the same one on a machine of the operator's own.
"""

from typing import Protocol

import httpx

from bot.errors import NotHeard

PATIENCE = 20.0
"""Seconds a transcription may take: somebody waits for the answer."""


class Speech(Protocol):
    """Writes down what is said."""

    def transcribe(self, sound: bytes, name: str) -> str:
        """The words of a recording, whose kind its file name tells; raises NotHeard."""
        ...


class SpeechServer:
    """A server with OpenAI's interface, at `url`."""

    def __init__(self, url: str, key: str | None, model: str) -> None:
        self._address = f"{url.rstrip('/')}/v1/audio/transcriptions"
        self._headers = {"authorization": f"Bearer {key}"} if key else {}
        self._fields = {"model": model, "language": "fr", "response_format": "json"}

    def transcribe(self, sound: bytes, name: str) -> str:
        """The words of a recording; raises NotHeard."""
        try:
            answer = httpx.post(
                self._address,
                files={"file": (name, sound)},
                data=self._fields,
                headers=self._headers,
                timeout=PATIENCE,
            )
            answer.raise_for_status()
            return str(answer.json()["text"]).strip()
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise NotHeard(type(error).__name__) from None
