"""Folding names, so that "ST-ETIENNE", "st etienne" and "Saint-Étienne" are one."""

import re
import unicodedata

_LIGATURES = {"œ": "oe", "æ": "ae", "ß": "ss"}
_ACCENTS = {
    chr(code): unicodedata.normalize("NFD", chr(code))[0]
    for code in range(0xC0, 0x180)
    if len(unicodedata.normalize("NFD", chr(code))) > 1
}
_SEPARATORS = dict.fromkeys("'’ʼ`´-‐‑–—_.,;:()!?\"«»\t\n\r\xa0\u202f", " ")
_TABLE = str.maketrans(_ACCENTS | _LIGATURES | _SEPARATORS)
_SHORT_FORMS = {"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes", "s/": "sur", "ss": "sous"}
_SLASH = re.compile(r"\bs/\s*")


def fold(text: str) -> str:
    """Lower case, no accent, words split by one space; "st" and "ste" written out."""
    folded = _SLASH.sub("s/ ", unicodedata.normalize("NFC", text).lower()).translate(_TABLE)
    return " ".join(_SHORT_FORMS.get(word, word) for word in folded.split())


def fold_official(name: str) -> str:
    """`fold` for a name of the official register: composed and in full already, so several times faster."""
    return " ".join(name.lower().translate(_TABLE).split())
