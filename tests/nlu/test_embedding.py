"""Embedders behind their port, the vectors kept of them, and an engine that loses one."""

import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from nlu.embedding import bundled, runtime
from nlu.embedding.base import MAX_CHARACTERS, Vectors, presentable
from nlu.embedding.bundled import BundledEmbedder
from nlu.embedding.choose import at_hand, named
from nlu.embedding.onnx import OnnxEmbedder
from nlu.embedding.remote import REST, RemoteEmbedder
from nlu.embedding.store import VectorStore
from nlu.embedding.weights import Weights
from nlu.engine import Engine
from nlu.errors import EmbeddingError
from nlu.model import Model
from tests.nlu.conftest import EMBEDDER, LetterPairs
from tests.understanding import KEPT

ODD = ["", " ", "\x00", "\ud800", "🛸", "\u202eمرحبا", "a" * 20_000, "ﷺ" * 20_000]


class Counting(LetterPairs):
    """Remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.asked += texts
        return super().embed(texts)


class Away(LetterPairs):
    """Of the same name, but never answers."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        raise EmbeddingError("away")


@pytest.mark.parametrize("text", ODD)
def test_any_text_is_made_presentable(text: str) -> None:
    clean = presentable(text)
    assert clean.encode("utf-8")
    assert 0 < len(clean) <= MAX_CHARACTERS + 1


def test_the_bundled_embedder_places_like_meanings_close_in_any_language() -> None:
    embedder = BundledEmbedder(KEPT)
    french, english, other = embedder.embed(["je veux un rendez-vous", "I want an appointment", "recette des crêpes"])
    assert french @ english > french @ other
    assert embedder.embed(ODD).shape == (len(ODD), len(french))
    assert embedder.embed([]).shape == (0, len(french))
    assert np.linalg.norm(french) == pytest.approx(1, abs=1e-3)


def test_threads_share_the_bundled_embedder() -> None:
    embedder = BundledEmbedder(KEPT)
    texts = ["je veux un rdv", "c quoi l'acre", "bonjour"]
    wanted, got = embedder.embed(texts), list[Vectors]()
    threads = [threading.Thread(target=lambda: got.append(embedder.embed(texts))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 4
    assert all(np.array_equal(one, wanted) for one in got)


def test_what_the_embedder_makes_ready_is_kept_and_made_again_when_damaged(tmp_path: Path) -> None:
    first = BundledEmbedder(tmp_path).embed(["bonjour"])
    (ready,) = tmp_path.iterdir()
    made = (ready / bundled.ENCODER).stat().st_mtime_ns
    np.testing.assert_array_equal(BundledEmbedder(tmp_path).embed(["bonjour"]), first)
    assert (ready / bundled.ENCODER).stat().st_mtime_ns == made
    (ready / bundled.ENCODER).write_bytes(b"half a file")
    np.testing.assert_array_equal(BundledEmbedder(tmp_path).embed(["bonjour"]), first)
    assert [folder.name for folder in tmp_path.iterdir()] == [ready.name]


def test_what_another_process_may_be_opening_is_never_taken_away(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    BundledEmbedder(tmp_path)
    (ready,) = tmp_path.iterdir()
    folder, replace, placed = ready.stat().st_ino, Path.replace, list[str]()

    def placing(made: Path, to: Path) -> Path:
        placed.append(to.name)
        return replace(made, to)

    monkeypatch.setattr(Path, "replace", placing)
    (ready / bundled.INDEX).write_bytes(b"half a file")
    BundledEmbedder(tmp_path)
    assert ready.stat().st_ino == folder
    assert set(placed) == {file.name for file in ready.iterdir()}
    assert placed[-1] == bundled.ENCODER  # which names another


def test_an_embedder_that_cannot_keep_anything_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EmbeddingError, match="file"):
        BundledEmbedder(tmp_path / "file")


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("je veux un rendez-vous", 11),
        ("jveu monté un camion pizza a vaulx jsui o rsa", 23),
        ("a  b   c", 8),
        ("🛸", 7),
        ("\u202eمرحبا", 10),
        ("İstanbul'da iş", 9),
        ("ﷺ", 9),
    ],
)
def test_texts_are_cut_into_the_pieces_the_model_was_taught(text: str, pieces: int) -> None:
    """As many as the model's own tokenizer makes, "query: ", beginning and end included."""
    assert len(BundledEmbedder(KEPT).cut(text)) == pieces


