"""MinHash: its estimate, and near duplicates against comparing all pairs."""

from __future__ import annotations

import random

import pytest

from aiaudit.data.near import PLACES, SIMILAR, Index, jaccard, near_duplicates, shingles, signature

WORDS = [f"word{i}" for i in range(400)]


def text(draw, n=60):
    return " ".join(draw.choice(WORDS) for _ in range(n))


def changed(draw, original, edits):
    words = original.split()
    for _ in range(edits):
        words[draw.randrange(len(words))] = draw.choice(WORDS)
    return " ".join(words)


def test_the_signature_estimates_the_similarity():
    draw = random.Random(1)
    errors = []
    for edits in (0, 1, 2, 3, 5, 8):
        for _ in range(20):
            one = text(draw, 200)
            a, b = shingles(one), shingles(changed(draw, one, edits))
            alike = sum(x == y for x, y in zip(signature(a), signature(b), strict=True)) / PLACES
            errors.append(alike - jaccard(a, b))
    assert abs(sum(errors) / len(errors)) < 0.02
    assert max(map(abs, errors)) < 0.25


@pytest.mark.parametrize("seed", range(3))
def test_near_duplicates_are_those_of_all_pairs(seed):
    draw = random.Random(seed)
    texts = [text(draw) for _ in range(60)]
    texts += [changed(draw, draw.choice(texts[:60]), draw.choice((0, 1, 4))) for _ in range(60)]
    kept, expected = [], 0
    for one in map(shingles, texts):
        if any(jaccard(one, other) >= SIMILAR for other in kept):
            expected += 1
        else:
            kept.append(one)
    assert near_duplicates(texts) == expected > 10


def test_case_and_punctuation_do_not_count_and_nothing_is_like_nothing():
    assert near_duplicates(["Hello, big wide world out there!", "hello big wide world out there"]) == 1
    assert near_duplicates(["", "", "…"]) == 0
    index = Index()
    index.add(shingles("a b c"))
    assert index.holds(shingles("c b a"))
    assert not index.holds(shingles("x y z"))
