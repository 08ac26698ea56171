"""Answers: what is unsure or out of date is never shown; faults with file, line and cure."""

import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.engine.errors import AuthoringError
from flows.knowledge_base import CERTAINTIES, Fact, Knowledge, Sentence, Source, Topic, Wording
from flows.knowledge_reader import load_knowledge
from tests.flows.world import write

GOOD = """\
sources:
  gov: {title: "Service public", url: "https://example.org/a", publisher: official}
  old: {title: "Ancien", url: "https://example.org/b", publisher: secondary}
facts:
  rate: {value: "12", unit: "%", source: gov, checked_on: 2026-11-01, review_by: 2027-01-31, certainty: official}
  age: {value: "3", unit: "ans", source: old, checked_on: 2026-10-01, review_by: 2027-06-30, certainty: older}
answers:
  faq/tax:
    title: Impôts
    sms:
      - {text: "Le taux est {rate}.", otherwise: "Le taux change."}
    full:
      - Une phrase sans chiffre.
      - {text: "Taux {rate}, après {age}.", otherwise: "Le taux dépend."}
    sources: [gov]
    checked_on: 2026-11-10
    read: {title: Lire, url: "https://example.org/c"}
    follow_ups: [faq/tax]
    offer: place:bus
"""


AGE = re.search(r"age: (\{.*\})", GOOD)[1]  # type: ignore[index]


def load(folder: Path, text: str = GOOD) -> Knowledge:
    write(folder, "k.yml", text)
    return load_knowledge(folder)


def test_an_answer_shows_its_figures_with_sources_and_the_oldest_check(tmp_path: Path) -> None:
    answer = load(tmp_path).answer("faq/tax", date(2026, 11, 23), "(à vérifier)")
    assert answer.sms == "Le taux est 12 %."
    assert answer.full == ("Une phrase sans chiffre.", "Taux 12 %, après 3 ans (à vérifier).")
    assert [source.id for source in answer.sources] == ["gov", "old"]
    assert answer.checked_on == date(2026, 10, 1)


def test_one_remark_a_sentence_says_that_figures_are_to_be_checked(tmp_path: Path) -> None:
    more = GOOD.replace("facts:\n", "facts:\n  day: " + AGE + "\n").replace("après {age}", "{day}, après {age}")
    answer = load(tmp_path / "two", more).answer("faq/tax", date(2026, 11, 23), "(à vérifier)")
    assert answer.full[1] == "Taux 12 %, 3 ans, après 3 ans (à vérifier)."


def test_past_its_review_date_a_figure_falls_silent(tmp_path: Path) -> None:
    knowledge = load(tmp_path)
    assert "12" in knowledge.answer("faq/tax", date(2027, 1, 31)).sms
    late = knowledge.answer("faq/tax", date(2027, 2, 1))
    assert late.sms == "Le taux change."
    assert late.full[1] == "Le taux dépend."
    assert [source.id for source in late.sources] == ["gov"]
    assert late.checked_on == date(2026, 11, 10)


def test_more_is_said_on_demand_with_its_own_figures(tmp_path: Path) -> None:
    more = GOOD.replace(
        "    sources: [gov]", "    more:\n      - {text: 'Âge {age}.', otherwise: Âge.}\n    sources: [gov]", 1
    )
    knowledge = load(tmp_path, more.replace(", après {age}", ""))
    assert "faq/tax/plus" in knowledge
    assert knowledge.answer("faq/tax", date(2026, 11, 23)).checked_on == date(2026, 11, 1)
    details = knowledge.answer("faq/tax/plus", date(2026, 11, 23))
    assert details.more == ("Âge 3 ans.",)
    assert details.checked_on == date(2026, 10, 1)
    assert [source.id for source in details.sources] == ["old", "gov"]


def test_what_is_the_same_has_the_same_words(tmp_path: Path) -> None:
    knowledge = load(tmp_path, GOOD + "  dispositif/tax: {same_as: faq/tax}\n")
    assert knowledge.answer("dispositif/tax", date(2026, 11, 23)).sms == "Le taux est 12 %."


