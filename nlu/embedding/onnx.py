"""An embedder read from an ONNX file, with its `tokenizer.json` beside it, where onnxruntime is installed."""

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nlu.embedding import runtime
from nlu.embedding.base import Vectors, presentable, unit
from nlu.errors import EmbeddingError

MAX_TOKENS = 256
TOKENIZER = "tokenizer.json"


class OnnxEmbedder:
    """Averages the last hidden states over a text's tokens, as E5 and most sentence models want."""

    def __init__(self, path: Path, prefix: str = "query: ") -> None:
        try:
            library = runtime.load()
            tokenizers: Any = importlib.import_module("tokenizers")
        except ImportError as error:
            raise EmbeddingError(f"{error.name} is not installed. Run: pip install onnxruntime tokenizers") from None
        missing = next((file for file in (path, path.with_name(TOKENIZER)) if not file.is_file()), None)
        if missing is not None:
            raise EmbeddingError(f"{missing}: there is no such file. Put the model and its {TOKENIZER} side by side")
        self._tokenizer = tokenizers.Tokenizer.from_file(str(path.with_name(TOKENIZER)))
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._session = library.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        self._inputs = {entry.name for entry in self._session.get_inputs()}
        self._prefix = prefix
        self.name = f"onnx/{path.name}/{path.stat().st_size}/{prefix.strip()}"

    def embed(self, texts: Sequence[str]) -> Vectors:
        return np.concatenate([self._one(text) for text in texts]) if texts else np.zeros((0, 0), np.float32)

    def _one(self, text: str) -> Vectors:
        encoded = self._tokenizer.encode(self._prefix + presentable(text))
        ids = np.asarray([encoded.ids], dtype=np.int64)
        feeds = {
            "input_ids": ids,
            "attention_mask": np.ones_like(ids),
            "token_type_ids": np.zeros_like(ids),
        }
        try:
            states = self._session.run(None, {name: feed for name, feed in feeds.items() if name in self._inputs})[0]
        except Exception as error:  # onnxruntime's errors share no base class
            raise EmbeddingError(f"the ONNX model cannot read a text ({error})") from None
        return unit(np.asarray(states, dtype=np.float32).mean(axis=1))
