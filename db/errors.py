"""What can go wrong with storage.

StorageError
├── KeyMissing      no encryption key was given to this process
└── KeyRejected     a stored value does not open with the keys given
"""


class StorageError(Exception):
    """Storage cannot do what was asked."""


class KeyMissing(StorageError):
    """No encryption key: set ALLERVERS_SECRET_KEY (allervers doctor prints a fresh one)."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


class KeyRejected(StorageError):
    """A stored value does not open with ALLERVERS_SECRET_KEY: put the former key back, after the new one."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)
