"""Whether a text is written in English, told by the small words that every sentence needs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from aiaudit import lazy

_LEAST_WORDS: Final = 40  # a shorter text tells too little
_LEAST_SHARE: Final = 0.04  # of all words, the small words of the other language; a text in it has some 15 %
_TIMES: Final = 2  # as many of them as of the English ones
_WORD: Final = lazy.regex(r"[^\W\d_]+")
_SMALL: Final = {  # those of the others leave out what is a word in English too
    "English": "the of and to is for with that this are was be on not from by it as at or if must",
    "Indonesian": "yang dan di dari untuk dengan tidak ini itu pada ke adalah atau saat kalau bukan sudah oleh akan",
    "Spanish": "el los las del que una por para con es se como más este esta está pero cuando y",
    "Portuguese": "os das dos que um uma por para com não é são mais como ao pela pelo este esta quando",
    "French": "le les des du et est une pour dans qui que sur avec pas par ne ce cette sont aux ou",
    "German": "der das und ist nicht mit von den dem ein eine für auf werden wird bei sind oder auch als wenn",
    "Italian": "il gli della che una con non è sono più dei nel alla anche questo quando",
    "Dutch": "het een van en dat niet voor met zijn wordt worden aan ook bij naar deze als wanneer",
    "Polish": "nie jest się że dla oraz przez jak są przy po od lub",
    "Turkish": "ve bir bu için ile olarak da de değil daha olan gibi veya kadar sonra",
    "Vietnamese": "của và là các được cho trong không có một khi từ này với để",
}
_ENGLISH: Final = frozenset(_SMALL["English"].split())
_OTHER_WORDS: Final = {name: frozenset(words.split()) - _ENGLISH for name, words in _SMALL.items()}


def other_language(lines: Iterable[str]) -> str:
    """The name of the language where a text is surely not English ("another script" where no Latin letters are used);
    "" for English, for a short text and where it is not clear."""
    letters = foreign = 0
    words: list[str] = []
    for line in lines:
        words += (word.lower() for word in _WORD.findall(line))
        letters += sum(char.isalpha() for char in line)
        foreign += sum(char > "\u0370" and char.isalpha() and not "\u1e00" <= char <= "\u1eff" for char in line)
    if letters >= 100 and foreign > letters / 3:
        return "another script"
    if len(words) < _LEAST_WORDS:
        return ""
    english = sum(word in _ENGLISH for word in words)
    name, count = max(
        ((name, sum(word in small for word in words)) for name, small in _OTHER_WORDS.items()), key=lambda one: one[1]
    )
    return name if count >= _LEAST_SHARE * len(words) and count > _TIMES * english else ""
