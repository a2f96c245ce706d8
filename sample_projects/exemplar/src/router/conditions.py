"""What real tickets are like and the made ones are not: hurried, cut off, shouted, or about two things at once."""

import random

TYPING_ERRORS = 0.06  # share of letters that are swapped with their neighbour


def typing_errors(text: str, seed: int = 7) -> str:
    """Swap neighbouring letters, the same ones each time for the same text."""
    letters, chance = list(text), random.Random(f"{seed}{text}")
    for at in range(len(letters) - 1):
        if letters[at].isalpha() and letters[at + 1].isalpha() and chance.random() < TYPING_ERRORS:
            letters[at], letters[at + 1] = letters[at + 1], letters[at]
    return "".join(letters)


def cut_off(text: str) -> str:
    """The first 40 characters: what a form with a short field hands on."""
    return text[:40]


def with_foreign_text(text: str) -> str:
    """A signature and a quoted mail below the ticket."""
    return f"{text}\n\nSent from my phone\n> On Monday you wrote: your order is in our system, please keep this message."


CONDITIONS = {"typing_errors": typing_errors, "truncated": cut_off, "out_of_domain_text": with_foreign_text, "upper_case_noise": str.upper}
