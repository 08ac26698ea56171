"""What every engine keeps, whichever reads: the embedded one, and Rasa with our component (`make rasa-test`)."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nlu.embedding.choose import at_hand
from nlu.engine import Engine
from nlu.errors import RemoteError
from nlu.model import Model
from nlu.remote import RasaServer
from nlu.understanding import Understanding
from tests.nlu import rasa_process
from tests.nlu.rasa_process import RasaProcess
from tests.understanding import KEPT, understanding

Parse = Callable[[str], Understanding]
ROUNDING = 0.05
"""One trained model under two versions of numpy and of onnxruntime; no more may part its confidences."""
PARITY = (Path(__file__).parent / "parity.txt").read_text(encoding="utf-8").splitlines()
SECRET = "ma soeur fatoumata"

MESSAGES: list[tuple[str, str]] = [
    ("bonjour", "greet"),
    ("jveu un rdv stp", "book_appointment"),
    ("j'aimerais déplacer mon rendez-vous", "reschedule_appointment"),
    ("annulez mon rdv svp", "cancel_appointment"),
    ("je veux parler à quelqu'un", "talk_to_human"),
    ("c'est quoi l'acre", "faq/acre"),
    ("c koi citeslab", "faq/citeslab"),
    ("où vous trouver près de chez moi", "find_place"),
    ("merci bcp", "thanks"),
    ("recette du tiramisu", "out_of_scope"),
]
STRANGE = [
    "",
    " ",
    "\x00",
    "🛸🛸",
    "\u202eabc",
    "\ud800",
    "ⵀⵔⵎ ⵜⴱ",
    "x" * 20_000,
    "a " * 5_000,
    "[",
    '{"text": 1}',
]


@pytest.fixture(scope="module")
def rasa_process_(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RasaProcess]:
    """A real Rasa server."""
    if lacking := rasa_process.missing():
        pytest.skip(f"RASA IS NOT TESTED: {lacking}. Run: make rasa-test")
    with rasa_process.running(tmp_path_factory.mktemp("rasa")) as process:
        yield process


@pytest.fixture(scope="module")
def rasa(rasa_process_: RasaProcess) -> Parse:
    """Rasa, as the assistant asks it."""
    return RasaServer(rasa_process_.url, rasa_process_.token, "out_of_scope", timeout=20).parse


@pytest.fixture(scope="module")
def inside(rasa_process_: RasaProcess, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """Our engine in this process, with the very model that Rasa trained and serves."""
    return Model.load(rasa_process.our_model(tmp_path_factory.mktemp("model"))).engine(at_hand(KEPT))


@pytest.fixture(scope="module")
def embedded() -> Engine:
    """The assistant's own engine."""
    return understanding()


@pytest.fixture(params=["embedded", pytest.param("rasa", marks=pytest.mark.rasa)])
def parse(request: pytest.FixtureRequest) -> Parse:
    """Each engine in turn."""
    engine = request.getfixturevalue(request.param)
    return engine.parse if isinstance(engine, Engine) else engine


@pytest.mark.parametrize(("text", "intent"), MESSAGES)
def test_it_knows_what_is_meant(parse: Parse, text: str, intent: str) -> None:
    assert parse(text).intent.name == intent


@pytest.mark.parametrize("text", [*(text for text, _ in MESSAGES), *STRANGE], ids=lambda text: ascii(text)[:20])
def test_an_understanding_is_whole(parse: Parse, text: str) -> None:
    understood = parse(text)
    assert understood.text == text
    assert understood.intent == understood.ranking[0]
    assert all(0 <= intent.confidence <= 1 for intent in understood.ranking)
    names = [intent.name for intent in understood.ranking]
    assert len(set(names)) == len(names)
    for entity in understood.entities:
        assert text[entity.start : entity.end] == entity.text
    json.dumps(understood.to_rasa())


@pytest.mark.parametrize("text", STRANGE, ids=lambda text: ascii(text)[:20])
def test_what_nobody_understands_is_never_sure_of_an_answer(parse: Parse, text: str) -> None:
    intent = parse(text).intent
    assert intent.name == "out_of_scope" or intent.confidence < 0.9


def test_entities_have_values_that_flows_can_use(parse: Parse) -> None:
    text = "  rdv mardi 14h à Vaulx-en-Velin, 06 39 98 12 34 "
    found = {entity.entity: entity for entity in parse(text).entities}
    assert found["date"].value == {"weekday": 1}
    assert found["time"].value == {"from": "14:00", "to": None, "exact": True}
    assert found["commune"].value == {"insee_code": "69256", "name": "Vaulx-en-Velin"}
    assert found["phone"].value == "+33639981234"
    assert found["commune"].text == "Vaulx-en-Velin"


@pytest.mark.rasa
def test_rasas_answers_are_ours(rasa: Parse, inside: Engine) -> None:
    for text in PARITY:
        theirs, ours = rasa(text), inside.parse(text)
        assert theirs.intent.name == ours.intent.name, text
        assert theirs.intent.confidence == pytest.approx(ours.intent.confidence, abs=ROUNDING), text
        assert theirs.entities == ours.entities, text


@pytest.mark.rasa
def test_training_inside_rasa_gives_the_assistants_own_model(inside: Engine, embedded: Engine) -> None:
    apart = [text for text in PARITY if inside.parse(text).intent.name != embedded.parse(text).intent.name]
    assert len(apart) <= 0.05 * len(PARITY), apart
    for text in PARITY:
        assert inside.parse(text).entities == embedded.parse(text).entities, text


@pytest.mark.rasa
@pytest.mark.parametrize("token", [None, "a wrong one"])
def test_rasa_answers_nobody_without_its_token(rasa_process_: RasaProcess, token: str | None) -> None:
    with pytest.raises(RemoteError, match="401"):
        RasaServer(rasa_process_.url, token, timeout=20).parse("bonjour")


@pytest.mark.rasa
def test_rasa_writes_down_nothing_that_was_said(rasa_process_: RasaProcess, rasa: Parse) -> None:
    rasa(SECRET)
    log = rasa_process_.log.read_text(encoding="utf-8")
    assert SECRET not in log
    assert rasa_process_.token not in log