def test_of_several_ways_to_cut_a_word_the_likeliest_is_taken() -> None:
    embedder = BundledEmbedder(KEPT)
    assert embedder.cut("rendez-vous")[-4:] == embedder.cut("je rendez-vous")[-4:]
    assert len(set(embedder.cut("a" * 300))) < 10


def test_without_the_package_there_is_no_embedder_and_the_log_says_so_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    monkeypatch.setattr(bundled, "PACKAGE", "no_such_package_anywhere")
    with pytest.raises(EmbeddingError, match="is not installed"):
        named(tmp_path)
    assert at_hand(tmp_path) is None
    assert at_hand(tmp_path) is None
    assert caplog.text.count("no sentence embedding") == 1


@pytest.mark.parametrize("module", ["onnx", "onnxruntime"])
def test_a_library_that_is_missing_is_told_with_its_cure(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, module: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(EmbeddingError, match=f"{module} .*Install the locked requirements"):
        BundledEmbedder(tmp_path)


def test_a_file_of_weights_that_is_cut_short_or_something_else_is_refused(tmp_path: Path) -> None:
    with bundled._carried().open("rb") as file:
        half = file.read(40_000_000)
    for content in (b"", b"E5S1", b"something else altogether" * 9, half):
        (tmp_path / "weights.bin").write_bytes(content)
        with pytest.raises(EmbeddingError, match=r"weights\.bin: not a file of weights"):
            Weights(tmp_path / "weights.bin")


@pytest.fixture
def endpoint() -> Iterator[tuple[str, dict[str, Any]]]:
    """A server that embeds by length, and what it was told; `answer` replaces its answers."""
    heard: dict[str, Any] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            heard.update(path=self.path, token=self.headers.get("Authorization"), body=body)
            data = [{"index": i, "embedding": [len(text), 1.0]} for i, text in enumerate(body["input"])]
            answer = heard.get("answer", {"data": data[::-1]})
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1", heard
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_endpoint_is_asked_as_openai_is(endpoint: tuple[str, dict[str, Any]]) -> None:
    url, heard = endpoint
    rows = RemoteEmbedder(url, "some-model", "secret").embed(["a", "bbb"])
    assert (heard["path"], heard["token"]) == ("/v1/embeddings", "Bearer secret")
    assert heard["body"] == {"model": "some-model", "input": ["query: a", "query: bbb"]}
    assert rows[0][0] < rows[1][0]  # in the order of the texts, whatever the answer's
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("answer", [{}, {"data": []}, {"data": [{"index": 0}]}, {"data": 3}, []])
def test_an_endpoint_that_answers_nonsense_rests(endpoint: tuple[str, dict[str, Any]], answer: Any) -> None:
    url, heard = endpoint
    now = [0.0]
    embedder = RemoteEmbedder(url, "m", clock=lambda: now[0])
    heard["answer"] = answer
    with pytest.raises(EmbeddingError, match="does not answer as it should"):
        embedder.embed(["a"])
    del heard["answer"]
    with pytest.raises(EmbeddingError, match="is away"):
        embedder.embed(["a"])
    now[0] += REST
    assert len(embedder.embed(["a"])) == 1


def test_an_address_that_is_no_web_address_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EmbeddingError, match="Write it whole"):
        named(tmp_path, url="ftp://somewhere")


