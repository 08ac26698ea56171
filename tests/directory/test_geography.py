"""Communes by code, postcode, name with typos and point."""

import pytest

from directory.geography import Gazetteer, ambiguous, distance_km, gazetteer
from directory.territories import codes_within, commune_of, department_of, zone_of


@pytest.fixture(scope="module")
def communes() -> Gazetteer:
    return gazetteer()


@pytest.mark.parametrize(
    ("text", "insee_code"),
    [
        ("Carcassonne", "11069"),
        ("carcasonne", "11069"),
        ("CARCASSONE", "11069"),
        ("11000", "11069"),
        ("11000 Carcassonne", "11069"),
        ("13 rue Victor Hugo, 11000 Carcassonne", "11069"),
        ("St-Etienne", "42218"),
        ("saint étienne", "42218"),
        ("vaulx", "69256"),
        ("vaulx en velin", "69256"),
        ("besac", "25056"),
        ("besancon", "25056"),
        ("evry", "91228"),
        ("Aulnay", "93005"),
        ("garge", "95268"),
        ("roubais", "59512"),
        ("lile", "59350"),
        ("mulouse", "68224"),
        ("creteille", "94028"),
        ("strasboug", "67482"),
        ("au havre", "76351"),
        ("havre", "76351"),
        ("j'habite à Vénissieux", "69259"),
        ("quartier planoise a besançon", "25056"),
        ("rue de Lyon, Dijon", "21231"),
        ("st denis 93", "93066"),
        ("Saint-Denis (974)", "97411"),
        ("paris 18", "75118"),
        ("Paris 18ème", "75118"),
        ("75018", "75118"),
        ("lyon 3e", "69383"),
        ("marseille 1er", "13201"),
        ("Paris", "75056"),
        ("l’isle-jourdain 32", "32160"),
        ("Œuilly 02", "02565"),
        ("fort de france", "97209"),
    ],
)
def test_search_finds_what_people_type(communes: Gazetteer, text: str, insee_code: str) -> None:
    assert communes.search(text)[0].commune.insee_code == insee_code


@pytest.mark.parametrize("text", ["", "  ", "?", "oui", "bonjour", "je sais pas", "zxqw", "99999", "à", "🙂"])
def test_search_finds_nothing_in_what_names_no_commune(communes: Gazetteer, text: str) -> None:
    assert communes.search(text) == []


@pytest.mark.parametrize(
    ("text", "ask"),
    [("saint denis", True), ("boulogne", True), ("saint denis 93", False), ("angers", False), ("vaulx", False)],
)
def test_homonyms_are_asked_about(communes: Gazetteer, text: str, ask: bool) -> None:
    assert ambiguous(communes.search(text)) is ask


def test_the_very_name_scores_a_hundred_and_a_typo_less(communes: Gazetteer) -> None:
    assert communes.search("Saint-Étienne")[0].score == 100
    assert 80 < communes.search("carcasonne")[0].score < 100


def test_look_up_by_code(communes: Gazetteer) -> None:
    commune = communes.by_insee("11069")
    assert commune is not None
    assert (commune.name, commune.department, commune.postcodes, commune.type) == (
        "Carcassonne",
        "11",
        ("11000",),
        "COM",
    )
    assert communes.by_insee("00000") is None
    assert [each.insee_code for each in communes.by_postcode("75018")] == ["75118"]
    assert len(list(communes.names())) == 35_014


def test_nearest_commune(communes: Gazetteer) -> None:
    assert communes.nearest(43.21, 2.35).insee_code == "11069"
    assert communes.nearest(48.892, 2.348).insee_code == "75118"
    assert communes.nearest(-20.93, 55.45).insee_code == "97411"


def test_distance() -> None:
    assert distance_km(48.8566, 2.3522, 45.7640, 4.8357) == pytest.approx(391.5, abs=1)
    assert distance_km(43.2, 2.3, 43.2, 2.3) == 0


@pytest.mark.parametrize(
    ("code", "department", "zone"),
    [
        ("11069", "11", "Europe/Paris"),
        ("2A004", "2A", "Europe/Paris"),
        ("97411", "974", "Indian/Reunion"),
        ("97611", "976", "Indian/Mayotte"),
        ("97105", "971", "America/Guadeloupe"),
        ("97209", "972", "America/Martinique"),
        ("97302", "973", "America/Cayenne"),
    ],
)
def test_what_a_code_says(code: str, department: str, zone: str) -> None:
    assert (department_of(code), zone_of(code)) == (department, zone)


def test_arrondissements_belong_to_their_city() -> None:
    assert [commune_of(code) for code in ("75118", "69383", "13215", "11069")] == ["75056", "69123", "13055", "11069"]
    assert codes_within("75056") == ("75056", "751")
    assert codes_within("11069") == ("11069", "11069")
