"""What a sentence says before anything is known."""

from __future__ import annotations

import pytest

from aiaudit.model.types import INT, STRING, list_of, record
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
        (  # parts that are joined where they are said
            "{[of == 0 ? '' : string(of) + ' calls are never read', name == '' ? '' : 'and ' + name + ' is not there']"
            ".filter(t, t != '').join('; ')}.",
            ["N calls are never read.", "And … is not there."],
        ),
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


def test_of_many_sentences_none_is_left_out() -> None:
    several = choice([(compile(f"of == {n}", NAMES), template(f"There are {n} of them.", NAMES)) for n in range(9)])
    assert len(outlines(several)) == 9


def test_a_sentence_that_is_a_field_of_a_list_is_told_by_what_the_list_is_made_of() -> None:
    names = {"all": list_of(record("row", told=STRING)), "found": list_of(STRING), "mine": list_of(STRING)}
    source = "found.map(f, {'told': 'the rule ' + f + ' lets all in'}) + mine.map(m, {'told': 'it is open to all'})"
    made = {"all": compile(source, names)}
    said = outlines(template("{all[0].told}.", names), made=lambda name: made[name].node if name in made else None)
    assert list(said) == ["The rule … lets all in.", "It is open to all."]


def test_what_is_known_all_the_same_is_said() -> None:
    sentence = template("{of} of at most {name}, and {name + 's'}.", NAMES)
    assert list(outlines(sentence, values={"name": "seven"})) == ["N of at most seven, and …s."]
