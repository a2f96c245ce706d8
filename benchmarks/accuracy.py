"""Holds the forty facts of an audit against hand-made answers on real repositories.

    python benchmarks/accuracy.py AIAUDIT LABELS CHECKOUTS [--questions FILE] [--only NAME ...] [--markdown]

AIAUDIT is the command (`.venv/bin/aiaudit`), LABELS a labels.yaml, CHECKOUTS a folder with one checkout per repository,
named owner+name. The questions file (question -> fact id) is looked for beside the labels.

An answer is the fact's value: true = yes, false = no, null = does not apply; state unknown = abstains. Labels `unsure`
are left out. Agreement is over answered questions. Balanced accuracy is the mean recall of yes, no and na; an
abstention counts as a miss there. Beside it stands the same figure for always giving a question's commonest answer.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import yaml

ANSWER = {True: "yes", False: "no", None: "na"}


def audit(command: str, checkout: Path) -> dict[str, Any]:
    """The facts of one audit. A traceback or an exit code other than 0 or 3 ends the benchmark."""
    done = subprocess.run(
        [command, "run", str(checkout), "--format", "json", "-o", "-", "--quiet"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in (0, 3) or "Traceback" in done.stderr:
        sys.exit(f"{checkout.name}: exit {done.returncode}\n{done.stderr[-2000:]}")
    return json.loads(done.stdout)["facts"]


def answer(facts: dict[str, Any], fact: str) -> str:
    """yes, no, na, or `unknown` where the tool abstains."""
    found = facts.get(fact)
    if found is None or found["state"] in ("unknown", "error"):
        return "unknown"
    if found["state"] == "absent":
        return "no"
    value = found["value"]
    return ANSWER[value] if value in (True, False, None) else f"not a boolean: {value!r:.40}"


def balanced(pairs: list[tuple[str, str]]) -> float:
    """Mean recall over the classes that occur among the labels; pairs are (label, answer)."""
    by_label: dict[str, list[bool]] = defaultdict(list)
    for label, given in pairs:
        by_label[label].append(label == given)
    return sum(sum(hits) / len(hits) for hits in by_label.values()) / len(by_label) if by_label else 0.0


def table(rows: list[list[str]], *, markdown: bool) -> str:
    """Rows (the first is the head) as Markdown or as aligned text."""
    if markdown:
        lines = ["| " + " | ".join(row) + " |" for row in rows]
        return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def main() -> None:
    """Print the tables: overall, per question, per repository, and every disagreement."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("aiaudit")
    parser.add_argument("labels", type=Path)
    parser.add_argument("checkouts", type=Path)
    parser.add_argument("--questions", type=Path)
    parser.add_argument("--only", nargs="*", default=[], help="repositories whose name contains one of these")
    parser.add_argument("--markdown", action="store_true")
    options = parser.parse_args()
    questions = yaml.safe_load((options.questions or options.labels.with_name("questions.yaml")).read_text())
    labelled = yaml.safe_load(options.labels.read_text())

    outcomes: list[tuple[str, str, str, str, str]] = []  # repository, question, label, answer, the label's evidence
    for entry in labelled:
        repo = entry["repo"]
        checkout = options.checkouts / repo.replace("/", "+")
        if (options.only and not any(part in repo for part in options.only)) or not checkout.is_dir():
            continue
        facts = audit(options.aiaudit, checkout)
        for question, spec in questions.items():
            label = entry["labels"][question]
            if label["answer"] != "unsure":
                outcomes.append(
                    (repo, question, label["answer"], answer(facts, spec["fact"]), label.get("evidence", ""))
                )
    if not outcomes:
        sys.exit(f"no checkout of a labelled repository in {options.checkouts}; expected folders named owner+name")

    def summary(chosen: list[tuple[str, str, str, str, str]]) -> tuple[int, int, int, int]:
        answered = [o for o in chosen if o[3] != "unknown"]
        return len(chosen), sum(o[2] == o[3] for o in answered), len(answered), len(chosen) - len(answered)

    commonest = {q: Counter(o[2] for o in outcomes if o[1] == q).most_common(1)[0][0] for q in {o[1] for o in outcomes}}
    total, agree, answered, abstained = summary(outcomes)
    pairs = [(o[2], o[3]) for o in outcomes]
    guess = [(o[2], commonest[o[1]]) for o in outcomes]
    repos = sorted({o[0] for o in outcomes})
    print(f"{len(repos)} repositories, {total} labels (unsure left out)")
    print(f"agreement            {agree}/{answered} = {100 * agree / max(1, answered):.1f} % of the answers")
    print(f"abstentions          {abstained}/{total} = {100 * abstained / total:.1f} %")
    print(f"balanced accuracy    {balanced(pairs):.3f}")
    right = 100 * sum(a == b for a, b in guess) / total
    print(f"commonest answer     {balanced(guess):.3f} balanced, {right:.1f} % agreement\n")

    rows = [["question", "fact", "agree", "disagree", "abstain", "balanced", "commonest"]]
    for question, spec in questions.items():
        chosen = [o for o in outcomes if o[1] == question]
        _, good, given, silent = summary(chosen)
        figures = [balanced([(o[2], o[3]) for o in chosen]), balanced([(o[2], commonest[question]) for o in chosen])]
        rows.append(
            [
                question,
                spec["fact"],
                str(good),
                str(given - good),
                str(silent),
                *(f"{figure:.2f}" for figure in figures),
            ]
        )
    print(table(rows, markdown=options.markdown), end="\n\n")

    rows = [["repository", "agree", "disagree", "abstain"]]
    for repo in repos:
        _, good, given, silent = summary([o for o in outcomes if o[0] == repo])
        rows.append([repo, str(good), str(given - good), str(silent)])
    print(table(rows, markdown=options.markdown), end="\n\n")

    rows = [["repository", "question", "fact", "label", "answer", "the label's evidence"]]
    rows += [
        [
            repo,
            question,
            questions[question]["fact"],
            label,
            given,
            " ".join(str(evidence).split())[:110].replace("|", "/"),
        ]
        for repo, question, label, given, evidence in outcomes
        if given not in ("unknown", label)
    ]
    print(table(rows, markdown=options.markdown))


if __name__ == "__main__":
    main()
