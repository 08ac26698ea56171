"""Importing every module that declares tables, so that `Base.metadata` is whole."""

from importlib import import_module

TABLE_MODULES = [
    "bot.channels.content_models",
    "bot.conversations.case_models",
    "bot.conversations.group_models",
    "bot.conversations.join_models",
    "bot.conversations.jobs",
    "bot.conversations.models",
    "bot.posters.models",
    "directory.models",
    "desk.models",
]


def import_tables() -> None:
    """Loads what exists; a missing module of ours is an error once the house stands."""
    for name in TABLE_MODULES:
        import_module(name)
