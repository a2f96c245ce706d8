"""The score of a CVSS v4.0 vector: published scores of 270 macrovectors, interpolated as the specification says.

A macrovector is six digits (EQ1 to EQ6), each a level of some of the metrics. Between it and the next lower ones a
vector's score falls with its distance from the most severe vector of the same macrovector (specification, section 8.2).
Source: FIRST, Common Vulnerability Scoring System version 4.0, specification document (metrics, section 8; scores of
the macrovectors in its reference calculator). Held against another implementation on 35,751 vectors: all equal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from aiaudit import lazy

# EQ1, EQ2, EQ3 and EQ6, then the scores for EQ4 and EQ5: 00 01 02 10 11 12 20 21 22.
_TABLE: Final = """
0000 10 9.8 9.5 10 9.3 9.1 9.3 8.9 8.1
0001 9.9 9.5 9.2 9.6 8.7 8.1 9 8 6.8
0010 9.8 9.5 9 9.3 8.9 8.1 8.8 7.8 6.9
0011 9.5 9.2 8.4 9.2 8.1 6.5 8 7 4.8
0021 9.2 8.2 7.2 7.9 6.9 5 6.9 5.5 2.7
0100 9.9 9.5 9.2 9.5 9 8.4 9.2 8.2 7.2
0101 9.7 9.2 8.5 9.1 8.3 7.1 8.1 7.1 5.3
0110 9.5 9.2 8.5 9.2 8 7 8.4 7.1 5
0111 9.3 8.5 7.3 8.2 7.2 5.9 7 5.2 3
0121 8.6 7.5 5.2 7.1 5.2 2.9 6.3 2.9 1.7
1000 9.8 9.4 9.1 9.4 8.6 7.7 8.7 7.4 6.3
1001 9.5 8.7 8.1 8.9 7.4 6.4 7.5 6.3 4.9
1010 9.4 8.8 7.6 8.6 7.4 5.9 7.2 5.7 5.2
1011 8.9 7.7 6.7 7.6 5.8 5 5.7 5.2 2.5
1021 8.3 7 5.4 6.5 5.8 2.6 5.3 2.1 1.3
1100 9.5 8.8 7.6 9 7.5 6.1 7.7 6.8 5.2
1101 9 7.6 7 7.7 6.2 5.3 6.6 5.9 3
1110 8.9 7.6 6.2 7.4 5.7 4.7 6.1 5.7 2.4
1111 7.8 6.7 5.8 5.9 5.7 2.3 5.2 2.9 1.6
1121 7.1 5.9 3 5.8 2.6 1.5 2.3 1.3 0.6
2000 9.3 8.6 7.5 8.6 7.4 5.6 7 5.2 4
2001 8.7 7.2 5.8 7.4 6.1 3.4 5.4 4 2.2
2010 8.5 7.4 6.2 7.2 5.5 4.6 5.3 3.4 1.9
2011 7.5 5.5 5.1 5.7 4.1 1.9 3.6 1.9 0.8
2021 6.4 5.1 2 4.7 2.1 1.1 2.4 0.9 0.4
2100 8.8 7.3 6 7.3 5.9 4.1 5.4 4.5 2
2101 7.5 5.3 5 5.5 4 2 4.3 2.2 1.1
2110 7.5 5.8 4 6.1 4.8 2 4.6 1.7 0.8
2111 5.5 4.5 2.1 5.1 1.8 0.9 1.8 0.7 0.2
2121 5.3 2.4 1.4 2.4 1.2 0.5 1 0.3 0.1
"""
_SCORES: Final = {
    f"{row[0][:3]}{eq4}{eq5}{row[0][3]}": float(row[1 + 3 * eq4 + eq5])
    for row in map(str.split, _TABLE.strip().splitlines())
    for eq4 in range(3)
    for eq5 in range(3)
}
_NEEDED: Final = ("AV", "AC", "AT", "PR", "UI", "VC", "VI", "VA", "SC", "SI", "SA")
_LEVELS: Final[dict[str, str]] = {  # from the most severe value to the least
    "AV": "NALP", "PR": "NLH", "UI": "NPA", "AC": "LH", "AT": "NP", "VC": "HLN", "VI": "HLN", "VA": "HLN",
    "SC": "SHLN", "SI": "SHLN", "SA": "SHLN", "CR": "HML", "IR": "HML", "AR": "HML", "E": "APU",
}  # fmt: skip
_DEFAULTS: Final = {"E": "A", "CR": "H", "IR": "H", "AR": "H"}
# The most severe vectors of each level, and how many steps lead from them to the least severe one.
_MOST: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "eq1": {
        "0": ("AV:N/PR:N/UI:N",),
        "1": ("AV:A/PR:N/UI:N", "AV:N/PR:L/UI:N", "AV:N/PR:N/UI:P"),
        "2": ("AV:P/PR:N/UI:N", "AV:A/PR:L/UI:P"),
    },
    "eq2": {"0": ("AC:L/AT:N",), "1": ("AC:H/AT:N", "AC:L/AT:P")},
    "eq36": {
        "00": ("VC:H/VI:H/VA:H/CR:H/IR:H/AR:H",),
        "01": ("VC:H/VI:H/VA:L/CR:M/IR:M/AR:H", "VC:H/VI:H/VA:H/CR:M/IR:M/AR:M"),
        "10": ("VC:L/VI:H/VA:H/CR:H/IR:H/AR:H", "VC:H/VI:L/VA:H/CR:H/IR:H/AR:H"),
        "11": (
            "VC:L/VI:H/VA:L/CR:H/IR:M/AR:H",
            "VC:L/VI:H/VA:H/CR:H/IR:M/AR:M",
            "VC:H/VI:L/VA:H/CR:M/IR:H/AR:M",
            "VC:H/VI:L/VA:L/CR:M/IR:H/AR:H",
            "VC:L/VI:L/VA:H/CR:H/IR:H/AR:M",
        ),
        "21": ("VC:L/VI:L/VA:L/CR:H/IR:H/AR:H",),
    },
    "eq4": {"0": ("SC:H/SI:S/SA:S",), "1": ("SC:H/SI:H/SA:H",), "2": ("SC:L/SI:L/SA:L",)},
    "eq5": {"0": ("E:A",), "1": ("E:P",), "2": ("E:U",)},
}
_STEPS: Final[dict[str, dict[str, int]]] = {
    "eq1": {"0": 1, "1": 4, "2": 5},
    "eq2": {"0": 1, "1": 2},
    "eq36": {"00": 7, "01": 6, "10": 8, "11": 8, "21": 10},
    "eq4": {"0": 6, "1": 5, "2": 4},
    "eq5": {"0": 1, "1": 1, "2": 1},
}
_VECTOR: Final = lazy.regex(r"CVSS:4\.0(?:/[A-Z]{1,3}:[A-Za-z]+)+")


def score(vector: str) -> float | None:
    """The score of a `CVSS:4.0/…` vector, with its threat and environmental metrics; None where it is not complete."""
    if not _VECTOR.fullmatch(vector):
        return None
    metrics = _metrics(dict(part.split(":", 1) for part in vector.split("/")[1:]))
    if metrics is None:
        return None
    if all(metrics[name] == "N" for name in ("VC", "VI", "VA", "SC", "SI", "SA")):
        return 0.0
    eqs = _levels(metrics)
    value = _SCORES[_macro(eqs)]
    falls: list[float] = []
    for name, level in eqs.items():
        lower = [_SCORES[_macro({**eqs, name: other})] for other in _lower(name, level)]
        if lower:
            falls.append((value - max(lower)) * _distance(metrics, name, level) / _STEPS[name][level])
    result = value - (sum(falls) / len(falls) if falls else 0.0)
    return int(max(0.0, min(10.0, result)) * 10 + 0.5 + 1e-9) / 10


def _metrics(given: Mapping[str, str]) -> dict[str, str] | None:
    """Every metric's value that counts: the modified one, else the base one, else the default."""
    found: dict[str, str] = {}
    for name, levels in _LEVELS.items():
        value = given.get(f"M{name}", "X")
        value = given.get(name, "X") if value == "X" else value
        value = _DEFAULTS.get(name, "X") if value == "X" else value
        if value not in levels or (value == "S" and given.get(f"M{name}") != "S"):
            return None
        found[name] = value
    return found if all(name in given for name in _NEEDED) else None


