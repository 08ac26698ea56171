"""Ours, inside Rasa: the graph component and the importer that our configs name. Python 3.10, never imported by us."""

import sys
from pathlib import Path

# Rasa's own commands, run from this folder as they are, also find `nlu`.
sys.path.append(str(Path(__file__).parents[3]))
