"""Every kind of entity but dates and times, which have a table of their own."""

from typing import Any

import pytest

from nlu.engine import Engine
from nlu.entities.amount import AmountExtractor
from nlu.entities.base import Extractor, Resources
from nlu.entities.commune import CommuneExtractor
from nlu.entities.duration import DurationExtractor
from nlu.entities.email import EmailExtractor
from nlu.entities.lookup import LookupExtractor
from nlu.entities.phone import PhoneExtractor
from nlu.entities.postcode import PostcodeExtractor
from nlu.entities.registry import build
from nlu.errors import ConfigError
from nlu.understanding import Understanding

PHONES = [
    ("06 39 98 12 34", "+33639981234"),
    ("mon num 0639981234 merci", "+33639981234"),
    ("06.39.98.12.34", "+33639981234"),
    ("06-39-98-12-34", "+33639981234"),
    ("0 639 981 234", "+33639981234"),
    ("+33 6 39 98 12 34", "+33639981234"),
    ("+33639981234", "+33639981234"),
    ("0033 6 39 98 12 34", "+33639981234"),
    ("+33 (0)6 39 98 12 34", "+33639981234"),
    ("06 39 98 12", None),
    ("siret 80295478500028", None),
    ("69120", None),
    ("le 06/12/2026 a 14h", None),
]
POSTCODES = [
    ("69120", "69120"),
    ("j'habite 93 200 saint denis", "93200"),
    ("97400", "97400"),
    ("20200 bastia", "20200"),
    ("je gagne 15000 par an", None),
    ("15000 €", None),
    ("un pret de 10000", None),
    ("00000", None),
    ("06 39 98 12 34", None),
    ("802 954 785 00028", None),
]
AMOUNTS = [
    ("1000e", 1000),
    ("1 000 €", 1000),
    ("2k", 2000),
    ("1k5", 1500),
    ("2,5k", 2500),
    ("500 balles", 500),
    ("5 cent euros", 500),
    ("3 mille", 3000),
    ("12,50 €", 12.5),
    ("12€50", 12.5),
    ("j'ai 3 enfants", None),
    ("14h30", None),
    ("2 kebabs", None),
]
DURATIONS = [
    ("6 mois", {"value": 6, "unit": "month"}),
    ("une semaine", {"value": 1, "unit": "week"}),
    ("1 an et demi", {"value": 1.5, "unit": "year"}),
    ("30min", {"value": 30, "unit": "minute"}),
    ("15 j", {"value": 15, "unit": "day"}),
    ("un enfant", None),
]
EMAILS = [
    ("ecris a Sam.Test+x@Exemple.fr.", "sam.test+x@exemple.fr"),
    ("sam @ exemple.fr", "sam@exemple.fr"),
    ("pas @ la maison", None),
]
TABLES: list[tuple[Extractor, list[tuple[str, Any]]]] = [
    (PhoneExtractor(), PHONES),
    (PostcodeExtractor(), POSTCODES),
    (AmountExtractor(), AMOUNTS),
    (DurationExtractor(), DURATIONS),
    (EmailExtractor(), EMAILS),
]


