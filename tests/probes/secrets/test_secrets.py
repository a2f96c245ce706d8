"""Secrets: precision and recall on the corpus, what is kept of a hit, and what changes with the file around it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from aiaudit.model.fact import Confidence, Level, State
from aiaudit.probes.registry import get
from aiaudit.probes.secrets import checks
from aiaudit.probes.secrets.probe import SecretsProbe, SecretsQuery
from aiaudit.probes.secrets.rules import PUBLIC_PREFIX, rules
from aiaudit.probes.text.engine import TextEngine
from aiaudit.probes.text.search import MAX_PATTERN, compile_pattern
from aiaudit.project.scan import scan

from ..support import context
from .corpus import ALNUM, HEX, Maker, notebook, true_cases
from .looking import found_in, look
from .negatives import false_cases

SEEDS = (20261124, 1, 2)


@pytest.mark.parametrize("seed", SEEDS)
def test_precision_and_recall(tmp_path: Path, seed: int) -> None:
    true, false = true_cases(seed), false_cases(seed)
    assert len(true) >= 40
    assert len(false) >= 80
    hits = found_in(tmp_path / "true", true)
    alarms = found_in(tmp_path / "false", false)
    missed = [case.name for case in true if case.name not in hits]
    precision, recall = len(hits) / (len(hits) + len(alarms)), len(hits) / len(true)
    assert recall >= 0.95, missed
    assert precision >= 0.97, alarms


def test_the_corpus_has_many_kinds(tmp_path: Path) -> None:
    rules_hit = {rule for some in found_in(tmp_path, true_cases()).values() for rule in some}
    assert len(rules_hit) >= 35


def test_no_value_is_kept_anywhere(tmp_path: Path) -> None:
    cases = true_cases()
    here = context(tmp_path, {case.path: case.text for case in cases})
    query = SecretsQuery(min_confidence=Confidence.WEAK)
    scans = scan(here.project, [TextEngine([query])], jobs=1, isolate=False)
    fact = SecretsProbe().answer("s", query, replace(here, scans=scans))
    written = json.dumps({engine: dict(found) for engine, found in scans.items()}) + repr(fact)
    for case in cases:
        for piece in (case.value, case.value[-16:], case.value[8:24]):
            assert piece not in written, case.name
    assert "same" not in repr(fact.value)


def test_rules_are_sound() -> None:
    assert len(rules()) >= 60
    for rule in rules().values():
        assert len(rule.regex) <= MAX_PATTERN, rule.id
        assert compile_pattern(rule.regex).groups >= 1, rule.id
        assert len(rule.prefix) <= PUBLIC_PREFIX, rule.id
        assert rule.shape in ("vendor", "named", "free"), rule.id
    vendors = " ".join(rule.vendor for rule in rules().values()).lower()
    for vendor in ("openai", "anthropic", "hugging face", "groq", "replicate", "pinecone", "weights", "langsmith",
                   "cohere", "mistral", "together", "azure openai", "aws", "google", "github", "gitlab", "slack",
                   "stripe", "twilio", "sendgrid"):  # fmt: skip
        assert vendor in vendors


def test_no_rule_is_left_with_a_name_that_was_not_put_in() -> None:
    assert not [rule.id for rule in rules().values() if "NAME(" in rule.regex or "NAMED(" in rule.regex]


def test_a_secret_of_aws_is_known_by_its_name_and_a_temporary_one_by_its_id(tmp_path: Path) -> None:
    make = Maker(5)
    lasting, passing = make.of(ALNUM, 40), make.of(ALNUM, 40)
    key = "ASIA" + make.of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16)
    found = look(
        tmp_path,
        {
            "a.py": f"AWS_SECRET_ACCESS_KEY = '{lasting}'\n",
            "b.py": f"x = {{'AWS_ACCESS_KEY_ID': '{key}',\n 'AWS_SECRET_ACCESS_KEY': '{passing}'}}\n",
        },
    ).value
    assert [(one["path"], one["rule"], one["vendor"]) for one in found] == [
        ("a.py", "aws-secret-key", "AWS secret access key"),
        ("b.py", "aws-secret-key", "AWS secret access key"),
    ]
    assert [one["doubt"] for one in found] == [
        "",
        "its key ID begins with ASIA, so it is temporary and void within 36 hours",
    ]


def test_a_key_of_firebase_is_no_secret_in_an_app_either(tmp_path: Path) -> None:
    make = Maker(6)
    keys = ["AI" + "za" + make.of(ALNUM, 35) for _ in range(3)]
    found = look(
        tmp_path,
        {
            "android/app/google-services.json": json.dumps({"client": [{"api_key": [{"current_key": keys[0]}]}]}),
            "lib/firebase_options.dart": f"const android = FirebaseOptions(\n  apiKey: '{keys[1]}',\n  appId: '1:1:a',\n);\n",
            "lib/gemini.dart": f"const apiKey = '{keys[2]}';\n",
        },
    ).value
    assert [one["path"] for one in found] == ["lib/gemini.dart"]


def test_the_record(tmp_path: Path) -> None:
    key = Maker(5).checked("gh" + "p_")
    fact = look(tmp_path, {"src/a.py": f"\n\nTOKEN = '{key}'\n"})
    assert (fact.state, fact.level, fact.confidence) == (State.KNOWN, Level.MEASURED, Confidence.STRONG)
    assert fact.value == [
        {
            "path": "src/a.py",
            "line": 3,
            "rule": "github",
            "vendor": "GitHub",
            "kind": "vendor",
            "prefix": "ghp_",
            "role": "code",
            "ignored": False,
            "secret": 1,
            "doubt": "",
            "reach": "",
            "confidence": "strong",
        }
    ]
    assert fact.evidence[0].note == "GitHub (github)"


def test_equal_values_have_one_number(tmp_path: Path) -> None:
    m = Maker(6)
    one, other = "hf" + "_" + m.of(ALNUM, 34), "hf" + "_" + m.of(ALNUM, 34)
    fact = look(tmp_path, {"a.py": f"t='{one}'\n", "b.py": f"t='{other}'\n", "c.py": f"x='{one}'\n"})
    assert [(secret["path"], secret["secret"]) for secret in fact.value] == [("a.py", 1), ("b.py", 2), ("c.py", 1)]


def test_ignored_files_are_looked_into_and_marked(tmp_path: Path) -> None:
    key = "hf" + "_" + Maker(7).of(ALNUM, 34)
    files: dict[str, str | bytes] = {".gitignore": ".env\n", ".env": f"HF_TOKEN={key}\n"}
    assert [secret["ignored"] for secret in look(tmp_path / "a", files).value] == [True]
    assert look(tmp_path / "b", files, ignored=False).state is State.ABSENT


def test_a_notebook_is_read_in_its_outputs_and_not_in_its_images(tmp_path: Path) -> None:
    key = "sk-" + "proj-" + Maker(8).of(ALNUM, 60)
    fact = look(tmp_path, {"n.ipynb": notebook(output=f"using {key}\n", image="iVBORw0KGgo" + "A7b" * 3000)})
    assert [secret["rule"] for secret in fact.value] == ["openai-project"]


def test_a_broken_checksum_is_a_doubt_in_code_and_nothing_in_a_test(tmp_path: Path) -> None:
    key = "gh" + "p_" + Maker(9).of(ALNUM, 36)
    fact = look(tmp_path, {"a.py": f"T='{key}'\n", "tests/test_a.py": f"T='{key}'\n"})
    assert [(s["path"], s["doubt"], s["confidence"]) for s in fact.value] == [
        ("a.py", "its checksum does not hold", "medium")
    ]


def test_an_expired_web_token_opens_nothing(tmp_path: Path) -> None:
    m = Maker(10)
    files: dict[str, str | bytes] = {
        "a.py": f"T='{m.jwt(sub='svc', exp=1748736000)}'\n",  # a year before the audit
        "b.py": f"T='{m.jwt(sub='svc', exp=1999999999)}'\n",
    }
    assert [secret["path"] for secret in look(tmp_path, files).value] == ["b.py"]


def test_a_key_in_a_tests_fixture_is_the_tests_own(tmp_path: Path) -> None:
    key = Maker(11).pem()
    fact = look(tmp_path, {"tests/certs/server.key": key, "deploy/server.key": key})
    assert [secret["path"] for secret in fact.value] == ["deploy/server.key"]


def test_provider_keys_in_tests_and_documents_count(tmp_path: Path) -> None:
    key = "sk-" + "ant-api03-" + Maker(12).of(ALNUM, 93) + "AA"
    fact = look(tmp_path, {"tests/test_a.py": f"K='{key}'\n", "docs/use.md": f"`{key}`\n"})
    assert {secret["role"] for secret in fact.value} == {"test", "docs"}


def test_confidence_can_be_asked_for(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"a.py": f'API_KEY = "{Maker(13).of(HEX, 32)}"\n'}
    assert look(tmp_path / "a", files).value[0]["kind"] == "free"
    assert look(tmp_path / "b", files, min_confidence=Confidence.STRONG).state is State.ABSENT


def test_an_unread_file_is_unknown_and_not_clean(tmp_path: Path) -> None:
    fact = look(tmp_path, {"big.py": b"x = 1\n" * 400_000})
    assert fact.state is State.UNKNOWN
    assert "big.py" in fact.reason


def test_a_clean_tree_is_absent_with_its_scope(tmp_path: Path) -> None:
    fact = look(tmp_path, {"a.py": "print('hello')\n"})
    assert (fact.state, fact.value, fact.scope.files if fact.scope else 0) == (State.ABSENT, [], 1)


def test_the_probe_is_registered() -> None:
    assert isinstance(get("secrets"), SecretsProbe)


@pytest.mark.parametrize(
    ("value", "placeholder"),
    [
        ("aB3xK9qLmN2pR7sT", False),
        ("abcdefghijk", True),
        ("x" * 20, True),
        ("ab12ab12ab12ab12", True),
        ("sk-your-key", True),
        ("00000000-1111", True),
        ("api03-abc123xyz789AAABBBCCCDDDEEEFFFGGG", True),
        ("q7Kd9abcZp2mW5rT8vXyLc4NfB6hJ3gS", False),
    ],
)
def test_placeholders(value: str, placeholder: bool) -> None:
    assert checks.is_placeholder(value) is placeholder


def test_randomness() -> None:
    assert checks.entropy("") == 0
    assert checks.entropy("aaaa") == 0
    assert checks.entropy("abcd") == 2
