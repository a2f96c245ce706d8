"""`aiaudit data`: the contract of its JSON, the terminal, the page, the options."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser

import pytest

from aiaudit.reports.schema_data import DataSection

CONTRACT = {
    "report": {"datasets", "pairs", "groups", "engine", "sample", "notes"},
    "dataset": {"name", "path", "format", "rows", "malformed", "duplicate_rows", "columns", "ids", "label", "leakage", "freshness_days", "chat"},
    "column": {"name", "type", "null_fraction", "empty_fraction", "distinct", "constant", "min", "max", "mean", "quantiles", "numeric_as_text", "personal"},
    "personal": {"kind", "count", "share"},
    "label": {"column", "balance", "conflicting_groups"},
    "chat": {"turns", "empty_turns", "bad_alternation", "not_ending_with_assistant", "duplicates"},
    "pair": {"a", "b", "kind", "overlap_rows", "overlap_ids", "columns"},
    "drift": {"name", "psi", "ks", "ks_p", "wasserstein", "js", "chi2", "chi2_p", "new_categories", "drifted"},
}  # fmt: skip


def run(*arguments, code=0, **env):
    done = subprocess.run(
        [sys.executable, "-m", "aiaudit", "data", *map(str, arguments)],
        capture_output=True, text=True, env={**os.environ, "NO_COLOR": "", "COLUMNS": "", **env}, check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stderr
    return done


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("data")
    for name, start, count in (("train", 0, 300), ("test", 280, 120)):
        rows = [
            f"{i},{i * 7919 % 53 + (20 if name == 'test' else 0)},{i % 2},u{i}@mail.example.org,{i % 2}"
            for i in range(start, start + count)
        ]
        (made / f"{name}.csv").write_text("id,age,copy,contact,label\n" + "\n".join(rows) + "\nbroken\n")
    talk = {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": ""}]}
    (made / "talk.jsonl").write_text(json.dumps(talk) + "\n" + json.dumps(talk))
    return made


def test_the_contract(folder):
    report = json.loads(run(folder, "--json").stdout)
    assert set(report) >= CONTRACT["report"]
    DataSection.model_validate(report)
    assert set(report["sample"]) == {"rows", "seed"}
    sets = {found["name"]: found for found in report["datasets"]}
    assert set(sets) == {"talk.jsonl", "test.csv", "train.csv"}
    for found in sets.values():
        assert set(found) >= CONTRACT["dataset"]
        assert set(found["malformed"]) == {"count", "lines"}
        assert all(set(column) >= CONTRACT["column"] for column in found["columns"])
    train = sets["train.csv"]
    assert (train["rows"], train["malformed"]) == (300, {"count": 1, "lines": [302]})
    assert train["ids"] == [{"column": "id", "duplicates": 0}]
    assert set(train["label"]) >= CONTRACT["label"]
    assert train["leakage"][0] == {
        "column": "copy",
        "accuracy": 1.0,
        "majority": 0.5,
        "measure": "accuracy",
        "sampled": False,
    }
    contact = next(column for column in train["columns"] if column["name"] == "contact")
    assert contact["personal"] == {"kind": "email", "count": 300, "share": 1.0}
    assert set(sets["talk.jsonl"]["chat"]) >= CONTRACT["chat"]
    assert (sets["talk.jsonl"]["chat"]["duplicates"], sets["talk.jsonl"]["chat"]["empty_turns"]) == (1, 2)
    (pair,) = report["pairs"]
    assert set(pair) >= CONTRACT["pair"]
    assert (pair["a"], pair["b"], pair["kind"], pair["overlap_ids"]) == ("train.csv", "test.csv", "overlap", 20)


def test_drift_from_a_reference(folder):
    report = json.loads(run(folder / "test.csv", "--reference", folder / "train.csv", "--json").stdout)
    (pair,) = report["pairs"]
    assert all(set(column) == CONTRACT["drift"] | {"new_category_share"} for column in pair["columns"])
    drifted = {column["name"]: column["drifted"] for column in pair["columns"]}
    assert drifted["age"] is True
    assert drifted["label"] is False
    assert any(note.startswith("PSI:") for note in report["notes"])


def test_the_terminal_says_problems_first_and_one_line_a_column(folder):
    text = run(folder).stdout
    assert "\x1b" not in text
    assert text.index("personal data: email") < text.index("train.csv  csv · train · 300 rows × 5 columns")
    assert "tells the label alone: right in 100 %, where the commonest class is 50.0 %" in text
    assert "1 malformed row (line 302)" in text
    assert re.search(r"^  age +int +0 % +53  0 … 52, mean [0-9.]+ +[▁▂▃▄▅▆▇█]{20}$", text, re.MULTILINE)
    assert "20 ids stand in both" in text
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize("width", [80, 120])
def test_lines_fit_the_terminal(folder, width):
    assert max(map(len, run(folder, COLUMNS=str(width)).stdout.splitlines())) <= width


def test_names_heads_and_figures_are_whole_at_eighty_columns(tmp_path):
    rows = "".join(f"{i},{40_000 + 7919 * i % 53},2024-01-{i % 28 + 1:02}\n" for i in range(150))
    (tmp_path / "a.csv").write_text("transaction_identifier,amount_in_cents,booked\n" + rows)
    (tmp_path / "b.csv").write_text("transaction_identifier,amount_in_cents,booked\n" + rows.replace(",4", ",9"))
    text = run(tmp_path / "b.csv", "--reference", tmp_path / "a.csv", COLUMNS="80").stdout
    assert re.search(r"^  column +type +missing +distinct +values$", text, re.M)
    assert re.search(r"^  transaction_identifier +int +0 % +150  0 … 149, mean 74.5$", text, re.M)
    assert re.search(r"^  column +PSI +KS +Wasserstein +JS +p$", text, re.M)
    assert re.search(r"^  amount_in_cents .* 50,000 .* <0.0001  drifted$", text, re.M)
    assert "…" not in re.sub(r"\S+ … ", "", text)
    assert "▁" not in text and "▁" in run(tmp_path / "a.csv", COLUMNS="100").stdout.translate(
        {ord(c): "▁" for c in "▂▃▄▅▆▇█"}
    )


def test_a_label_that_no_set_has_is_refused_with_what_there_is(folder):
    told = run(folder, "--label", "lable", code=2).stderr
    assert told == "aiaudit: --label lable: no data set has this column; did you mean 'label'?\n"
    told = run(folder / "train.csv", "--label", "xyz", code=2).stderr
    assert told.endswith("no data set has this column; there are: id, age, copy, contact, label\n")


def test_colour_can_be_forced_and_the_words_stay(folder):
    coloured = run(folder / "train.csv", FORCE_COLOR="1").stdout
    assert "\x1b[" in coloured
    plain = [line.rstrip() for line in re.sub(r"\x1b\[[0-9;]*m", "", coloured).splitlines()]
    assert plain == run(folder / "train.csv").stdout.splitlines()


class Page(HTMLParser):
    """Collects tags, the policy, styles and what a strict policy would forbid."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.policy, self.style, self.forbidden, self._in_style = [], "", "", [], False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        named = dict(attrs)
        if named.get("http-equiv") == "Content-Security-Policy":
            self.policy = named["content"]
        self._in_style = tag == "style"
        self.forbidden += [
            a
            for a, v in attrs
            if a == "style" or a.startswith("on") or (a in ("src", "href") and not v.startswith("#"))
        ]

    def handle_data(self, data):
        if self._in_style:
            self.style += data
            self._in_style = False


