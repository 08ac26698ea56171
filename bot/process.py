"""How a process that stays keeps house."""

import gc
import signal
from collections.abc import Callable
from queue import SimpleQueue


def settle() -> None:
    """What was loaded until now stays: the collector need not look at it again.

    A full collection walks every object there is; communes and texts are hundreds of thousands, and stopping all
    turns for that takes a tenth of a second.
    """
    gc.collect()
    gc.freeze()


def stopping() -> Callable[[], object]:
    """From now on SIGINT and SIGTERM end nothing by themselves: what is returned waits for the first of them.

    A queue, since its `put` may come in the middle of itself or of `get`: an event that is set while it wakes holds its
    lock, and a second signal would wait for that for ever.
    """
    heard: SimpleQueue[int] = SimpleQueue()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda received, _frame: heard.put(received))
    return heard.get
