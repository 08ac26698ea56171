"""A Rasa pipeline for `make bench-nlu`, in a process of its own.

`train CONFIG DATA MODEL EPOCHS` trains as `rasa train nlu --force` does; EPOCHS, when not 0, replaces those of neural
networks. `answer MODEL` reads a text a line and prints its parse JSON a line, as `allervers nlu parse` does.
"""

import asyncio
import json
import os
import sys
from pathlib import Path

os.environ["RASA_TELEMETRY_ENABLED"] = "false"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import structlog
from rasa.core.agent import Agent
from rasa.model_training import train_nlu
from rasa.shared.utils.io import read_yaml_file, write_yaml

structlog.configure(logger_factory=structlog.ReturnLoggerFactory())  # silent: it would write each message


def train(config: Path, data: Path, model: Path, epochs: int) -> None:
    content = read_yaml_file(config)
    for stage in content["pipeline"]:
        if epochs and "epochs" in stage:
            stage["epochs"] = epochs
    used = model.with_name(config.name)
    write_yaml(content, used)
    train_nlu(str(used), str(data), str(model.parent), fixed_model_name=model.name)


def answer(model: Path) -> None:
    out, sys.stdout = sys.stdout, sys.stderr  # whatever else is printed is no answer
    agent = Agent.load(str(model.with_name(f"{model.name}.tar.gz")))
    loop = asyncio.new_event_loop()
    for line in sys.stdin:
        understood = loop.run_until_complete(agent.parse_message(line.rstrip("\n")))
        print(json.dumps(understood, default=float), file=out, flush=True)


if __name__ == "__main__":
    order, *rest = sys.argv[1:]
    if order == "train":
        train(Path(rest[0]), Path(rest[1]), Path(rest[2]), int(rest[3]))
    else:
        answer(Path(rest[0]))
