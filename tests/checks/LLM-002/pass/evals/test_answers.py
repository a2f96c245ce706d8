import json
from pathlib import Path

from app import ask


def test_answers():
    cases = [json.loads(line) for line in Path("evals/cases.jsonl").read_text().splitlines()]
    good = sum(case["must"] in ask(case["question"]) for case in cases)
    assert good / len(cases) >= 0.9
