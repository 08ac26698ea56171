"""Texts as they are compared: those people type by their words, those of ours by a fingerprint."""

import hashlib
import unicodedata


def fold(text: str) -> str:
    """The words of a text without what people leave out when they type: lower case, no accents, single spaces."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(char if char.isalnum() else " " for char in plain if not unicodedata.combining(char))
    return " ".join(letters.split())


def fingerprint(*french: str) -> str:
    """Changes with any of these texts: it is what a translation says it translates."""
    return hashlib.sha256("\n\n".join(french).encode()).hexdigest()[:8]