def test_an_onnx_file_is_read_where_the_runtime_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Session:
        def __init__(self, *_: Any, **__: Any) -> None:
            pass

        def get_inputs(self) -> list[Any]:
            return [SimpleNamespace(name="input_ids"), SimpleNamespace(name="attention_mask")]

        def run(self, _: Any, feeds: dict[str, Any]) -> list[Any]:
            assert set(feeds) == {"input_ids", "attention_mask"}
            if feeds["input_ids"].shape[1] > 20:
                raise RuntimeError("too long")
            return [np.stack([feeds["input_ids"], np.ones_like(feeds["input_ids"])], axis=-1)]

    class Tokens:
        @staticmethod
        def from_file(_: str) -> "Tokens":
            return Tokens()

        def enable_truncation(self, _: int) -> None:
            pass

        def encode(self, text: str) -> Any:
            return SimpleNamespace(ids=[ord(letter) for letter in text])

    silent = SimpleNamespace(InferenceSession=Session, disable_telemetry_events=lambda: None)
    monkeypatch.setitem(sys.modules, "onnxruntime", silent)
    monkeypatch.setitem(sys.modules, "tokenizers", SimpleNamespace(Tokenizer=Tokens))
    with pytest.raises(EmbeddingError, match="there is no such file"):
        named(tmp_path, file=tmp_path / "model.onnx")
    (tmp_path / "model.onnx").write_bytes(b"x")
    (tmp_path / "tokenizer.json").write_text("{}", encoding="utf-8")
    embedder = named(tmp_path, file=tmp_path / "model.onnx")
    assert isinstance(embedder, OnnxEmbedder)
    np.testing.assert_allclose(np.linalg.norm(embedder.embed(["ab", "b"]), axis=1), 1, atol=1e-6)
    with pytest.raises(EmbeddingError, match="cannot read a text"):
        embedder.embed(["a" * 30])


def test_without_the_onnx_runtime_the_cure_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(EmbeddingError, match="pip install onnxruntime tokenizers"):
        OnnxEmbedder(Path("model.onnx"))


def test_the_onnx_runtime_reports_to_nobody(tmp_path: Path) -> None:
    """What it would tell its maker, and under which number, it keeps in the account's cache folder."""
    told = {name: value for name, value in os.environ.items() if name != runtime.SILENCE}
    told |= {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}
    subprocess.run([sys.executable, "-c", "from nlu.embedding import runtime; runtime.load()"], env=told, check=True)
    assert not list(tmp_path.iterdir())


def test_vectors_are_computed_once(tmp_path: Path) -> None:
    counting = Counting()
    path = tmp_path / "vectors.npz"
    fresh = VectorStore(counting, cache=path).vectors(["a b", "c d", "a b"])
    assert counting.asked == ["a b", "c d"]
    kept = VectorStore(counting, cache=path).vectors(["c d", "a b", "e f"])
    assert counting.asked == ["a b", "c d", "e f"]
    np.testing.assert_array_equal(fresh[:2], kept[[1, 0]])
    np.testing.assert_allclose(fresh, EMBEDDER.embed(["a b", "c d", "a b"]), atol=0.01)


def test_vectors_of_another_embedder_or_a_damaged_file_are_not_taken(tmp_path: Path) -> None:
    path = tmp_path / "vectors.npz"
    VectorStore(EMBEDDER, cache=path).vectors(["a b"])
    again, other = Counting(), Counting()
    VectorStore(again, path).vectors(["a b"])
    assert again.asked == []
    path.write_bytes(b"no zip")
    VectorStore(again, path).vectors(["a b"])
    assert again.asked == ["a b"]
    other.name = "another"
    VectorStore(other, path).vectors(["a b"])
    assert other.asked == ["a b"]


def test_an_engine_without_its_embedder_goes_on_by_letters(
    model: Model, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert model.engine(None).parse("je veux un rdv").intent.name == "book_appointment"
    assert "texts are read by their letters" in caplog.text
    caplog.clear()
    engine = model.engine(Away())
    engine.spare = 1.1  # nothing is spared the embedder
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert engine.parse("je veux un rdv").intent.name == "book_appointment"
    assert caplog.text.count("texts are read by their letters: away") == 1
    other = Counting()
    other.name = "another"
    assert model.engine(other).parse("je veux un rdv").intent.name == "book_appointment"
    assert other.asked == []


def test_a_sentence_whose_letters_are_sure_is_not_embedded(model: Model) -> None:
    counting = Counting()
    engine: Engine = model.engine(counting)
    engine.spare = 0.0
    assert engine.parse("je veux un rdv").intent.name == "book_appointment"
    assert counting.asked == []
    engine.spare = 1.1
    assert engine.parse("je veux un rdv").intent.name == "book_appointment"
    assert counting.asked == ["je veux un rdv"]


def test_signs_alone_are_not_embedded(model: Model) -> None:
    counting = Counting()
    engine: Engine = model.engine(counting)
    for text in ("", "???", "🛸🛸", "\u200f\u202e"):
        assert engine.parse(text).intent.name == "out_of_scope"
    assert engine.parse("").intent.confidence == 0
    assert counting.asked == []