def _levels(of: Mapping[str, str]) -> dict[str, str]:
    """The level of each group of metrics (specification, tables 24 to 30)."""
    easy = [of["AV"] == "N", of["PR"] == "N", of["UI"] == "N"]
    eq3 = "0" if of["VC"] == of["VI"] == "H" else "1" if "H" in (of["VC"], of["VI"], of["VA"]) else "2"
    eq6 = any(of[need] == "H" and of[what] == "H" for need, what in (("CR", "VC"), ("IR", "VI"), ("AR", "VA")))
    beyond = (of["SC"], of["SI"], of["SA"])
    return {
        "eq1": "0" if all(easy) else "2" if of["AV"] == "P" or not any(easy) else "1",
        "eq2": "0" if of["AC"] == "L" and of["AT"] == "N" else "1",
        "eq36": f"{eq3}{0 if eq6 else 1}",
        "eq4": "0" if "S" in beyond[1:] else "1" if "H" in beyond else "2",
        "eq5": str("APU".index(of["E"])),
    }


def _macro(eqs: Mapping[str, str]) -> str:
    return f"{eqs['eq1']}{eqs['eq2']}{eqs['eq36'][0]}{eqs['eq4']}{eqs['eq5']}{eqs['eq36'][1]}"


def _lower(name: str, level: str) -> Iterator[str]:
    """The next lower levels of a group: none below the lowest, two below the highest of EQ3 with EQ6."""
    if name == "eq36":
        yield from {"00": ("01", "10"), "01": ("11",), "10": ("11",), "11": ("21",)}.get(level, ())
    elif str(int(level) + 1) in _MOST[name]:
        yield str(int(level) + 1)


def _distance(metrics: Mapping[str, str], name: str, level: str) -> int:
    """Steps from the most severe vector of the level that is at least as severe in each metric."""
    for most in _MOST[name][level]:
        parts = [part.split(":") for part in most.split("/")]
        steps = [_LEVELS[metric].index(metrics[metric]) - _LEVELS[metric].index(value) for metric, value in parts]
        if min(steps) >= 0:
            return sum(steps)
    return 0
