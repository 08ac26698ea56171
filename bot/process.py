"""How a process that stays keeps house."""

import gc


def settle() -> None:
    """What was loaded until now stays: the collector need not look at it again.

    A full collection walks every object there is; communes and texts are hundreds of thousands, and stopping all
    turns for that takes a tenth of a second.
    """
    gc.collect()
    gc.freeze()
