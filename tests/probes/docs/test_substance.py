"""What counts as words of substance."""

from __future__ import annotations

import time

import pytest

from aiaudit.probes.docs.substance import numbers_in, weigh


def test_prose_counts() -> None:
    found = weigh(["The model ranks support tickets by urgency.", "It reaches 93.5 % on 1,200 held-out tickets."])
    assert found.words == 14
    assert found.placeholder_ratio == 0.0
    assert found.numbers == (93.5, 1200.0)


@pytest.mark.parametrize(
    "line",
    [
        "[More Information Needed]",
        "TODO: write about limitations",
        "TBD",
        "Lorem ipsum dolor sit amet, consectetur adipiscing elit",
        "[Insert the model's name]",
        "{{ model_description }}",
        "<your text>",
        "Coming soon.",
        "Describe the intended use here.",
        "Use the code below to get started with the model.",
        "Users (both direct and downstream) should be made aware of the risks, biases and limitations of the model.",
        "For what purpose was the dataset created?",
        "**Was there a specific task in mind?**",
        "To be completed by the data team",
    ],
)
def test_template_text_does_not(line: str) -> None:
    found = weigh([line])
    assert found.words == 0
    assert found.placeholder_ratio == 1.0


@pytest.mark.parametrize(
    "line",
    [
        "[![build](https://ci/x.svg)](https://ci/x) ![logo](logo.png)",
        "[Paper](https://a) / [Blog](https://b)",
        "https://example.org/a-long-page-about-everything",
        "|---|:---:|",
        "<br/> <img src='x.png'>",
        "",
    ],
)
def test_badges_and_bare_links_are_nothing(line: str) -> None:
    found = weigh([line])
    assert (found.words, found.empty) == (0, 0)


def test_a_link_inside_a_sentence_keeps_its_words() -> None:
    assert weigh(["We used the [LibriSpeech corpus](https://openslr.org/12) for testing."]).words == 7


def test_a_repeated_sentence_counts_once() -> None:
    assert weigh(["This is a very good model indeed."] * 20).words == 7


def test_questions_inside_prose_are_prose() -> None:
    assert weigh(["Does it drift? We measured it weekly and it does not."]).words > 8


def test_scripts_without_blanks() -> None:
    assert weigh(["このモデルはサポートチケットを緊急度で並べ替えます。"]).words >= 10


def test_numbers() -> None:
    assert numbers_in("F1 0.91, n=1,204, drop -3%, v2.1.0, model-7b, 10x") == [0.91, 1204.0, -3.0]


def test_hostile_lines_cost_little_time() -> None:
    for piece in ("[", "![a](", "<a ", "(", "1,000", "a.", "http://", "{{", "[..."):
        started = time.process_time()
        weigh([piece * (4000 // len(piece))] * 50)
        assert time.process_time() - started < 2, piece


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("F1 0,71 (0,69 bis 0,73), 12,5 %", [0.71, 0.69, 0.73, 12.5]),
        ("41,000 rows, 1,234,567.8 in all", [41_000, 1_234_567.8]),
        ("rows 3,4,5", [3, 4, 5]),
    ],
)
def test_a_comma_before_one_or_two_digits_is_one_of_decimals(text, numbers):
    assert numbers_in(text) == numbers
