"""What is said in other languages stands beside the French, and falls silent when the French changes."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.commands.flows import flows
from bot.site_words import SiteWords
from flows.engine.domain import Domain
from flows.engine.errors import AuthoringError
from flows.engine.events import BotUttered
from flows.engine.speech import utter
from flows.loader import load_domain
from flows.plain_french import rules
from flows.translations import begun, fingerprint_of, spoken, to_translate, untitled

FRENCH = """\
slots:
  language: {type: categorical, values: [fr, es], mappings: []}
responses:
  utter_menu:
    - text: "Que voulez-vous, {name} ?"
      attachment: {kind: ask_place, title: "Ma position"}
      buttons: [{title: "Passer", payload: /skip}]
    - channel: sms
      text: "Que voulez-vous ?"
"""
SPANISH = """\
responses:
  utter_menu: {of: "%s", texts: ["¿Qué quiere, {name}?", "¿Qué quiere?"]}
"""
TITLES = """\
titles: {"Passer": "Saltar", "Ma position": "Mi ubicación"}
names: {"votre projet": "su proyecto"}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "menu.yml").write_text(FRENCH, encoding="utf-8")
    of = fingerprint_of(load_domain(tmp_path).responses["utter_menu"])
    (tmp_path / "menu.es.yml").write_text(SPANISH % of, encoding="utf-8")
    (tmp_path / "titles.es.yml").write_text(TITLES, encoding="utf-8")
    return tmp_path


def said(domain: Domain, language: str) -> BotUttered:
    return utter(domain, "utter_menu", slots={"language": language, "name": "A"})


def test_each_wording_title_and_attachment_has_its_words(folder: Path) -> None:
    spanish = said(load_domain(folder), "es")
    assert dict(spanish.texts) == {"": "¿Qué quiere, A?", "sms": "¿Qué quiere?"}
    assert [choice.title for choice in spanish.choices] == ["Saltar"]
    assert list(spanish.attachments) == [{"kind": "ask_place", "title": "Mi ubicación"}]
    french = said(load_domain(folder), "fr")
    assert list(french.attachments) == [{"kind": "ask_place", "title": "Ma position"}]
    assert begun(load_domain(folder)) == ["es"]
    assert load_domain(folder).named("votre projet", "es") == "su proyecto"
    assert load_domain(folder).named("votre projet", "fr") == load_domain(folder).named("votre projet", "xx")


def test_once_the_french_changes_the_french_is_said(folder: Path) -> None:
    french = folder / "menu.yml"
    french.write_text(FRENCH.replace("Que voulez-vous ?", "Que faire ?"), encoding="utf-8")
    domain = load_domain(folder)
    assert said(domain, "es").texts["sms"] == "Que faire ?"
    assert not spoken(domain.responses["utter_menu"], "es")
    assert list(to_translate(domain, "es")["responses"]) == ["utter_menu"]


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        (
            "menu.es.yml",
            "responses:\n  utter_manu: {of: a, texts: [a]}\n",
            "menu.es.yml:2: no response is called utter_manu",
        ),
        (
            "menu.es.yml",
            "responses:\n  utter_menu: {of: a, texts: [a]}\n",
            "menu.es.yml:2: utter_menu has other wordings",
        ),
        ("menu.es.yml", "responses:\n  utter_menu: [a]\n", "menu.es.yml:2: utter_menu has other wordings"),
        ("menu.es.yml", "responses: a\n", "menu.es.yml:1: responses is no mapping"),
        ("menu.es.yml", "answers: {}\n", "menu.es.yml:1: a translation has no key answers"),
        ("titles.es.yml", "titles:\n  Passé: Saltar\n", "titles.es.yml:2: nothing is titled “Passé”"),
        (
            "menu.es.yml",
            "responses:\n  utter_menu: {of: a, texts: [a, No]}\n",
            "menu.es.yml:2: utter_menu has a text without words",
        ),
        ("titles.es.yml", "titles:\n  Passer: No\n", "titles.es.yml:2: “Passer” has no words"),
        ("titles.es.yml", "- a\n", "titles.es.yml:1: the top is not a mapping"),
    ],
)
def test_a_fault_is_told_with_file_and_line(folder: Path, file: str, text: str, says: str) -> None:
    (folder / file).write_text(text, encoding="utf-8")
    with pytest.raises(AuthoringError) as error:
        load_domain(folder)
    assert says in str(error.value)


def test_what_is_missing_is_printed_ready_to_be_translated() -> None:
    result = CliRunner().invoke(flows, ["translate", "xx"])
    assert result.exit_code == 0
    domain = load_domain()
    assert result.stdout.count("of: ") == len(domain.responses) + len(SiteWords().french)
    assert all(title in result.stdout for response in domain.responses.values() for title in untitled(response, "xx"))


def test_our_own_texts_are_said_in_every_language_that_may_be_chosen() -> None:
    """With the checks: a language whose menu is written has every text, and the answers asked most."""
    domain = load_domain()
    assert ["fr", *begun(domain)] == sorted(domain.slots["language"].values, key=lambda code: (code != "fr", code))
    assert set(rules().languages) == set(begun(domain))
