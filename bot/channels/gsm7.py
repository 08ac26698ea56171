"""Text for handsets: the GSM 03.38 alphabet, folding towards it, and what a text costs in segments.

Source: 3GPP TS 23.038 (alphabet) and TS 23.040 (concatenation: 153 septets or 67 UTF-16 units a part).
"""

import unicodedata
from typing import NamedTuple

_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = "^{}\\[~]|€\f"
SEPTETS = {**dict.fromkeys(_BASIC, 1), **dict.fromkeys(_EXTENDED, 2)}

# What reads the same without costing twice the price.
_REPLACEMENTS = str.maketrans(
    {
        "’": "'", "‘": "'", "ʼ": "'", "“": '"', "”": '"', "«": '"', "»": '"', "–": "-", "—": "-", "−": "-", "‑": "-",
        "…": "...", "•": "-", "·": ".", "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u200b": "", "\ufeff": "",
        "œ": "oe", "Œ": "OE", "ç": "c", "×": "x", "°": "o", "→": "->", "\t": " ", "\r": "",
    }
)  # fmt: skip


class Cost(NamedTuple):
    """What a text costs: alphabet ("GSM-7" or "UCS-2"), units in it, and segments."""

    alphabet: str
    units: int
    segments: int


def fold(text: str) -> str:
    """The text in GSM-7 where that loses nothing but an accent; other alphabets stay as they are."""
    text = unicodedata.normalize("NFC", text).translate(_REPLACEMENTS).replace('" ', '"', 0)
    return "".join(char if char in SEPTETS else _unaccented(char) for char in text)


def _unaccented(char: str) -> str:
    plain = "".join(part for part in unicodedata.normalize("NFKD", char) if not unicodedata.combining(part))
    return plain if plain and all(part in SEPTETS for part in plain) else char


def cost(text: str) -> Cost:
    """Alphabet, units and segments of a text as it is, unfolded."""
    if all(char in SEPTETS for char in text):
        widths = [SEPTETS[char] for char in text]
        return Cost("GSM-7", sum(widths), _segments(widths, 160, 153))
    widths = [len(char.encode("utf-16-le")) // 2 for char in text]
    return Cost("UCS-2", sum(widths), _segments(widths, 70, 67))


def _segments(widths: list[int], single: int, part: int) -> int:
    if sum(widths) <= single:
        return 1 if widths else 0
    count, room = 1, part
    for width in widths:  # a character of two units never straddles two segments
        if width > room:
            count, room = count + 1, part
        room -= width
    return count
