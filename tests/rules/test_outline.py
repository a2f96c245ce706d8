"""What a sentence says before anything is known."""

from __future__ import annotations

import pytest

from aiaudit.model.types import INT, STRING, list_of
from aiaudit.rules import choice, compile, template
from aiaudit.rules.outline import outlines

NAMES = {"found": list_of(STRING), "of": INT, "name": STRING}


@pytest.mark.parametrize(
    ("sentence", "wordings"),
    [
        ("Nothing is there.", ["Nothing is there."]),
        ("{found.size()} of {of} [call has|calls have] none.", ["N of N calls have none."]),
        ("{name} is read.", ["… is read."]),
        ("They {of == 1 ? 'is' : 'are'} read.", ["They are read."]),
        (
            "{of == 0 ? 'There is no test at all' : string(of) + ' tests are never run'}.",
            ["There is no test at all.", "N tests are never run."],
        ),
        (
            "{of == 0 ? 'There is no test at all' : of == 1 ? 'One test is never run' : name + ' is never run here'}.",
            ["There is no test at all.", "One test is never run.", "… is never run here."],
        ),
        (  # two that touch are never said together
            "{of == 0 ? 'It is found out late' : 'It runs on time, but '}{of == 0 ? '' : name + ' is never read here'}.",
            ["It is found out late.", "It runs on time, but … is never read here."],
        ),
        (
            "{of == 0 ? 'It is declared, and not called.' : ''}{of > 0 ? string(of) + ' calls were seen.' : ''}",
            ["It is declared, and not called."],
        ),
        ("It is read{of > 0 ? ', and more than once' : ''}.", ["It is read, and more than once."]),
    ],
)
def test_wordings(sentence, wordings) -> None:
    assert list(outlines(template(sentence, NAMES))) == wordings


def test_the_wordings_of_several_sentences() -> None:
    several = choice(
        [
            (compile("of == 0", NAMES), template("There is no test.", NAMES)),
            (compile("of == 1", NAMES), template("{name} is {of > 3 ? 'often read by others' : 'not read by anybody here'}.", NAMES)),
            (None, template("{of} are read.", NAMES)),
        ]
    )  # fmt: skip
    assert list(outlines(several)) == [
        "There is no test.",
        "… is often read by others.",
        "… is not read by anybody here.",
        "N are read.",
    ]


def test_what_is_known_all_the_same_is_said() -> None:
    sentence = template("{of} of at most {name}, and {name + 's'}.", NAMES)
    assert list(outlines(sentence, values={"name": "seven"})) == ["N of at most seven, and …s."]
