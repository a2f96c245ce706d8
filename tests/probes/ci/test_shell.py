"""Shell text as commands: words, line numbers, and whether a failure fails the script."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiaudit.probes.ci.shell import commands
from aiaudit.probes.ci.shell_words import tokenize


def fatal(script: str, program: str = "pytest", *, errexit: bool = True, pipefail: bool = False) -> list[bool]:
    return [c.fatal for c in commands(script, errexit=errexit, pipefail=pipefail) if c.words[0] == program]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("pytest", True),
        ("pytest || true", False),
        ("pytest || true\nls", False),
        ("pytest || exit 1\nls", True),
        ("pytest || (echo bad; exit 1)\nls", True),
        ("pytest || { echo bad; false; }\nls", True),
        ("pytest | tee log", False),
        ("set -o pipefail; pytest | tee log", True),
        ("set -euo pipefail\npytest | tee log\nls", True),
        ("pytest && echo done\nls", False),  # errexit spares all but the last command of a list
        ("pytest && echo done", True),  # the list's status is the script's
        ("cd sub && pytest\nls", True),
        ("if pytest; then echo ok; fi\nls", False),
        ("if ! pytest; then echo bad; exit 1; fi\nls", True),
        ("if pytest; then echo ok; else exit 1; fi\nls", True),
        ("while pytest; do sleep 1; done", False),
        ("for f in a; do pytest $f; done\nls", True),
        ("! pytest\nls", False),
        ("pytest & wait", False),
        ("(cd sub && pytest)\nls", True),
        ("set +e\npytest\nls", False),
        ("set +e\npytest\ncode=$?\nset -e\nls\nexit $code", True),
        ("set +e\npytest | tee log\ncode=${PIPESTATUS[0]}\nexit $code", True),
        ("pytest || code=$?\nls\nexit $code", True),
        ("check() {\n  pytest\n}\ncheck\nls", True),
        ("check() { pytest; }\ncheck || true\nls", False),
        ("case $1 in a) pytest ;; esac\nls", True),
    ],
)
def test_what_a_failure_does_under_errexit(script: str, expected: bool) -> None:
    assert fatal(script) == [expected]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("pytest\nls", False),
        ("ls\npytest", True),
        ("set -e\npytest\nls", True),
        ("pytest; exit $?", True),
        ("pytest && ls", True),
        ("for f in tests/*.py; do pytest $f; done", False),  # a failure of any file but the last is lost
        ("for f in $FILES; do pytest $f; done", True),
        ("failed=0\nfor f in tests/*.py; do pytest $f || failed=1; done\nexit $failed", True),
        ("failed=0\nfor f in tests/*.py; do pytest $f || { echo bad; failed=1; }; done\nexit $failed", True),
        ("pytest || failed=1\nls", False),
        ("pytest || failed=0\nexit $failed", False),
    ],
)
def test_without_errexit_the_last_command_counts(script: str, expected: bool) -> None:
    assert fatal(script, errexit=False) == [expected]


@pytest.mark.parametrize(
    ("script", "errexit", "expected"),
    [
        ("for d in a b; do make -C $d test; done", False, [("a", False), ("b", True)]),
        ("for d in a b; do make -C ${d} test; done", True, [("a", True), ("b", True)]),
        ("for d in a b; do make -C $d test || exit 1; done", False, [("a", True), ("b", True)]),
        ("for d in a b; do make -C $d test || true; done", True, [("a", False), ("b", False)]),
        ("for d in a b; do make -C $d test; done; exit 0", False, [("a", False), ("b", False)]),
        ("for d in $DIRS; do make -C $d test; done", False, [("$d", True)]),
        ("for d in a; do for e in b c; do make -C $d/$e$f test; done; done", True, [("a/b$f", True), ("a/c$f", True)]),
    ],
)
def test_a_loop_over_words_is_walked_word_by_word(script: str, errexit: bool, expected: list[tuple[str, bool]]) -> None:
    found = [(c.words[2], c.fatal) for c in commands(script, errexit=errexit) if c.words[0] == "make"]
    assert found == expected


def test_loops_in_loops_come_to_an_end() -> None:
    words = " ".join(f"w{n}" for n in range(100))
    script = "".join(f"for v{n} in {words}; do " for n in range(30)) + "ls; " + "done; " * 30
    assert len(commands(script)) <= 200


def test_the_verdicts_are_those_of_bash(tmp_path: Path) -> None:
    """Each script runs in bash with a `probe` that fails: bash's status says whether the failure was fatal."""
    scripts = [
        "probe", "probe || true", "probe || true\ntrue", ("probe || (true; "
                                                          "exit 1)\ntrue"), "probe | cat", "probe && true\ntrue",
        "probe && true", "if probe; then true; fi\ntrue", "if ! probe; then exit 1; fi\ntrue", "(cd . && probe)\ntrue",
        "for i in a; do probe; done\ntrue", "c=0\nfor i in a; do probe || c=1; done\nexit $c", "set +e\nprobe\ntrue", "set +e\nprobe\nc=$?\nset -e\ntrue\nexit $c",
        ("set -o pipefail\nprobe | "
         "cat\ntrue"), "! probe\ntrue", "f() { probe; }\nf\ntrue", "f() { probe; }\nf || true\ntrue",
        "{ probe; true; }\ntrue", "true && probe\ntrue", "false || probe\ntrue", "probe || c=$?\ntrue\nexit $c",
        "case x in x) probe ;; esac\ntrue", "if true; then probe; fi\ntrue", ("set +e\nprobe | cat\n"
                                                                              "c=${PIPESTATUS[0]}\nexit $c"),
    ]  # fmt: skip
    for errexit in (True, False):
        for script in scripts:
            text = f"probe() {{ return 7; }}\n{script}"
            flags = ["-e"] if errexit else []
            run = subprocess.run(["bash", *flags, "-c", text], capture_output=True, check=False, cwd=tmp_path)
            assert fatal(script, "probe", errexit=errexit) == [run.returncode != 0], (errexit, script)