def test_the_page_is_self_contained_and_strict(folder, tmp_path):
    (tmp_path / "x.csv").write_text("a,<script>alert(1)</script>\n1,2\n3,4\n")
    run(folder, "-o", tmp_path / "r.html")
    page = Page((tmp_path / "r.html").read_text())
    assert not {"script", "img", "link", "iframe"} & set(page.tags)
    assert page.forbidden == []
    digest = base64.b64encode(hashlib.sha256(page.style.encode()).digest()).decode()
    assert page.policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert page.tags.count("svg") > 10
    run(tmp_path / "x.csv", "-o", tmp_path / "x.html", "-o", tmp_path / "x.md", "-o", tmp_path / "x.json")
    assert "script" not in Page((tmp_path / "x.html").read_text()).tags
    assert "<script" not in (tmp_path / "x.md").read_text()
    assert json.loads((tmp_path / "x.json").read_text())["datasets"][0]["rows"] == 2


def test_markdown_is_short(folder, tmp_path):
    run(folder, "-o", tmp_path / "r.md")
    text = (tmp_path / "r.md").read_text()
    assert "| high | train.csv | contact |" in text
    assert len(text.splitlines()) < 60


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "there is no such file or folder"),
        (["{}", "--engine", "abacus://x"], "there is no such engine"),
        (["{}", "--reference", "nowhere.csv"], "there is no such file or folder"),
        (["{}", "-o", "x.pdf"], "the suffix names no format"),
        (["{}/talk*.parquet"], "no data file here"),
    ],
)
def test_wrong_usage_is_one_line(folder, arguments, said):
    done = run(*(a.format(folder) for a in arguments), code=2)
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_same_data_give_the_same_bytes(folder):
    assert run(folder, "--json").stdout == run(folder, "--json").stdout


def test_of_few_rows_no_column_is_said_to_tell_the_label(tmp_path):
    for rows in (10, 100):
        text = "a,y\n" + "".join(f"{'yes' if n % 2 else 'no'},{n % 2}\n" for n in range(rows))
        (tmp_path / f"{rows}.csv").write_text(text)
    few, enough = (run(tmp_path / f"{rows}.csv", "--label", "y").stdout for rows in (10, 100))
    assert "✗" not in few and "cannot be told from 10 rows; 100 are the least" in few
    assert "tells the label alone: right in 100 %" in enough and "✗" in enough


def test_a_file_that_is_no_data_ends_with_nothing_judged(tmp_path):
    (tmp_path / "notes.md").write_text("# Notes\n")
    done = run(tmp_path / "notes.md", code=3)
    assert "this format is not read" in done.stdout
    assert done.stderr == "aiaudit: nothing could be profiled; the notes say why\n"


def test_signs_that_nobody_sees_are_escapes_in_json(tmp_path):
    name = "a\u202e\u200bb  c"
    (tmp_path / "t.csv").write_text(f"{name},n\n" + "x,1\n" * 30, encoding="utf-8")
    text = run(tmp_path / "t.csv", "--json").stdout
    assert "\u202e" not in text and "\\u202e" in text
    assert json.loads(text)["datasets"][0]["columns"][0]["name"] == name


def test_drift_that_could_not_be_measured_is_told(tmp_path):
    (tmp_path / "a.csv").write_text("x\n" + "\n".join(str(i) for i in range(200)) + "\n")
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "other.csv").write_text("z\n" + "\n".join(str(i) for i in range(200)) + "\n")
    unread = run(tmp_path / "a.csv", "--reference", tmp_path / "empty.csv", code=3)
    assert "no drift was measured: empty.csv could not be read" in unread.stderr
    apart = run(tmp_path / "a.csv", "--reference", tmp_path / "other.csv", code=3)
    assert "no column in common" in apart.stderr
    itself = run(tmp_path / "a.csv", "--reference", tmp_path / "a.csv", code=2)
    assert "this is the set itself" in itself.stderr
