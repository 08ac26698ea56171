"""The engines to compare. Each trains in a process of its own, then answers in another, a line for a line.

Both are reached in the same way, so that a pipe's time, and nothing else, is added to each message.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

CHECKOUT = Path(__file__).parents[3]
RASA = CHECKOUT / "nlu" / "rasa"
RASA_PYTHON = RASA / ".venv" / "bin" / "python"
ALLERVERS = Path(sys.executable).with_name("allervers")


@dataclass(frozen=True)
class Contender:
    """An engine by its name in the table, and its two commands, run from `folder`; braces stand for paths."""

    name: str
    folder: Path
    train: tuple[str, ...]
    answer: tuple[str, ...]


@dataclass(frozen=True)
class Run:
    """What an engine did. Times in seconds, sizes in bytes; `answers` in the shape of Rasa's parse JSON."""

    name: str
    training: float
    size: int
    ready: float
    memory: int
    took: list[float]
    processor: float  # of one message, on average
    answers: list[dict[str, Any]]


def rasa(name: str, config: str) -> Contender:
    """A Rasa pipeline of nlu/rasa."""
    worker = (str(RASA_PYTHON), "-W", "ignore", "bench.py")
    return Contender(
        name, RASA, (*worker, "train", config, "{data}", "{model}", "{epochs}"), (*worker, "answer", "{model}")
    )


CONTENDERS = {
    "ours": Contender(
        "ours",
        CHECKOUT,
        (str(ALLERVERS), "nlu", "train", "--data", "{data}", "--out", "{model}"),
        (sys.executable, "-m", "tests.bench.nlu.ours", "{model}"),
    ),
    "diet": rasa("Rasa DIET", "config.diet.yml"),
    "light": rasa("Rasa light", "config.light.yml"),
}


def run(contender: Contender, data: Path, texts: Sequence[str], scratch: Path, epochs: int) -> Run:
    """Trains on `data` (file or folder), then answers the texts. Raises OSError; what the engine said is in `log`."""
    scratch.mkdir()
    model = scratch / "model"
    paths = {"data": str(data), "model": str(model), "epochs": str(epochs)}
    environment = {
        **os.environ,
        "ALLERVERS_DATA_DIR": str(scratch),  # so that ours starts from nothing
        "RASA_CACHE_DIRECTORY": str(scratch / "cache"),
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    }
    with (scratch / "log").open("w", encoding="utf-8") as log:
        before = time.monotonic()
        order = [part.format(**paths) for part in contender.train]
        if subprocess.run(order, cwd=contender.folder, env=environment, stdout=log, stderr=log, check=False).returncode:
            raise OSError(f"{contender.name} did not train")
        training = time.monotonic() - before
        before = time.monotonic()
        order = [part.format(**paths) for part in contender.answer]
        with subprocess.Popen(
            order,
            cwd=contender.folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            encoding="utf-8",
        ) as process:
            _ask(process, "a")
            ready = time.monotonic() - before
            worker = psutil.Process(process.pid)
            used = sum(worker.cpu_times()[:2])
            both = [_timed(process, text) for text in texts]
            processor = (sum(worker.cpu_times()[:2]) - used) / len(texts)
            memory = worker.memory_info().rss
            assert process.stdin is not None
            process.stdin.close()
    took, answers = [seconds for seconds, _ in both], [answer for _, answer in both]
    return Run(contender.name, training, _size(scratch), ready, memory, took, processor, answers)


def _timed(process: subprocess.Popen[str], text: str) -> tuple[float, dict[str, Any]]:
    before = time.perf_counter()
    line = _ask(process, text)
    return time.perf_counter() - before, json.loads(line)


def _ask(process: subprocess.Popen[str], text: str) -> str:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(" ".join(text.splitlines()) + "\n")
    process.stdin.flush()
    line = process.stdout.readline()
    if not line:
        raise OSError("the engine hung up")
    return line


def _size(scratch: Path) -> int:
    """A model is a folder, or Rasa's archive."""
    return sum(file.stat().st_size for file in (*scratch.glob("model.tar.gz"), *(scratch / "model").rglob("*")))
