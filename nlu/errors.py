"""Every error of the package, and the tree they form.

NluError
├── DataError      training data that cannot be read (`file:line`, what, cure)
├── ConfigError    a pipeline that names an unknown stage or option
├── ModelError     a saved model that cannot be used
└── RemoteError    a Rasa server that is away, or does not answer as Rasa does
"""


class NluError(Exception):
    """Something about understanding texts went wrong."""


class DataError(NluError):
    """The training data cannot be read. Says where, what, and the cure."""

    def __init__(self, where: str, what: str, cure: str) -> None:
        super().__init__(f"{where}: {what}. {cure}")
        self.where = where
        self.what = what
        self.cure = cure


class ConfigError(NluError):
    """The pipeline names a stage or an option that does not exist."""


class ModelError(NluError):
    """The saved model is missing, damaged or of another version. Train it again."""


class RemoteError(NluError):
    """The Rasa server is away, refuses, or does not answer as Rasa does. Never says what was asked."""


class EmbeddingError(NluError):
    """Texts cannot be embedded here. The engine goes on by their letters alone."""
