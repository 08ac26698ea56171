"""What a poster's code looks like, and the one that a thing of the directory gets.

Letter, digit, letter, digit, letter: no word, abbreviation, hour or level of French reads like that, so that a code
is never mistaken for something a person says. No 0 O 1 I L, which look alike, nor the letters that 2 5 6 8 are taken
for (Z S G B); no vowel, so that none spells anything.
"""

import hashlib
import re

LETTERS = "CDFHJKMNPQRTVWX"
DIGITS = "23456789"
_WHEELS = (LETTERS, DIGITS, LETTERS, DIGITS, LETTERS)
_CODE = re.compile("".join(f"[{wheel}]" for wheel in _WHEELS))


def is_code(text: str) -> bool:
    """True when a text in capitals could be a poster's code."""
    return _CODE.fullmatch(text) is not None


def code_for(kind: str, code: str, attempt: int = 0) -> str:
    """The code of a thing, drawn from its own code in the directory: the same one in every database.

    attempt: grows while the code drawn is somebody else's.
    """
    number = int.from_bytes(hashlib.sha256(f"{kind}:{code}:{attempt}".encode()).digest()[:8])
    drawn = ""
    for wheel in _WHEELS:
        number, at = divmod(number, len(wheel))
        drawn += wheel[at]
    return drawn
