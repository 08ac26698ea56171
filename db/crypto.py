"""Contact details and messages are encrypted at rest; addresses are found by a keyed fingerprint.

The keys of the process are set once by the wiring (`use_keys`). Without them every encrypted column refuses
to be read or written: failing closed beats storing a phone number in clear.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from db.errors import KeyMissing, KeyRejected


class Keyring:
    """Encrypts with the first key, opens with any; fingerprints with the last, so that rotation keeps them.

    Keys are any non-empty strings, newest first; each is stretched to the 32 bytes Fernet wants.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys or not all(keys):
            raise KeyMissing
        digests = [hashlib.sha256(b"allervers:seal:" + key.encode()).digest() for key in keys]
        self._fernet = MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
        self._fingerprint_key = hashlib.sha256(b"allervers:fingerprint:" + keys[-1].encode()).digest()

    def seal(self, text: str) -> str:
        """The text, encrypted and authenticated."""
        return self._fernet.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """The text behind `seal`; raises KeyRejected when no key opens it."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            raise KeyRejected from error

    def fingerprint(self, text: str) -> str:
        """A stable keyed digest (hex): equal texts can be found, none can be read back."""
        return hmac.new(self._fingerprint_key, text.encode(), hashlib.sha256).hexdigest()


_current: Keyring | None = None


def use_keys(keys: Sequence[str]) -> None:
    """Sets the keys of this process."""
    global _current
    _current = Keyring(keys)


def keyring() -> Keyring:
    """The keys of this process; raises KeyMissing before `use_keys`."""
    if _current is None:
        raise KeyMissing
    return _current


def fingerprint(*parts: str) -> str:
    """Keyed digest of a compound value, such as a channel and an address on it."""
    return keyring().fingerprint("\x1f".join(parts))
