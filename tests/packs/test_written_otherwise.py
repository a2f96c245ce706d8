"""A project that is written differently is judged the same: cases that once ended otherwise, by the way of writing them.

`benchmarks/rewritten.py` asks it of all cases; these, one of each check, are those that it found.
"""

from __future__ import annotations

import pytest

from aiaudit.packs.cases import Case
from benchmarks.rewriting import WAYS
from benchmarks.rewritten import moved_cases
from tests import shared
from tests.packs.test_cases import FOLDER

MOVED_ONCE = {
    "annotated": (
        "COST-004/model_kept_by_a_named_cache DATA-003/fail-label DATA-005/chosen_by_correlation DATA-006/fail "
        "DATA-007/cutoff_overlap DATA-009/fail EVO-005/scores_dict_all INT-004/test_skipped INT-005/env_guarded "
        "INT-007/constant_of_a_name LLM-018/one_object_of_a_module LLM-022/handoff_made_before OBS-006/page "
        "OPS-005/hash_at_load OPS-006/pytestmark_list_skip OPS-008/branch_that_leads_on "
        "SEC-001/password_of_an_account SEC-007/application_behind SEC-008/model_made_from_elsewhere "
        "SEC-015/debug_unless_told_otherwise "
        "ORG-010/told_by_a_bot SEC-001/decoy SEC-010/public_address_by_number "
    ),
    "bom": (
        "COST-003/gateway_of_its_own DATA-003/figures_of_a_card DATA-015/module_by_name "
        "DATA-017/another_function_taken EVO-009/issues_only INT-002/program_beside_a_service "
        "INT-005/client_of_a_fixture LLM-002/unknown-template LLM-006/gateway_of_its_own "
        "OBS-005/measured_by_the_monitor OPS-009/table_under_a_heading OPS-011/tuned_on_the_same_split "
        "SEC-001/seeded_for_tests SEC-011/program_of_cdk SEC-015/text_on_a_page_of_gradio "
    ),
    "by_module": (
        "SEC-007/hook_of_flask SEC-015/text_in_a_name_below DATA-017/training_imports_them GOV-011/shared_header "
        "INF-008/ready_looks_at_stores_of_the_state LLM-004/system_by_name SEC-007/dependency_by_a_name_elsewhere "
        "SEC-015/raised_a_module_away "
    ),
    "in_main": "INT-002/script_beside_a_service ",
    "constants": (
        "COST-009/wandb_runtime INT-001/flask_restx INT-002/an_hour INT-003/sdk_retries_hundred "
        "LLM-008/connection_that_reads LLM-011/pass_container LLM-015/prompt_of_the_chain "
        "OPS-008/branch_that_leads_on OPS-011/stops_on_one_split ORG-010/cases_go_to_people "
        "SEC-007/dependency_that_answers SEC-008/body_of_any_shape SEC-009/dependency_of_another_name "
        "SEC-010/off_by_a_caller SEC-015/a_callers_own_fault SEC-018/lambda_event_by_a_decorator "
        "INT-004/same_model_again OBS-003/ranges_of_everything SEC-004/engine_by_name "
    ),
    "crlf": (
        "DATA-001/column_of_a_setting OBS-002/tracer_in_development_only OBS-011/tracer_in_development_only "
        "OPS-005/hash_before_the_load OPS-008/stopped_by_a_verdict OPS-009/table_under_a_heading "
        "OPS-010/loop_over_groups OPS-014/told_in_the_readme SEC-001/base64_placeholder "
        "SEC-007/console_in_a_manifest SEC-009/header_that_lets_through SEC-017/beside SEC-018/query_below "
    ),
    "dockerfile": ("INF-001/folder_of_the_dockerfile "),
    "named_first": (
        "INF-009/new_object_for_each_request INT-004/apology_of_a_constant OPS-011/optuna_on_test "
        "SEC-007/handler_that_hands_back_a_check SEC-007/refusal_that_is_handed_on SEC-009/gate_with_a_helper "
        "SEC-009/header_that_lets_through SEC-015/format_exc_in_variable SEC-015/text_in_a_status "
    ),
    "narrow": (
        "COST-003/limit_of_the_body_of_flask COST-004/embeds_in_batches COST-007/decorator_budget "
        "COST-009/only_on_drift COST-010/keeps_every_epoch DATA-001/by_hand DATA-002/schema_of_a_frame "
        "DATA-006/category_leak DATA-012/dvc_ignored_and_overwritten DATA-015/all_tests_passed EVO-005/test_gate "
        "GOV-006/two_models_one_card GOV-009/explained_and_only_logged INF-010/batches_in_a_loop "
        "INT-002/pass-session-bound INT-003/fixed_with_jitter INT-004/falls_back_to_what_follows "
        "INT-005/env_guarded INT-007/config_read_per_request LLM-006/page_of_flask LLM-007/through_an_object "
        "LLM-008/fail_table LLM-009/picked_from_a_table LLM-010/turns_by_choice LLM-012/client_names_the_user "
        "LLM-013/noted_beside_the_content LLM-015/errors_are_no_instruction LLM-018/table_by_user "
        "LLM-020/model_from_the_settings_logged LLM-021/answer_dropped OBS-002/documents_in_bulk "
        "OBS-011/agents_instrumented_by_a_setting OPS-001/only_told_of_the_command OPS-004/version_of_a_table "
        "OPS-005/hash_before_the_load OPS-007/script_started_by_a_test OPS-008/figures_in_a_map "
        "OPS-010/loop_over_groups OPS-011/best_of_a_loop OPS-012/share_drawn_in_code "
        "SEC-001/password_in_another_form SEC-007/default_key_decoy SEC-009/dependency_of_another_name "
        "SEC-010/public_address_by_number SEC-015/a_callers_own_fault SEC-017/beside "
        "SEC-018/all_of_the_environment "
    ),
    "narrow_paragraphs": (
        "DATA-011/section_on_the_data DATA-014/embeddings_left_out GOV-015/date_of_the_document_in_rehearsal "
        "LLM-019/pass SEC-020/told_in_the_guide "
    ),
    "requirements": ("INT-005/client_of_a_plugin "),
    "tabs": (
        "COST-009/pass DATA-006/category_leak INT-005/env_guarded LLM-013/noted_beside_the_content LLM-022/header_for_another "
        "SEC-017/beside SEC-018/name_of_a_chatter "
    ),
    "wide": ("COST-009/pass SEC-015/trace_in_a_record_of_the_log "),
    "yaml_leaves": (
        "DATA-006/column_made_of_the_target EVO-004/conda_under_another_name EVO-004/partial GOV-014/dependency_review INF-011/blueprint "
        "LLM-001/version_in_file LLM-002/drawn_application LLM-014/haystack_in_yaml OBS-001/endpoint_of_azure "
        "OBS-002/pass-switched-on-in-a-manifest OPS-001/assistant_of_rasa OPS-012/weight_of_an_ingress "
        "OPS-016/parameters_file SEC-001/base64_password SEC-001/passphrase_beside_what_it_opens SEC-006/buildx_attestation SEC-007/azure_function "
        "SEC-009/budget_of_the_provider SEC-011/fail "
    ),
    "yaml_block": ("COST-008/gpu_of_a_compose_file EVO-004/matrix_of_one "),
}
SAMPLES = {
    "app.py": b"""import os
from flask import Flask as F, request
from tenacity import retry

app = F(__name__)
limit = 3


@retry(stop=3)
def ask(text):
    return call(text, timeout=30, verify=True)


answer = ask(
    "a",
)


def hand():
    if limit:
        return request.get_json(force=True)
""",
    "train.py": b"import torch\n\nfor _ in range(3):\n    loss.backward()\n    optimizer.step()\n",
    "README.md": b"# Title\n\nA sentence that is broken\nsomewhere in its middle, as people do, and goes on.\n",
    "ci.yml": b"on: [push]\njobs:\n  test: {runs-on: ubuntu-24.04}\n",
    "docker-compose.yml": b"services:\n  app:\n    environment: {A: b}\n    command: [serve, --port, '80']\n",
    ".env": b"NAME=value\n",
    "package.json": b'{\n  "name": "a"\n}\n',
    "requirements.txt": b"scikit-learn==1.5.0\n",
    "Dockerfile": b"FROM python:3.12\nRUN pip install a && rm -r /tmp/x\n",
}
PAIRS = [(case, way) for way, cases in MOVED_ONCE.items() for case in cases.split()]


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    shared.ready_to_fork()


@pytest.mark.parametrize(("case", "way"), PAIRS)
def test_the_verdict_stays(case: str, way: str) -> None:
    check, name = case.split("/")
    assert moved_cases((Case(check, name, FOLDER / check / name), [way])) == []


@pytest.mark.parametrize("way", WAYS)
def test_each_way_changes_something(way: str) -> None:
    """A way that changes nothing would find nothing."""
    concerned, rewrite = WAYS[way]
    assert any(concerned.search(name) and rewrite(text) not in (None, text) for name, text in SAMPLES.items())