SCHEMES = """\
  dispositif/{name}:
    title: {name}
    part_of: [faq/tax]
    named: [le {name}, "l'ecole {name}"]
    sms: [Un lieu.]
    full: [Un lieu.]
    sources: [gov]
    checked_on: 2026-11-10
    read: {{title: Lire, url: "https://example.org/c"}}
"""


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("c koi LE Phare ?", "dispositif/phare"),
        ("l'école-phare", "dispositif/phare"),
        ("le phare ou le quai", "faq/tax"),
        ("le pharenquai", "faq/tax"),
        ("les impôts", "faq/tax"),
    ],
)
def test_a_scheme_answers_when_a_question_of_its_topic_names_it_alone(tmp_path: Path, text: str, topic: str) -> None:
    knowledge = load(tmp_path, GOOD + SCHEMES.format(name="phare") + SCHEMES.format(name="quai"))
    assert knowledge.narrow("faq/tax", text) == topic
    assert knowledge.narrow("faq/other", text) == "faq/other"


ENGLISH = """\
answers:
  faq/tax:
    of: {of}
    title: Tax
    sms: [{{text: "The rate is {{rate}}.", otherwise: "The rate changes."}}]
    full: [{{text: "After {{age}}.", otherwise: "It depends."}}]
"""
UNITS = "units: {'%': '%', ans: years}"


def translated(folder: Path, text: str = ENGLISH, units: str = UNITS, french: str = GOOD) -> Knowledge:
    of = load(folder / "first").topics["faq/tax"].french.fingerprint
    write(folder, "k.en.yml", text.format(of=of))
    write(folder, "facts.en.yml", units)
    return load(folder, french)


def test_a_translation_is_told_with_translated_units(tmp_path: Path) -> None:
    answer = translated(tmp_path).answer("faq/tax", date(2026, 11, 23), "(to check)", "en")
    assert (answer.language, answer.title, answer.sms) == ("en", "Tax", "The rate is 12 %.")
    assert answer.full == ("After 3 years (to check).",)
    assert translated(tmp_path).answer("faq/tax", date(2026, 11, 23), "", "tr").language == "fr"


def test_a_translated_figure_is_shown_while_it_is_the_one_of_today(tmp_path: Path) -> None:
    words = UNITS + "\nvalues: {rate: {of: '12 %', text: 'twelve percent'}}"
    assert translated(tmp_path, units=words).answer("faq/tax", date(2026, 11, 23), "", "en").sms == (
        "The rate is twelve percent."
    )
    later = translated(tmp_path, units=words, french=GOOD.replace('value: "12"', 'value: "13"'))
    assert later.answer("faq/tax", date(2026, 11, 23), "", "en").sms == "The rate is 13 %."
    assert [problem.what for problem in later.content.stale] == ["rate in en translates another figure"]


def test_a_translation_of_an_older_text_is_not_told(tmp_path: Path) -> None:
    knowledge = translated(tmp_path, french=GOOD.replace("Le taux change", "Le taux bouge"))
    assert knowledge.language("faq/tax", "en") == "fr"
    assert knowledge.answer("faq/tax", date(2026, 11, 23), "", "en").sms == "Le taux est 12 %."
    assert [problem.what for problem in knowledge.content.stale] == ["faq/tax in en translates another French text"]


@pytest.mark.parametrize(
    ("text", "units", "what"),
    [
        (ENGLISH.replace("faq/tax", "faq/none"), UNITS, "faq/none is not answered in French"),
        (ENGLISH, "units: {'%': '%'}", "age cannot be said in en"),
        (ENGLISH, UNITS + "\nvalues: {rat: twelve}", "no fact is called rat"),
        (ENGLISH, UNITS + "\nvalues: {rate: twelve}", "rate does not say which figure it translates"),
        (ENGLISH.replace("The rate changes.", "The rate is 12."), UNITS, "the figure “1” is typed in a text"),
    ],
)
def test_faults_of_translations(tmp_path: Path, text: str, units: str, what: str) -> None:
    with pytest.raises(AuthoringError) as error:
        translated(tmp_path, text, units)
    assert any(what in problem.what for problem in error.value.problems)


