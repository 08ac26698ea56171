"""Our engine without the assistant around it: a text a line in, its parse JSON a line out. Takes a model's folder.

Rasa's twin is nlu/rasa/bench.py.
"""

import json
import sys
from pathlib import Path

from nlu.embedding.choose import at_hand
from nlu.model import Model

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    engine = Model.load(folder).engine(at_hand(folder.parent / "nlu"))
    for line in sys.stdin:
        print(json.dumps(engine.parse(line.rstrip("\n")).to_rasa()), flush=True)
