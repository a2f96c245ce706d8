"""Near duplicates of texts: MinHash to find candidates, the exact Jaccard similarity to decide.

A text is the set of its five-word shingles (of its words where it has fewer), lower-case, without punctuation. One hash
a shingle fills `PLACES` places with the least hash of each (one-permutation hashing, Li, Owen and Zhang 2012; empty
places take the next filled one, Shrivastava and Li 2014): an estimate of Jaccard similarity as 64 permutations give it,
at the cost of one. Sixteen bands of four places bring together pairs of similarity 0.8 with probability 0.9998.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final
from zlib import crc32

import re2

PLACES: Final = 64
SIMILAR: Final = 0.8
_ROWS: Final = 4
_WORDS: Final = 5
_WORD: Final = re2.compile(r"\w+")
_MIX: Final = 0x9E3779B97F4A7C15  # 2⁶⁴ / golden ratio: spreads CRC-32, which is linear (Fibonacci hashing)
_MASK: Final = (1 << 64) - 1
_CROWD: Final = 50  # texts of one band that are compared with a text

Shingles = frozenset[int]


def shingles(text: str) -> Shingles:
    """The text's shingles as 64-bit hashes; empty for a text without a word."""
    words = _WORD.findall(text.lower())
    if len(words) < _WORDS:
        return frozenset(_hash(word) for word in words)
    return frozenset(_hash(" ".join(words[i : i + _WORDS])) for i in range(len(words) - _WORDS + 1))


def jaccard(a: Shingles, b: Shingles) -> float:
    """|a ∩ b| / |a ∪ b|; 0 for two empty sets."""
    union = len(a | b)
    return len(a & b) / union if union else 0.0


class Index:
    """Texts that can be asked for one that is similar."""

    def __init__(self) -> None:
        self._bands: list[dict[tuple[int, ...], list[int]]] = [defaultdict(list) for _ in range(PLACES // _ROWS)]
        self._texts: list[Shingles] = []

    def add(self, text: Shingles) -> None:
        """Keep a text. Empty ones are like nothing."""
        if not text:
            return
        for band, key in zip(self._bands, _keys(signature(text)), strict=True):
            if len(band[key]) < _CROWD:
                band[key].append(len(self._texts))
        self._texts.append(text)

    def holds(self, text: Shingles) -> bool:
        """Whether a kept text has a similarity of at least `SIMILAR`."""
        if not text:
            return False
        tried: set[int] = set()
        for band, key in zip(self._bands, _keys(signature(text)), strict=True):
            for number in band.get(key, ()):
                if number not in tried:
                    tried.add(number)
                    if jaccard(text, self._texts[number]) >= SIMILAR:
                        return True
        return False


def near_duplicates(texts: Iterable[str]) -> int:
    """Texts that are similar to an earlier one (equal ones included)."""
    index, count = Index(), 0
    for text in texts:
        found = shingles(text)
        if index.holds(found):
            count += 1
        else:
            index.add(found)
    return count


def signature(text: Shingles) -> list[int]:
    """The least hash of each place; empty places take the next filled one, marked by the distance."""
    places = [-1] * PLACES
    for value in text:
        place, rest = value & (PLACES - 1), value >> 6
        if places[place] < 0 or rest < places[place]:
            places[place] = rest
    filled = list(places)
    for i in range(PLACES):
        distance = 0
        while places[(i + distance) % PLACES] < 0:
            distance += 1
        filled[i] = places[(i + distance) % PLACES] + (distance << 58) if distance else places[i]
    return filled


def _keys(places: Sequence[int]) -> Iterator[tuple[int, ...]]:
    for start in range(0, PLACES, _ROWS):
        yield tuple(places[start : start + _ROWS])


def _hash(text: str) -> int:
    # Two CRCs, so that different shingles do not meet by chance among millions.
    data = text.encode("utf-8", "surrogatepass")
    low = crc32(data)
    value = ((crc32(data, low ^ 0xA5A5A5A5) << 32 | low) * _MIX) & _MASK
    return value ^ (value >> 29)
