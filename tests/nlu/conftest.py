"""A small trained model the tests of this folder share."""

import zlib
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from nlu.embedding.base import Vectors, unit
from nlu.embedding.store import VectorStore
from nlu.engine import Engine
from nlu.entities.base import CommuneRow
from nlu.folding import fold
from nlu.model import Model
from nlu.train import Means, train

WIDTH = 64  # of the stand-in's vectors

SMALL = """
version: "3.1"
nlu:
- intent: faq/acre
  examples: |
    - c quoi lacre
    - j'ai droit à l'acre pour mon salon de [coiffure](sector) ?
    - réduction des charges au début
    - l exo de charges acre
    - comment demander l'accre
- intent: book_appointment
  examples: |
    - je veux un rdv
    - un rdv, mon numéro [06 39 98 00 11](phone), code [59000](postcode)
    - un rdv pour [1000 €](amount)
    - prendre rendez-vous [mardi](date)
    - jve un rdv svp
    - un rendez vous à [vaulx en velin](commune)
    - réserver un créneau [demain](date) [14h](time)
- intent: greet
  examples: |
    - bonjour
    - salut
    - coucou vous
    - bonsoir madame
    - salam
- intent: out_of_scope
  examples: |
    - quelle heure est-il à tokyo
    - recette des crêpes
    - qui a gagné le match
    - raconte une blague
    - météo de demain
- lookup: sector
  examples: |
    - coiffure
    - tresses
    - vente de vêtements
- synonym: coiffure
  examples: |
    - coiffeur
    - formation
- regex: phone
  examples: |
    - \\d+
"""

COMMUNES: list[CommuneRow] = [
    ("69256", "Vaulx-en-Velin", ["69120"], 53069),
    ("93066", "Saint-Denis", ["93200", "93210"], 149077),
    ("97411", "Saint-Denis", ["97400"], 155634),
    ("11339", "Saint-Denis", ["11310"], 500),
    ("89387", "Sens", ["89100"], 27106),
    ("76351", "Le Havre", ["76600"], 166687),
    ("93005", "Aulnay-sous-Bois", ["93600"], 86969),
    ("10017", "Aulnay", ["10240"], 150),
    ("13055", "Marseille", ["13001"], 886040),
    ("75118", "Paris 18e Arrondissement", ["75018"], 190000),
    ("13103", "Salon-de-Provence", ["13300"], 44000),
    ("80829", "Y", ["80190"], 87),
    ("80688", "Rue", ["80120"], 2987),
    ("59512", "Roubaix", ["59100"], 98892),
    ("30189", "Nîmes", ["30000"], 148561),
]


@pytest.fixture(scope="session")
def data_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small training data as a file."""
    path = tmp_path_factory.mktemp("data") / "small.yml"
    path.write_text(SMALL, encoding="utf-8")
    return path


class LetterPairs:
    """A stand-in embedder: a text is placed by its pairs of letters. Quick, and the same on every machine."""

    name = "letter-pairs"

    def embed(self, texts: Sequence[str]) -> Vectors:
        rows = np.full((len(texts), WIDTH), 1e-3, dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            folded = fold(text)
            for pair in pairwise(folded):
                row[zlib.crc32("".join(pair).encode("utf-8", "replace")) % WIDTH] += 1
        return unit(rows)


EMBEDDER = LetterPairs()


@pytest.fixture(scope="session")
def model(data_file: Path) -> Model:
    means = Means(VectorStore(EMBEDDER))
    return train(data_file, COMMUNES, {"qpv": ("Mas du Taureau", "Le Val Fourré")}, means=means)


@pytest.fixture(scope="session")
def engine(model: Model) -> Engine:
    return model.engine(EMBEDDER)
