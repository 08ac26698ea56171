"""The site's words stand in six languages, and what lags behind the French is not said."""

from pathlib import Path

import pytest

from bot.site_words import TEMPLATES, SiteWords, direction, preferred
from flows.plain_text import fingerprint as of

FRENCH = """\
errors:
  gone: {status: 404, title: "Perdu", text: "Revenez."}
words:
  page: {send: "Envoyer", call: "Appelez le {number}"}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "web.yml").write_text(FRENCH, encoding="utf-8")
    write(
        tmp_path,
        f'"errors.gone.title": {{of: {of("Perdu")}, text: "Perdido"}}',
        f'"errors.gone.text": {{of: {of("Revenez.")}, text: "Vuelva."}}',
        f'"page.send": {{of: {of("Envoyer")}, text: "Enviar"}}',
        f'"page.call": {{of: {of("Appelez le {number}")}, text: "Llame al {{number}}"}}',
    )
    return tmp_path


def write(folder: Path, *lines: str) -> None:
    (folder / "web.es.yml").write_text("\n".join(lines), encoding="utf-8")


def faults(folder: Path) -> list[str]:
    return [str(problem) for problem in SiteWords(folder).problems(["es"])]


def test_each_text_has_its_words(folder: Path) -> None:
    words = SiteWords(folder)
    assert words.languages == ("fr", "es")
    assert words.said("es")["errors.gone"] == {"title": "Perdido", "text": "Vuelva."}
    assert words.said("es")["page"]["send"] == "Enviar"
    assert words.said("xx") == words.said("fr")
    assert faults(folder) == []


def test_a_french_text_that_changed_is_said_in_french_and_told(folder: Path) -> None:
    (folder / "web.yml").write_text(FRENCH.replace("Envoyer", "Envoyez"), encoding="utf-8")
    assert SiteWords(folder).said("es")["page"]["send"] == "Envoyez"
    (fault,) = faults(folder)
    assert "web.yml:4: page.send is not said in es" in fault
    assert of("Envoyez") in fault
    assert SiteWords(folder).to_translate("es") == {"page.send": {"of": of("Envoyez"), "text": "Envoyez"}}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('"page.sned": {of: x, text: y}', "web.es.yml:1: the site says nothing called page.sned"),
        ('"page.send": "Enviar"', "web.es.yml:1: page.send is no translation"),
        ('"page.call": {of: x, text: "Llame"}', "web.es.yml:1: page.call has other placeholders than in French"),
    ],
)
def test_mistakes_are_told_with_their_line(folder: Path, line: str, says: str) -> None:
    write(folder, line)
    assert any(says in fault for fault in faults(folder))


@pytest.mark.parametrize("text", ["Llame", "Llame al {nombre}", "Llame al {}", "Llame al {number"])
def test_what_could_not_be_filled_is_said_in_french_and_told(folder: Path, text: str) -> None:
    french = "Appelez le {number}"
    write(folder, f'"page.call": {{of: {of(french)}, text: "{text}"}}')
    assert SiteWords(folder).said("es")["page"]["call"] == french
    assert any("other placeholders than in French; use number" in fault for fault in faults(folder))


@pytest.mark.parametrize("text", ["", "null", "No", '" "', "[Enviar]"])
def test_what_holds_no_words_is_said_in_french_and_told(folder: Path, text: str) -> None:
    write(folder, f'"page.send": {{of: {of("Envoyer")}, text: {text}}}')
    assert SiteWords(folder).said("es")["page"]["send"] == "Envoyer"
    assert any("web.es.yml:1: page.send has no words" in fault for fault in faults(folder))


def test_our_own_words_are_whole_in_six_languages() -> None:
    words = SiteWords()
    assert sorted(words.languages) == ["ar", "en", "es", "fr", "pt", "tr"]
    assert [*words.problems(words.languages[1:])] == []
    assert set(words.source["tongues"]) == set(words.languages)
    assert not list(TEMPLATES.glob("web.*.yaml"))


def test_scripts_run_from_right_to_left_in_arabic() -> None:
    assert [direction(code) for code in ("fr", "ar", "tr")] == ["ltr", "rtl", "ltr"]


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("fr", "fr"),
        ("es-MX,es;q=0.9", "es"),
        ("en;q=0.2, es;q=0.8", "es"),
        ("en, es", "en"),
        ("de, es;q=0.5", "es"),
        ("es;q=0", "fr"),
        ("es;q=lots", "fr"),
        ("es;q=nan", "fr"),
        ("de, es; q=0.5", "es"),
        ("EN ;Q=0.2,es ; q=0.8", "es"),
        ("*", "fr"),
        ("", "fr"),
        ("é" * 9999, "fr"),
    ],
)
def test_a_browser_says_what_it_reads(accepted: str, language: str) -> None:
    assert preferred(accepted, ["fr", "en", "es"]) == language
