"""The sample projects get the score and the findings that their README promises."""

from __future__ import annotations

from pathlib import Path

import pytest

from aiaudit.model.check import Status
from tests import shared
from tests.samples.support import audited, copied, data, edit

# Sample -> what stands in its README's table: check, file, and a piece of the line where the finding must be.
PLANTED = {
    "churn-model": [
        ("DATA-005", "src/churn/train.py", "fit_transform(features)"),
        ("SEC-002", "src/churn/serve.py", "joblib.load("),
        ("INT-002", "src/churn/serve.py", "requests.get(MODEL_URL)"),
        ("INF-009", "src/churn/serve.py", "bundle = load_model()"),
        ("SEC-007", "src/churn/serve.py", '@app.post("/predict")'),
        ("SEC-008", "src/churn/serve.py", "def predict(customer: dict)"),
        ("SEC-001", "docker-compose.yml", "DATABASE_URL"),
        ("INF-002", "Dockerfile", "FROM python:latest"),
        ("OPS-006", ".github/workflows/ci.yml", "pytest || true"),
    ],
    "support-rag": [
        ("LLM-006", "app/tools.py", "eval(expression)"),
        ("LLM-006", "app/tools.py", "connection.execute("),
        ("COST-003", "app/llm.py", "client.chat.completions.create("),
        ("LLM-010", "app/agent.py", "while True:"),
        ("LLM-008", "app/agent.py", "TOOLS = "),
        ("LLM-009", "app/agent.py", "TOOLS = "),
        ("LLM-016", "app/agent.py", "SYSTEM_PROMPT = "),
        ("LLM-001", "app/agent.py", "SYSTEM_PROMPT = "),
        ("LLM-015", "app/retrieve.py", "def search("),
        ("LLM-020", "app/llm.py", "client.chat.completions.create("),
        ("SEC-004", "app/retrieve.py", "SentenceTransformer("),
        ("INT-002", "app/orders.py", "requests.get("),
        ("INT-003", "app/orders.py", "while True:"),
        ("SEC-008", "app/main.py", "async def chat(request: Request)"),
        ("SEC-010", "app/orders.py", "requests.get("),
        ("EVO-004", "scripts/summarise.py", "gpt-3.5-turbo-0301"),
    ],
}
FAILED_WITHOUT_A_PLACE = {
    "churn-model": ["INF-001", "DATA-012", "GOV-006"],
    "support-rag": ["LLM-002", "LLM-005", "LLM-014", "OBS-002"],
}
NEAR = 3  # lines: a decorator, the def below it and the first line of a call are one place to a reader


@pytest.mark.parametrize("name", sorted(PLANTED))
def test_every_planted_fault_is_found_at_its_line(name: str, tmp_path: Path) -> None:
    root = copied(name, tmp_path)
    results = {result.id: result for result in audited(root).judged.results}
    missed = []
    for check, file, piece in PLANTED[name]:
        lines = [n for n, line in enumerate((root / file).read_text().splitlines(), 1) if piece in line]
        assert lines, f"{file} no longer has {piece!r}"
        result = results[check]
        near = any(f.path == file and f.line and any(abs(f.line - n) <= NEAR for n in lines) for f in result.findings)
        if result.status not in (Status.FAIL, Status.PARTIAL) or not near:
            places = [f"{f.path}:{f.line}" for f in result.findings]
            missed.append(f"{check} at {file}:{lines[0]}: {result.status}, {result.reason} {places}")
    assert not missed, "\n".join(missed)


@pytest.mark.parametrize("name", sorted(FAILED_WITHOUT_A_PLACE))
def test_faults_without_one_place_are_found_too(name: str, tmp_path: Path) -> None:
    results = {result.id: result for result in audited(copied(name, tmp_path)).judged.results}
    wrong = [f"{c}: {results[c].status}" for c in FAILED_WITHOUT_A_PLACE[name] if results[c].status is not Status.FAIL]
    assert not wrong, "\n".join(wrong)


def test_the_exemplar_scores_85_and_is_at_production(tmp_path: Path) -> None:
    done = audited(copied("exemplar", tmp_path))
    figures = done.scored.figures
    failed = [f"{r.id}: {r.reason}" for r in done.judged.results if r.status in (Status.FAIL, Status.ERROR)]
    assert not failed, "\n".join(failed)
    assert figures.score is not None
    assert figures.score >= 85
    assert done.scored.standing.readiness == "production", done.scored.standing.gates
    assert figures.strength >= 60


def test_the_decoy_scores_under_10(tmp_path: Path) -> None:
    done = audited(copied("decoy", tmp_path))
    passed = {r.id for r in done.judged.results if r.status is Status.PASS}
    assert passed <= {"INT-009"}, passed  # its one code file holds no addresses, which is so
    assert done.scored.figures.score is None or done.scored.figures.score < 10


@pytest.mark.parametrize("name", sorted(PLANTED))
def test_first_versions_stand_between_decoy_and_exemplar(name: str, tmp_path: Path) -> None:
    score = audited(copied(name, tmp_path)).scored.figures.score
    assert score is not None
    assert 10 < score < 80


def test_a_screening_answered_no_does_not_say_that_people_are_decided_about(tmp_path: Path) -> None:
    root = copied("exemplar", tmp_path)
    flag = "flag.decides_about_people"
    assert audited(root).facts[flag].value is False
    with (root / "MODEL_CARD.md").open("a") as card:
        card.write(
            "\nIt must not be used for hiring decisions.\n\n| use | allowed |\n|---|---|\n| loan approval | no |\n"
        )
    assert audited(root).facts[flag].value is False
    edit(root, [["README.md", "# ", "The tool does candidate screening for recruiters.\n\n# "]])
    assert audited(root).facts[flag].value is True


MUTATIONS = [(sample, what) for sample, changes in data("mutations.yaml").items() for what in changes]


@pytest.mark.parametrize(("sample", "what"), MUTATIONS, ids=[f"{sample}: {what}" for sample, what in MUTATIONS])
def test_a_practice_taken_away_fails_and_a_fault_mended_passes(sample: str, what: str, tmp_path: Path) -> None:
    mutation = data("mutations.yaml")[sample][what]
    root = copied(sample, tmp_path)
    edit(root, mutation["edits"])
    judged_by = next(pack.id for pack in shared.library().packs if any(c.id == mutation["check"] for c in pack.checks))
    result = next(r for r in audited(root, judged_by).judged.results if r.id == mutation["check"])
    wanted = mutation.get("becomes", "fail" if sample == "exemplar" else "pass")
    assert result.status == wanted, f"{result.status}: {result.reason}"
