"""Names that documents and data share."""

from __future__ import annotations

import pytest

from aiaudit.project.roles import Role, role_of


@pytest.mark.parametrize(
    ("path", "role"),
    [
        ("SECURITY.md", Role.DOCS),
        ("NEWS", Role.DOCS),
        ("HISTORY.txt", Role.DOCS),
        ("data/news.csv", Role.DATA),
        ("history.json", Role.CONFIG),
        ("workflows/support.json", Role.CONFIG),
        ("config/security.yaml", Role.CONFIG),
        ("governance.yaml", Role.DOCS),
        ("model_card.json", Role.DOCS),
    ],
)
def test_names_of_documents_are_documents_where_they_are_text(path: str, role: Role) -> None:
    assert role_of(path) is role


@pytest.mark.parametrize(
    ("path", "role"),
    [
        ("spec/lib/publisher_spec.rb", Role.TEST),
        ("spec/spec_helper.rb", Role.TEST),
        ("lib/publisher.rb", Role.CODE),
        ("models/model_spec.py", Role.CODE),
    ],
)
def test_specifications_in_ruby_are_tests(path: str, role: Role) -> None:
    assert role_of(path) is role


@pytest.mark.parametrize(
    ("path", "role"),
    [
        ("runtimes/explain/tests_explain/helpers/model.py", Role.TEST),
        ("integration-tests/conftest.py", Role.TEST),
        ("tests_server/data/rows.csv", Role.TEST),
        ("load_test/locustfile.py", Role.CODE),
        ("ab_tests/assign.py", Role.CODE),
        ("data/tests_2024/rows.csv", Role.DATA),
    ],
)
def test_folders_that_say_which_tests_they_hold_are_tests(path: str, role: Role) -> None:
    assert role_of(path) is role


@pytest.mark.parametrize(
    ("path", "role"),
    [
        ("client/public/assets/plugins/morris/morris.js", Role.VENDORED),
        ("static/libs/leaflet/leaflet.js", Role.VENDORED),
        ("client/public/assets/js/moment.js", Role.VENDORED),
        ("client/public/assets/pages/jquery.rating.init.js", Role.VENDORED),
        ("app/static/js/datatables.js", Role.VENDORED),
        ("client/public/assets/js/waves.js", Role.VENDORED),
        ("web/src/lib/d3.js", Role.CODE),
        ("web/static/d3-tree.js", Role.CODE),
        ("client/public/mediapipe/wasm/vision_wasm_nosimd_internal.js", Role.VENDORED),
        ("web/pdf.worker.js", Role.VENDORED),
        ("web/wasm_internal.js", Role.CODE),
        ("client/src/plugins/router.js", Role.CODE),
        ("public/app/plugins/panel.ts", Role.CODE),
        ("src/chart.js", Role.CODE),
        ("static/js/bootstrap.js", Role.VENDORED),
        ("server/src/lib/bootstrap.js", Role.CODE),
        ("bootstrap.js", Role.CODE),
        ("client/public/assets/js/app.js", Role.CODE),
    ],
)
def test_libraries_that_pages_load_as_they_are_are_of_others(path: str, role: Role) -> None:
    assert role_of(path) is role


@pytest.mark.parametrize(
    ("path", "role"),
    [
        (".claude/skills/mcp-builder/scripts/evaluation.py", Role.VENDORED),
        ("apps/web/.agents/skills/pdf/SKILL.md", Role.VENDORED),
        (".claude/agents/reviewer.md", Role.DOCS),
        ("src/skills/search.py", Role.CODE),
        ("agents/skills/search.py", Role.CODE),
    ],
)
def test_skills_of_coding_agents_are_no_code_of_the_project(path: str, role: Role) -> None:
    assert role_of(path) is role


@pytest.mark.parametrize(
    ("path", "role"),
    [
        ("models/evaluation/evaluate_on_kaggle_test.py", Role.CODE),
        ("scripts/evaluate_cuad_test.py", Role.CODE),
        ("scripts/run_on_test.sh", Role.CODE),
        ("notebooks/eval_on_hidden_test.ipynb", Role.NOTEBOOK),
        ("tests/evaluate_cuad_test.py", Role.TEST),
        ("src/evaluate_model_test.py", Role.TEST),
        ("src/eval_util_test.py", Role.TEST),
        ("src/retry_on_error_test.py", Role.TEST),
        ("src/test_run_on_test.py", Role.TEST),
        ("pkg/evaluate_rows_test.go", Role.TEST),
        ("evals/test_answers.py", Role.TEST),
    ],
)
def test_what_measures_a_model_on_a_test_set_is_code(path: str, role: Role) -> None:
    assert role_of(path) is role