def test_topics_are_known_by_id_and_title(tmp_path: Path) -> None:
    knowledge = load(tmp_path)
    assert "faq/tax" in knowledge
    assert "faq/none" not in knowledge
    assert knowledge.title("faq/tax") == "Impôts"
    with pytest.raises(KeyError):
        knowledge.answer("faq/none", date(2026, 11, 23))


DAY = date(2026, 11, 23)
REAL = load_knowledge()
SOURCE = Source("s", "S", "https://example.org", "official")
FACTS = st.builds(
    lambda rank, days, certainty: Fact(
        f"f{rank}", f"<{rank}>", "€", SOURCE, DAY - timedelta(days=30), DAY + timedelta(days=days), certainty
    ),
    st.integers(0, 5),
    st.integers(-40, 40),
    st.sampled_from(CERTAINTIES),
)


@given(st.lists(FACTS, min_size=1, max_size=6, unique_by=lambda fact: fact.id), st.integers(-60, 60), st.data())
def test_no_unsure_or_stale_figure_is_ever_shown(facts: list[Fact], days: int, data: st.DataObject) -> None:
    on = DAY + timedelta(days=days)
    names = st.lists(st.sampled_from([fact.id for fact in facts]), max_size=3)
    used = [tuple(data.draw(names)) for _ in range(3)]
    sentences = tuple(Sentence("x " + " ".join(f"{{{name}}}" for name in each), "otherwise", each) for each in used)
    topic = Topic("t", Wording("T", sentences, sentences), "r", "https://example.org", (SOURCE,), DAY)
    answer = Knowledge({"t": topic}, {fact.id: fact for fact in facts}).answer("t", on)
    said = answer.sms + "".join(answer.full)
    for fact in facts:
        if fact.certainty == "unsure" or on > fact.review_by:
            assert fact.value not in said
    assert "{" not in said
    assert said


@given(st.sampled_from(sorted(REAL.topics)), st.dates(date(2026, 1, 1), date(2032, 12, 31)))
def test_the_real_answers_are_true_or_silent_on_any_day(topic_id: str, on: date) -> None:
    answer = REAL.answer(topic_id, on, "(à vérifier)")
    assert answer.sms
    assert answer.full
    allowed = {_said(sentence, on) for sentence in REAL.topics[topic_id].full}
    assert set(answer.full) <= allowed