@pytest.mark.parametrize(
    ("extractor", "text", "value"),
    [(extractor, text, value) for extractor, rows in TABLES for text, value in rows],
    ids=[f"{type(extractor).__name__}: {text}" for extractor, rows in TABLES for text, _ in rows],
)
def test_extracts(extractor: Extractor, text: str, value: Any) -> None:
    entities = extractor.extract(text)
    assert [entity.value for entity in entities] == ([] if value is None else [value])
    for entity in entities:
        assert text[entity.start : entity.end] == entity.text


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("vaulx en velin", "commune", {"insee_code": "69256", "name": "Vaulx-en-Velin"}),
        ("VAULX‑EN‑VELIN", "commune", {"insee_code": "69256", "name": "Vaulx-en-Velin"}),
        ("jhabite a vaulx", "commune", {"insee_code": "69256", "name": "Vaulx-en-Velin"}),
        ("je suis a vaulx en vlin depuis longtemps", "commune", {"insee_code": "69256", "name": "Vaulx-en-Velin"}),
        ("marseile", "commune", {"insee_code": "13055", "name": "Marseille"}),
        ("st denis", "commune", {"candidates": ["93066", "97411"], "name": "Saint-Denis"}),
        ("st denis 93", "commune", {"insee_code": "93066", "name": "Saint-Denis"}),
        ("saint-denis 97400", "commune", {"insee_code": "97411", "name": "Saint-Denis"}),
        ("je suis du havre", "commune", {"insee_code": "76351", "name": "Le Havre"}),
        ("aulnay", "commune", {"insee_code": "93005", "name": "Aulnay-sous-Bois"}),
        ("paris 18eme", "commune", {"insee_code": "75118", "name": "Paris 18e Arrondissement"}),
        ("paris 18e", "commune", {"insee_code": "75118", "name": "Paris 18e Arrondissement"}),
        ("paris 18e", "amount", None),
        ("paris 1000e", "amount", 1000),
        ("jhabite a sens", "commune", {"insee_code": "89387", "name": "Sens"}),
        ("sens", "commune", {"insee_code": "89387", "name": "Sens"}),
        ("dans quel sens", "commune", None),
        ("ya un bus", "commune", None),
        ("je veux ouvrir un salon", "commune", None),
        ("rue de la paix", "commune", None),
        ("coiffeuse", "sector", None),
        ("mon projet de Coiffure à domicile", "sector", "coiffure"),
        ("vente de vetement", "sector", "vente de vêtements"),
        ("une formation", "sector", "coiffure"),
        ("je cherche une formation pour moi", "sector", None),
        ("coifure", "sector", "coiffure"),
        ("je suis au mas du taureau", "qpv", "Mas du Taureau"),
        ("val fourré", "qpv", None),
        ("le val-fourre", "qpv", "Le Val Fourré"),
    ],
)
def test_places_and_lists(engine: Engine, text: str, kind: str, value: Any) -> None:
    found = [entity.value for entity in engine.parse(text).entities if entity.entity == kind]
    assert found == ([] if value is None else [value])


def test_overlaps_are_settled_by_the_order_of_the_pipeline(engine: Engine) -> None:
    kinds = [entity.entity for entity in engine.parse("rdv mardi 14h au 06 39 98 12 34, 69120").entities]
    assert kinds == ["date", "time", "phone", "postcode"]
    assert [entity.entity for entity in engine.parse("ce soir").entities] == ["date", "time"]


def test_rasa_shape(engine: Engine) -> None:
    parsed = engine.parse("un rdv mardi").to_rasa()
    assert set(parsed) == {"text", "intent", "entities", "intent_ranking"}
    assert parsed["intent"] == parsed["intent_ranking"][0]
    assert parsed["entities"] == [
        {
            "entity": "date",
            "start": 7,
            "end": 12,
            "value": {"weekday": 1},
            "confidence_entity": 1.0,
            "extractor": "DateExtractor",
        }
    ]
    assert isinstance(engine.parse("x"), Understanding)


def test_without_a_gazetteer_there_is_no_commune() -> None:
    assert CommuneExtractor([]).extract("paris") == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("je m'inscris à la chambre de commerce", []),
        ("les Chambres de Commerce et mon commerce", ["commerce"]),
        ("ouvrir un commerce", ["commerce"]),
        ("rien de tout ça", []),
    ],
)
def test_a_word_is_no_find_in_a_phrase_that_means_something_else(text: str, found: list[str]) -> None:
    options = {"entity": "sector", "unless": ["chambre de commerce"]}
    extractor = build("nlu.entities.lookup.LookupExtractor", options, Resources({"sector": ("commerce",)}))
    assert [entity.text for entity in extractor.extract(text)] == found
    assert extractor.kind == "sector"


def test_unknown_extractors_and_missing_files_are_named() -> None:
    with pytest.raises(ConfigError, match="`unless:` is a list of phrases"):
        build("nlu.entities.lookup.LookupExtractor", {"entity": "sector", "unless": "that"}, Resources())
    with pytest.raises(ConfigError, match=r"unknown extractor nlu.entities.Nope"):
        build("nlu.entities.Nope", {}, Resources())
    with pytest.raises(ConfigError, match="Add `entity: name`"):
        LookupExtractor.build({}, Resources())
    with pytest.raises(ConfigError, match=r"nope.yml: there is no such file"):
        CommuneExtractor.build({"short_forms": "nope.yml"}, Resources())


@pytest.mark.parametrize("text", ["on fait ça à la fête du quartier", "bah oui allons-y"])
def test_an_ordinary_word_is_no_commune_with_a_typo(text: str) -> None:
    communes = [("02305", "La Ferté", ["02270"], 5000), ("72003", "Allonnes", ["72700"], 11000)]
    extractor = CommuneExtractor(communes, {"ordinary": "fete allons", "prepositions": ["a"]})
    assert extractor.extract(text) == []
    assert [entity.value["name"] for entity in extractor.extract("j'habite à allones")] == ["Allonnes"]
