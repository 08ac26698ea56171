"""Passwords of the desk: made here, shown once, kept as argon2 hashes."""

import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # read aloud without l/1 or o/0
GROUPS, GROUP_LENGTH = 4, 4

_hasher = PasswordHasher()
_NOBODY = _hasher.hash(secrets.token_urlsafe(32))


def generate() -> str:
    """A random password of 79 bits, in four groups that can be dictated."""
    groups = ("".join(secrets.choice(ALPHABET) for _ in range(GROUP_LENGTH)) for _ in range(GROUPS))
    return "-".join(groups)


def hash_password(password: str) -> str:
    """What is kept of a password."""
    return _hasher.hash(password)


def matches(password_hash: str | None, password: str) -> bool:
    """Whether the password is the one behind the hash. Without a hash it takes the same time and is False."""
    try:
        return _hasher.verify(password_hash or _NOBODY, password) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False