def test_words_lines_and_folders() -> None:
    script = (
        "# a comment\nA=1 B='x y' pytest -k 'not slow' \\\n  \"tests/a b\" 2>&1 >log # end\n"
        "cd sub/dir && make\ncd /abs\nls"
    )
    found = commands(script)
    assert found[0].words == ("pytest", "-k", "not slow", "tests/a b")
    assert found[0].line == 2
    assert [(c.words[0], c.folder) for c in found[1:]] == [
        ("cd", ""),
        ("make", "sub/dir"),
        ("cd", "sub/dir"),
        ("ls", None),
    ]


def test_here_documents_are_no_commands() -> None:
    script = "cat <<'EOF' > f\npytest\nEOF\npython - <<-PY\n\timport x\n\tPY\nruff check ."
    assert [(c.words[0], c.line) for c in commands(script)] == [("cat", 1), ("python", 4), ("ruff", 7)]


def test_expansions_stay_one_word() -> None:
    script = (
        "test \"$(jq -r '.status' f)\" = ok\ndocker build -t ${{ env.IMAGE }}:${{ github.sha }} .\n"
        "echo `date` ${X:-a b}"
    )
    words = [c.words for c in commands(script)]
    assert words[0] == ("test", "$(jq -r '.status' f)", "=", "ok")
    assert words[1] == ("docker", "build", "-t", "${{ env.IMAGE }}:${{ github.sha }}", ".")
    assert words[2] == ("echo", "`date`", "${X:-a b}")


def test_a_command_whose_output_is_kept_is_run() -> None:
    script = 'set -e\nID="$(aws ssm send-command \\\n  --parameters "commands=[\\"${X}\\"]")"\nN=$(pytest | wc -l)\necho "$(date)"\n'
    found = [(c.line, c.words[:3], c.fatal) for c in commands(script)]
    assert found[1:] == [
        (2, ("aws", "ssm", "send-command"), True),
        (4, ("pytest",), False),
        (4, ("wc", "-l"), True),
        (5, ("echo", "$(date)"), True),
    ]