def _said(sentence: Sentence, on: date) -> str:
    facts = [REAL.facts[name] for name in sentence.facts]
    if any(fact.certainty == "unsure" or on > fact.review_by for fact in facts):
        return sentence.otherwise
    last = [fact.id for fact in facts if fact.certainty == "older"][-1:]
    values = {fact.id: fact.show("(à vérifier)" if fact.id in last else "") for fact in facts}
    said = sentence.text.format(**values) if facts else sentence.text
    return said.replace("(à vérifier))", "à vérifier)")  # a remark at the end of a remark needs no brackets of its own


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [("source: gov,", "source: nobody,", 5), ("checked_on: 2026-11-01", "checked_on: soon", 5), ("[gov]", "[]", 8)],
)
def test_what_follows_from_a_fault_is_not_told_beside_it(tmp_path: Path, old: str, new: str, line: int) -> None:
    with pytest.raises(AuthoringError) as error:
        load(tmp_path, GOOD.replace(old, new))
    assert [problem.line for problem in error.value.problems] == [line]


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ('title: "Service public", ', "", 2, "lacks a title or an https address"),
        ("https://example.org/a", "http://example.org/a", 2, "lacks a title or an https address"),
        ("source: gov", "source: nobody", 5, "no source is called nobody"),
        ("checked_on: 2026-11-01", "checked_on: soon", 5, "checked_on is not a date: soon"),
        ("checked_on: 2026-11-01", "checked_on: !!timestamp soon", 5, "checked_on is not a date: soon"),
        ("checked_on: 2026-11-01", "checked_on: 2026-13-45", 5, "checked_on is not a date: 2026-13-45"),
        ("review_by: 2027-01-31", "review_by: null", 5, "review_by is not a date"),
        ("certainty: official", "certainty: sure", 5, "rate has no certainty"),
        ('value: "12"', 'value: ""', 5, "rate has no value"),
        ("  rate: {", "  rate: 3\n  spare: {", 5, "checked_on is not a date"),
        ("      - Une phrase", "      - Une {phrase}", 13, "no fact is called phrase"),
        ("      - Une phrase", "      - Une {rate}", 13, "a sentence with a figure has no otherwise"),
        ('"Le taux change."', '"Le taux {rate}."', 11, "an otherwise names a fact"),
        ('    sms:\n      - {text: "Le taux est {rate}.", otherwise: "Le taux change."}\n', "", 9, "no sms sentences"),
        ("    sources: [gov]\n", "", 8, "lacks sources, checked_on or a page"),
        ("    sources: [gov]\n", "    sources: gov\n", 8, "lacks sources, checked_on or a page"),
        ("    sources: [gov]", "    sources: [gone]", 8, "no source is called gone"),
        ("    sources: [gov]", "    sources: [[gov]]", 8, "no source is called ['gov']"),
        ("      - Une phrase", "      - No\n      - Une phrase", 13, "a sentence has no words"),
        ("    checked_on: 2026-11-10", "    checked_on: 10/11/2026", 16, "checked_on is not a date: 10/11/2026"),
        ('    read: {title: Lire, url: "https://example.org/c"}\n', "    read: here\n", 8, "a page to read"),
        ("[faq/tax]", "3", 18, "follow_ups is no list"),
        ("[faq/tax]", "[faq/none]", 8, "faq/tax leads to faq/none, unanswered"),
        ("Une phrase sans chiffre.", "Une phrase de 12 mots.", 13, "the figure “1” is typed"),
        ("Une phrase sans chiffre.", "Attendez trois mois.", 13, "the figure “trois mois” is typed"),
        ("Une phrase sans chiffre.", "Une {rate phrase.", 13, "a brace is left open"),
        ('"Le taux change."', '"Le taux reste 12 %."', 11, "the figure “1” is typed"),
        ("title: Impôts", "title: Impôts 2026", 8, "the figure “2” is typed"),
        ("publisher: secondary", "publisher: me", 3, "the source old has no publisher"),
        ("review_by: 2027-01-31", "review_by: 2026-11-01", 5, "rate must be reviewed before it is checked"),
        ("    offer: place:bus", "    ofer: place:bus", 19, "faq/tax has no key ofer"),
        ("answers:\n", "answers:\n  faq/same: {same_as: faq/none}\n", 8, "faq/same is faq/none, unanswered"),
    ],
)
def test_faults_of_answers(tmp_path: Path, old: str, new: str, line: int, what: str) -> None:
    assert GOOD.count(old) == 1
    with pytest.raises(AuthoringError) as error:
        load(tmp_path, GOOD.replace(old, new))
    found = [(Path(problem.file).name, problem.line, problem.what) for problem in error.value.problems]
    assert any(file == "k.yml" and at == line and what in said for file, at, said in found), found
    assert all(problem.cure for problem in error.value.problems)


def test_facts_topics_and_sources_stand_once_over_all_files(tmp_path: Path) -> None:
    write(tmp_path, "j.yml", GOOD)
    with pytest.raises(AuthoringError) as error:
        load(tmp_path)
    said = " ".join(problem.what for problem in error.value.problems)
    assert "the source old stands twice" in said
    assert "the fact rate stands twice" in said
    assert "faq/tax is answered twice" in said


def test_a_file_that_cannot_be_read_is_told_alone(tmp_path: Path) -> None:
    write(tmp_path, "facts.yml", "facts: [")
    with pytest.raises(AuthoringError) as error:
        load(tmp_path, GOOD.replace("[faq/tax]", "[faq/elsewhere]"))
    assert [Path(problem.file).name for problem in error.value.problems] == ["facts.yml"]
