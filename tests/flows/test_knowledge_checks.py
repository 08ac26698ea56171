"""The check of the answers: plain words, one screen, two segments, a person where a mistake costs dear."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from bot.commands.flows import segments
from flows.engine.errors import AuthoringError
from flows.knowledge_base import Knowledge
from flows.knowledge_checks import Subject, advice, check, due
from flows.knowledge_reader import load_knowledge
from flows.knowledge_table import table
from flows.loader import load_domain
from flows.plain_french import faults, rules, unexplained
from tests.flows.test_knowledge import load
from tests.flows.world import write

NOW = date(2026, 11, 23)
DOMAIN = load_domain()
REAL = load_knowledge()
PROJECT = Path(__file__).parents[2]

GOOD = """\
sources:
  gov: {title: "Service public", url: "https://example.org/a", publisher: official}
facts:
  rate: {value: "12", unit: "%", source: gov, checked_on: 2026-11-01, review_by: 2027-01-31, certainty: official}
answers:
  faq/conge_parental:
    title: Impôts
    sms:
      - {text: "Le taux est {rate}.", otherwise: "Le taux change."}
    full:
      - Une phrase simple.
    sources: [gov]
    checked_on: 2026-11-10
    read: {title: Lire, url: "https://example.org/c"}
    offer: human
  dispositif/club:
    title: Un club
    part_of: [faq/conge_parental]
    named: [le club]
    sms: [Un club.]
    full: [Un club pour vous.]
    sources: [gov]
    checked_on: 2026-11-10
    read: {title: Lire, url: "https://example.org/c"}
    offer: human
