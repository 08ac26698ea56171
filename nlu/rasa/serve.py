"""Serves a trained model on this machine alone: `POST /model/parse?token=…`.

`rasa run --enable-api` would listen on every interface, take its token on the command line, where every user of the
machine can read it, and open a channel on the terminal.
"""

import argparse
import logging
import os
import sys
from functools import partial
from pathlib import Path

os.environ["RASA_TELEMETRY_ENABLED"] = "false"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from rasa.core.run import configure_app, load_agent_on_start
from rasa.utils.common import update_sanic_log_level
from rasa.utils.log_utils import configure_structlog

TOKEN = "ALLERVERS_NLU_TOKEN"  # noqa: S105  (the variable's name)


def main() -> None:
    """Reads the command line and serves until interrupted."""
    options = argparse.ArgumentParser(description="Serves a trained Rasa model on 127.0.0.1.")
    options.add_argument("model", type=Path)
    options.add_argument("--port", type=int, default=5005)
    asked = options.parse_args()
    token = os.environ.get(TOKEN)
    if not token:
        sys.exit(f"{TOKEN} is not set: whoever reaches the port could read and train. Set it to a long random word")
    if not asked.model.is_file():
        sys.exit(f"{asked.model}: there is no such model. Train one: make rasa")
    configure_structlog(logging.WARNING)  # below, Rasa writes what people said
    app = configure_app([], auth_token=token, port=asked.port)
    app.register_listener(partial(load_agent_on_start, str(asked.model), None, None), "before_server_start")
    update_sanic_log_level()
    app.run(host="127.0.0.1", port=asked.port, access_log=False)


if __name__ == "__main__":
    main()
