"""How the client library behaves here; whoever imports `telegram` imports this first.

What the library and the HTTP client beneath it log holds the token, which is part of every address, or what somebody
wrote. Whatever matters of it is raised as well, hence nothing of it is logged.
"""

import logging
import os

QUIET = ("httpx", "httpcore", "telegram")

for name in QUIET:
    logging.getLogger(name).setLevel(logging.CRITICAL + 1)
# The library's own switch: durations are timedeltas, as they will be everywhere in its next version, and no warning.
os.environ.setdefault("PTB_TIMEDELTA", "true")
