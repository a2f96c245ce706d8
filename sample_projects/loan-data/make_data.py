"""Writes the data of this sample, with the faults that the README lists. Same seed, same bytes."""

import csv
import random
from pathlib import Path

SEED = 20261124
FOLDER = Path(__file__).parent / "data"
HEAD = [
    "application_id", "applicant", "email", "card_number", "gender", "region", "income", "debt", "years_employed",
    "channel", "applied", "decision_code", "approved",
]  # fmt: skip
NAMES = ["Ada Brook", "Ben Carr", "Cleo Dunn", "Dan Ewing", "Eva Finch", "Finn Grey", "Gwen Hale", "Hugo Ives"]


def card(draw: random.Random) -> str:
    """A made-up number with the prefix of an issuer and a valid check digit (Luhn)."""
    digits = [4] + [draw.randint(0, 9) for _ in range(14)]
    total = sum(d if i % 2 else sum(divmod(2 * d, 10)) for i, d in enumerate(digits))
    return "".join(map(str, digits)) + str(-total % 10)


def applications(draw: random.Random, count: int, first: int, *, income: float = 1.0) -> list[list[object]]:
    rows: list[list[object]] = []
    for number in range(first, first + count):
        name = draw.choice(NAMES)
        gender = draw.choice(["f", "m"])
        approved = int(draw.random() < (0.35 if gender == "f" else 0.65))  # planted: GOV-008
        earned = round(draw.lognormvariate(10.5, 0.4) * income)
        rows.append([
            f"L{number:05}", name, f"{name.lower().replace(' ', '.')}{number}@gmail.com", card(draw), gender,
            draw.choices(["north", "south", "east", "island"], [40, 40, 19, 1])[0],  # planted: DATA-009
            earned if draw.random() > 0.05 else -999,  # planted: DATA-003
            round(earned * draw.uniform(0, 0.8)) if draw.random() > 0.4 else "",  # planted: DATA-003
            draw.randint(0, 30), "web",  # planted: DATA-003, a constant
            f"2024-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}",  # planted: DATA-018
            "A" if approved else "R", approved,  # planted: DATA-006
        ])  # fmt: skip
    return rows


def write(name: str, rows: list[list[object]]) -> None:
    with (FOLDER / name).open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([HEAD, *rows])


def main() -> None:
    draw = random.Random(SEED)
    train = applications(draw, 900, 0)
    test = applications(draw, 270, 900)
    again = [[f"L{1170 + i:05}", *row[1:]] for i, row in enumerate(train[:30])]  # planted: DATA-004
    write("train.csv", train)
    write("test.csv", test + again)
    write("current.csv", applications(draw, 600, 2000, income=1.6))  # planted: DATA-016


if __name__ == "__main__":
    main()
