"""A real Rasa server, from nlu/rasa's own environment, on the model that `make rasa-train` left."""

import os
import secrets
import socket
import subprocess
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
PROJECT = CHECKOUT / "nlu" / "rasa"
PYTHON = PROJECT / ".venv" / "bin" / "python"
MODEL = CHECKOUT / "var" / "rasa" / "config.tar.gz"
PATIENCE = 180.0  # seconds: Rasa is slow to start, slower on a busy machine


@dataclass(frozen=True)
class RasaProcess:
    """Where it answers, to whom, and what it logs."""

    url: str
    token: str
    log: Path


def missing() -> str | None:
    """What is not there to run Rasa, or nothing."""
    return next((f"{path} is not there" for path in (PYTHON, MODEL) if not path.exists()), None)


def our_model(folder: Path) -> Path:
    """The model of ours that Rasa's archive carries, unpacked below `folder`."""
    with tarfile.open(MODEL) as archive:
        archive.extractall(folder, filter="data")
    [settings] = folder.glob("components/*/model/model.json")
    return settings.parent


@contextmanager
def running(folder: Path) -> Iterator[RasaProcess]:
    """Starts the server, waits until it has loaded its model, stops it at the end."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    served = RasaProcess(f"http://127.0.0.1:{port}", secrets.token_urlsafe(16), folder / "rasa.log")
    command = [str(PYTHON), "-W", "ignore", "serve.py", str(MODEL), "--port", str(port)]
    environment = {**os.environ, "ALLERVERS_NLU_TOKEN": served.token, "RASA_CACHE_DIRECTORY": str(folder)}
    with (
        served.log.open("w") as log,
        subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=log, stderr=log) as process,
    ):
        try:
            _wait(process, port, served.log)
            yield served
        finally:
            process.terminate()


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """It listens once the model is loaded."""
    end = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"Rasa did not start:\n{log.read_text()[-2000:]}")