def test_arithmetic_and_nested_outputs_end() -> None:
    assert commands("N=$((1 + 2))") == []
    assert len(commands("A=$(" * 5_000 + "pytest" + ")" * 5_000)) <= 1


@settings(max_examples=300, deadline=None)
@given(
    st.text(alphabet=st.sampled_from("ab $(){}`'\"|&;<>\\\n#=if fi do done case esac then else ! [ ]\t"), max_size=200)
)
def test_any_text_gives_commands(script: str) -> None:
    for command in commands(script, errexit=True):
        assert command.words
        assert 1 <= command.line <= script.count("\n") + 1


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=300))
def test_tokens_move_on(script: str) -> None:
    ends = [token.end for token in tokenize(script)]
    assert ends == sorted(ends)


@pytest.mark.parametrize("piece", ["(", "{ ", "if ", "$(", "'", "while true; do ", "a && ", "f() { f; }; f; "])
def test_deep_and_long_scripts_end(piece: str) -> None:
    assert len(commands(piece * 20_000)) <= 5_001


def test_a_function_that_runs_what_it_is_given() -> None:
    script = 'retry() {\n  local times=$1\n  shift\n  "$@"\n}\ncheck() { "$@" || failed=1; }\nretry 3 pytest tests\ncheck mypy src\nexit $failed\n'
    found = {c.text: (c.fatal, c.halts) for c in commands(script, errexit=True) if c.words[0] in ("pytest", "mypy")}
    assert found == {
        "pytest tests": (True, True),
        "mypy src": (True, False),
    }  # what is noted ends the script at its end


def test_both_ways_to_write_a_function_at_once() -> None:
    found = commands("function unit() {\n  pytest\n}\nfunction never() {\n  mypy\n}\nunit\n")
    assert [c.text for c in found] == ["pytest"]


def test_a_status_that_a_function_notes() -> None:
    script = "note() {\n  local last=$?\n  all=$((all || last))\n}\npytest\nnote\nmypy\nexit $all\n"
    assert {c.text: c.fatal for c in commands(script) if c.words[0] in ("pytest", "mypy")} == {
        "pytest": True,
        "mypy": False,
    }


def test_a_variable_that_a_test_ends_the_script_by() -> None:
    for end in ("[ $bad -eq 0 ]", "if [ $bad -ne 0 ]; then\n  exit 1\nfi\necho done", "[[ $bad == 0 ]] || exit 2"):
        (found,) = [c for c in commands(f"pytest || bad=1\n{end}\n") if c.words[0] == "pytest"]
        assert (found.fatal, found.halts) == (True, False), end
    (found,) = [
        c
        for c in commands("pytest || bad=1\nif [ $bad -ne 0 ]; then\n  echo bad\nfi\necho done\n")
        if c.words[0] == "pytest"
    ]
    assert not found.fatal


@pytest.mark.parametrize(
    ("written", "folder"),
    [
        ('cd "$(dirname "$0")/.."', "\0/.."),
        ("cd $(dirname $0)", "\0"),
        ('cd "$(dirname -- "${BASH_SOURCE[0]}")/../x"', "\0/../x"),
        ('cd "$( cd "$( dirname "${BASH_SOURCE[0]}" )" && pwd )"', "\0"),
        ("cd `dirname $0`/../..", "\0/../.."),
        ('cd "${0%/*}/a/.."', "\0"),
        ('cd "$(dirname "$1")"', None),
        ('cd "$(dirname "$0").d"', None),
        ("cd ..", None),
    ],
)
def test_the_folder_of_a_scripts_own_file_is_known(written: str, folder: str | None) -> None:
    assert commands(f"{written}\nls x")[-1].folder == folder
