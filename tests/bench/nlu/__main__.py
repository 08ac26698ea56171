"""`make bench-nlu`: our understanding beside Rasa's, trained on one file and tested on another, in one run.

TRAIN and TEST are Rasa NLU YAML (files or folders) of any domain and language. Rasa runs in its own environment;
where that is missing ours runs alone, and that is said.
"""

import argparse
import platform
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import psutil

from nlu.errors import NluError
from nlu.training import read
from tests.bench.nlu.engines import CHECKOUT, CONTENDERS, RASA_PYTHON, run
from tests.bench.nlu.figures import figures
from tests.bench.nlu.table import table, write

PAGE = CHECKOUT / "docs" / "nlu.md"


def main() -> None:
    """Reads the command line, runs each engine, prints the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.nlu", description=__doc__)
    parser.add_argument("train", type=Path)
    parser.add_argument("test", type=Path)
    parser.add_argument("--only", choices=CONTENDERS, action="append", help="an engine; all when not given")
    parser.add_argument("--epochs", type=int, default=0, help="of DIET; those of its config when not given")
    parser.add_argument("--out-of-scope", default="out_of_scope", help="the intent that means none of the others")
    parser.add_argument("--write", action="store_true", help="keep the table in docs/nlu.md")
    asked = parser.parse_args()
    try:
        trained, examples = len(read(asked.train).examples), read(asked.test).examples
    except NluError as error:
        sys.exit(f"error: {error}")
    if not trained or not examples:
        sys.exit(f"error: {asked.train if not trained else asked.test}: no example. Add `- intent:` sections")
    wanted = [CONTENDERS[name] for name in asked.only or CONTENDERS]
    if not RASA_PYTHON.exists():
        print("!!! RASA IS NOT MEASURED: its environment is not installed. Run: make rasa-install !!!", file=sys.stderr)
        wanted = [CONTENDERS["ours"]]
    found = []
    with tempfile.TemporaryDirectory(prefix="bench-nlu-") as folder:
        for contender in wanted:
            print(f"{contender.name}: training…", file=sys.stderr, flush=True)
            scratch = Path(folder) / contender.name.replace(" ", "-")
            texts = [example.text for example in examples]
            try:
                done = run(contender, asked.train.absolute(), texts, scratch, asked.epochs)
            except OSError as error:
                log = (scratch / "log").read_text(encoding="utf-8", errors="replace")
                sys.exit(f"error: {error}:\n{log[-3000:]}")
            found.append(figures(done, examples, asked.out_of_scope))
    intents = len({example.intent for example in examples})
    epochs = f", DIET trained for {asked.epochs} epochs" if asked.epochs else ""
    told = (
        f"{datetime.now(UTC):%Y-%m-%d}: {trained} examples in `{asked.train}`, {len(examples)} of {intents} intents in "
        f"`{asked.test}`{epochs}; {psutil.cpu_count()} cores, Python {platform.python_version()}, load average "
        f"{psutil.getloadavg()[0]:.1f}.\n\n{table(found)}"
    )
    print(told)
    if asked.write:
        write(PAGE, told)


if __name__ == "__main__":
    main()