"""


def subject(knowledge: Knowledge, on: date = NOW) -> Subject:
    return Subject(knowledge, DOMAIN, on, segments)


def test_the_real_answers_have_no_fault() -> None:
    assert check(subject(REAL)) == []


def test_a_plain_answer_has_no_fault(tmp_path: Path) -> None:
    assert check(subject(load(tmp_path, GOOD))) == []


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ("Une phrase simple.", "Afin de créer, écrivez.", 11, "says “afin de”"),
        ("Une phrase simple.", "Un. Deux. Trois.", 11, "holds several ideas"),
        ("Une phrase simple.", "Un conseil ; une aide.", 11, "holds several ideas"),
        ("Une phrase simple.", " ".join(["mot"] * 17), 11, "has a sentence of 17 words"),
        ("Une phrase simple.", "Le dossier est étudié par la mairie.", 11, "is in the passive voice"),
        ("Une phrase simple.", "Vous avez droit à une aide.", 11, "says yes or no on a right"),
        ("Une phrase simple.", "Voyez la XYZ.", 11, "does not explain XYZ"),
        (
            "Une phrase simple.",
            "Cette longue phrase occupe. " + "deux bouts de ligne " * 25,
            11,
            "lines of a small phone",
        ),
        ("[Un club.]", f"[Un club. {'Encore ' * 60}]", 16, "SMS segments with its choices"),
        ("offer: human\n  disp", "offer: appointment\n  disp", 6, "does not end with a person"),
        ("Le taux est {rate}.", "Le taux.", 4, "nothing says rate"),
        ("named: [le club]", "named: [le club]\n    same_name: 1", 20, "has no key same_name"),
        ("part_of: [faq/conge_parental]", "part_of: [faq/none]", 16, "is part of faq/none, unanswered"),
    ],
)
def test_faults(tmp_path: Path, old: str, new: str, line: int, what: str) -> None:
    assert GOOD.count(old) == 1

    try:
        found = check(subject(load(tmp_path, GOOD.replace(old, new))))
    except AuthoringError as error:
        found = list(error.problems)
    said = [(problem.line, problem.what) for problem in found]
    assert any(at == line and what in each for at, each in said), said
    assert all(problem.cure and problem.file.endswith("k.yml") for problem in found)


def test_two_schemes_cannot_share_a_name(tmp_path: Path) -> None:
    twin = GOOD[GOOD.index("  dispositif/club") :].replace("dispositif/club", "dispositif/twin")
    found = [problem.what for problem in check(subject(load(tmp_path, GOOD + twin)))]
    assert any("also names another answer" in what for what in found)


def test_a_language_that_is_offered_has_the_answers_asked_most(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = replace(rules(), languages=("de",), most_asked=("faq/conge_parental",))
    monkeypatch.setattr("flows.knowledge_checks.rules", lambda: changed)
    found = [problem.what for problem in check(subject(load(tmp_path, GOOD)))]
    assert found == ["faq/conge_parental is not told in de"]


def test_a_translation_that_lags_behind_is_a_fault(tmp_path: Path) -> None:
    write(
        tmp_path, "k.en.yml", "answers: {faq/conge_parental: {of: '0', title: Taxes, sms: [Short.], full: [Longer.]}}"
    )
    found = check(subject(load(tmp_path, GOOD)))
    assert [(Path(problem.file).name, problem.line) for problem in found] == [("k.en.yml", 1)]
    assert found[0].cure.startswith("read both again, then write of: ")


def test_acronyms_may_be_explained_in_several_ways() -> None:
    assert (
        unexplained(("ABC : une aide.", "DEF (une autre).", "La chambre (GHI).", "JKL, c'est tout.", "Au RSA.")) == []
    )
    assert unexplained(("Écrivez « XYZ » sur la facture. Voyez ABC.",)) == ["ABC"]


def test_en_outre_is_not_outre_mer() -> None:
    assert not list(faults("Outre-mer, en outre-mer même."))


def test_an_expired_figure_is_advice_for_a_month_then_a_fault(tmp_path: Path) -> None:
    known = load(tmp_path, GOOD)
    assert advice(subject(known, date(2027, 1, 31))) == []
    late = advice(subject(known, date(2027, 2, 1)))
    assert [(problem.line, problem.what) for problem in late] == [(4, "rate is silent since 2027-01-31")]
    assert check(subject(known, date(2027, 2, 1))) == []
    assert check(subject(known, date(2027, 3, 3))) == []
    assert check(subject(known, date(2027, 3, 4))) == late
    assert advice(subject(known, date(2027, 3, 4))) == []


def test_due_lists_what_ends_this_month_or_has_ended(tmp_path: Path) -> None:
    known = load(tmp_path, GOOD)
    assert due(known, date(2026, 12, 31)) == []
    assert [fact.id for fact in due(known, date(2027, 1, 1))] == ["rate"]
    assert [fact.id for fact in due(known, date(2027, 3, 1))] == ["rate"]


RIGHTS = (
    "faq/conge_parental",
    "faq/situation_mineur",
    "faq/titre_sejour",
    "faq/demandeur_asile_refugie",
    "faq/handicap_aah",
    "faq/rsa",
    "faq/interdit_bancaire",
    "faq/travail_informel",
    "faq/casier_sortie_prison",
)


@pytest.mark.parametrize("topic", RIGHTS)
def test_what_depends_on_a_file_ends_with_a_person_on_any_day(topic: str) -> None:
    for on in (NOW, date(2030, 1, 1)):
        for name in (topic, f"{topic}/plus"):
            assert subject(REAL, on).said(name).choices[0].payload == "/talk_to_human"


@pytest.mark.parametrize("topic", ["faq/rsa", "faq/prime_activite", "faq/maintien_are", "faq/arce", "faq/handicap_aah"])
def test_who_pays_an_allowance_does_the_sum(topic: str) -> None:
    said = subject(REAL).said(topic).texts[""]
    assert any(who in said for who in ("CAF", "France Travail"))


def test_the_page_is_up_to_date_and_names_every_answer() -> None:
    page = (PROJECT / "docs" / "knowledge.md").read_text(encoding="utf-8")
    assert page == table(subject(REAL, max(topic.checked_on for topic in REAL.topics.values())))
    assert all(f"| `{topic}` |" in page for topic in REAL.topics)


def test_every_answer_is_one_or_two_segments_with_its_source_and_date() -> None:
    for topic in REAL.topics:
        assert subject(REAL).cost(topic) <= 2, topic
        for text in subject(REAL).said(topic).texts.values():
            assert "Source : " in text
            assert "/11/2026" in text
