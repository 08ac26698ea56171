"""Texts as they are compared: lower case, no accents, punctuation as single spaces."""

import unicodedata


def fold(text: str) -> str:
    """The words of a text without what people leave out when they type."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(char if char.isalnum() else " " for char in plain if not unicodedata.combining(char))
    return " ".join(letters.split())
