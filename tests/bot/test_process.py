"""How a process that stays is asked to end."""

import signal
import subprocess
import sys

WAITS = """
from bot import process
wait = process.stopping()
print(flush=True)
wait()
"""


def test_a_process_asked_to_end_several_times_at_once_ends() -> None:
    for _ in range(5):
        with subprocess.Popen([sys.executable, "-c", WAITS], stdout=subprocess.PIPE) as asked:
            assert asked.stdout is not None
            asked.stdout.readline()
            for number in (signal.SIGINT, signal.SIGTERM) * 3:
                asked.send_signal(number)
            assert asked.wait(20) in (0, -signal.SIGINT, -signal.SIGTERM)  # one may come once Python is on its way out
