"""Text for handsets: the GSM 03.38 alphabet, folding towards it, and what a text costs in segments.

Source: 3GPP TS 23.038 (alphabet) and TS 23.040 (concatenation: 153 septets or 67 UTF-16 units a part).
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = "^{}\\[~]|€\f"
SEPTETS = {**dict.fromkeys(_BASIC, 1), **dict.fromkeys(_EXTENDED, 2)}

# What reads the same without costing twice the price. Accents, letters with a stroke and ligatures need no line here.
_REPLACEMENTS = str.maketrans(
    {
        "’": "'", "‘": "'", "ʼ": "'", "`": "'", "´": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‹": "'",
        "›": "'", "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "−": "-", "…": "...", "•": "-", "·": ".", "×": "x",
        "÷": "/", "⁄": "/", "°": "o", "→": "->", "œ": "oe", "Œ": "OE", "ç": "c", "ı": "i", "ŋ": "n", "Ŋ": "N", "ð": "d",
        "Ð": "D", "þ": "th", "Þ": "Th", "ĸ": "k", "ŉ": "'n", "ſ": "s", "©": "(c)", "®": "(r)", "¢": "c", "¦": "|",
        "¬": "-", "±": "+/-", "µ": "u", "¶": "", "¨": '"', "¯": "-", "¸": ",", "‚": ",", "‛": "'", "‟": '"', "―": "-",
        "‧": ".", "′": "'", "″": '"', "‰": "0/00", "ẞ": "SS", "\u200e": "", "\u200f": "",
        "\t": " ", "\u200b": "", "\u200c": "", "\u2060": "", "\ufeff": "", "\u00ad": "", "\u2028": "\n", "\u2029": "\n",
    }
)  # fmt: skip
_QUOTED = re.compile(r"«\s*|\s*»")
_LINE_ENDS = re.compile(r"\r\n?")
_SPACES = re.compile(r"[^\S\n\r\f]")
_GAPS = re.compile(" {2,}")
_EMOJI = re.compile(
    "[\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff][\ufe0e\ufe0f\u200d\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]*"
    "|\ufe0f?\u20e3"  # the frame of a key: its digit stays
)
_LETTER_WITH = re.compile(r"LATIN (SMALL|CAPITAL) LETTER ([A-Z]) WITH ")


class Cost(NamedTuple):
    """What a text costs: alphabet ("GSM-7" or "UCS-2"), units in it, and segments."""

    alphabet: str
    units: int
    segments: int


def fold(text: str) -> str:
    """The text in GSM-7 where that loses an accent or an emoji at most; other alphabets stay as they are."""
    text = _LINE_ENDS.sub("\n", unicodedata.normalize("NFC", text))
    text = "".join(map(_folded, _QUOTED.sub('"', _without_emoji(text)).translate(_REPLACEMENTS)))
    return _SPACES.sub(" ", text)


def _without_emoji(text: str) -> str:
    """An emoji doubles the price: it goes, unless nothing but emoji was said."""
    bare = _EMOJI.sub("", text)
    if bare == text or not bare.strip():
        return text
    return "\n".join(_GAPS.sub(" ", line).strip(" ") for line in bare.split("\n"))


def _folded(char: str) -> str:
    if char in SEPTETS:
        return char
    plain = "".join(part for part in unicodedata.normalize("NFKD", char) if not unicodedata.combining(part))
    plain = plain.translate(_REPLACEMENTS)
    if all(part in SEPTETS for part in plain) and (plain or unicodedata.combining(char)):
        return plain
    stroke = _LETTER_WITH.match(unicodedata.name(char, ""))
    return char if stroke is None else stroke[2].lower() if stroke[1] == "SMALL" else stroke[2]


def cost(text: str) -> Cost:
    """Alphabet, units and segments of a text as it is, unfolded."""
    if all(char in SEPTETS for char in text):
        widths = [SEPTETS[char] for char in text]
        return Cost("GSM-7", sum(widths), _segments(widths, 160, 153))
    widths = [len(cluster.encode("utf-16-le", "surrogatepass")) // 2 for cluster in _clusters(text)]
    return Cost("UCS-2", sum(widths), _segments(widths, 70, 67))


def _segments(widths: list[int], single: int, part: int) -> int:
    if sum(widths) <= single:
        return 1 if widths else 0
    count, room = 1, part
    for width in widths:  # what is read as one character never straddles two segments
        if width > room:
            count, room = count + 1, part
        room -= width
    return count


def _clusters(text: str) -> Iterator[str]:
    """What is read as one character: a letter with its accents, an emoji with its modifiers, a flag."""
    cluster, flag = "", False
    for char in text:
        is_flag_half = "\U0001f1e6" <= char <= "\U0001f1ff"
        if cluster and (_extends(char) or cluster[-1] == "\u200d" or (flag and is_flag_half)):
            cluster, flag = cluster + char, False
            continue
        if cluster:
            yield cluster
        cluster, flag = char, is_flag_half
    if cluster:
        yield cluster


def _extends(char: str) -> bool:
    return (
        unicodedata.category(char) in ("Mn", "Me", "Mc")
        or char == "\u200d"
        or "\U0001f3fb" <= char <= "\U0001f3ff"
        or "\U000e0020" <= char <= "\U000e007f"
    )
