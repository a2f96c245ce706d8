"""Data sets that a project reads or holds; what is recorded of them; row counts that sheets state."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from aiaudit.model.fact import State
from aiaudit.probes.datasets.reads import Read, in_tree, read_of
from aiaudit.probes.datasets.recorded import terms_of
from aiaudit.probes.datasets.rows import RowClaimsProbe, RowClaimsQuery

from ..support import context

CSV = "a,b\n1,2\n3,4\n"


@pytest.mark.parametrize(
    ("name", "args", "kw", "kind", "pinned"),
    [
        ("datasets.load_dataset", ["acme/x"], {}, "hub", ""),
        ("datasets.load_dataset", ["acme/x"], {"revision": "0a1b2c3"}, "hub", "revision"),
        ("datasets.load_dataset", ["acme/x"], {"revision": "main"}, "hub", ""),
        ("datasets.load_dataset", ["csv"], {"data_files": "data/x.csv"}, "file", ""),
        ("pandas.read_csv", ["https://x.org/a.csv"], {}, "url", ""),
        ("pandas.read_csv", [], {}, "unresolved", ""),
        ("torchvision.datasets.MNIST", ["."], {}, "library", "library"),
        ("sklearn.datasets.fetch_openml", ["adult"], {"version": 2}, "service", "version"),
        ("wandb.run.use_artifact", ["team/data:latest"], {}, "service", ""),
        ("wandb.run.use_artifact", ["team/data:v3"], {}, "service", "version"),
        ("pooch.retrieve", ["https://x.org/a.csv"], {"known_hash": "a" * 64}, "url", "sha256"),
    ],
)
def test_what_a_call_reads(name: str, args: list[Any], kw: dict[str, Any], kind: str, pinned: str) -> None:
    read = read_of(name, {"args": args, "kw": kw})
    assert read is not None
    assert (read.kind, read.pinned) == (kind, pinned)


def test_calls_that_read_no_data_set() -> None:
    assert read_of("sklearn.datasets.load_iris", {"args": [], "kw": {}}) is None
    assert read_of("torchvision.datasets.FakeData", {"args": [9], "kw": {}}) is None


def test_a_folder_whose_folders_are_classes_is_read() -> None:
    assert read_of("torchvision.datasets.ImageFolder", {"args": ["x/"], "kw": {}}) == Read("folder", "x")


def test_a_path_is_looked_for_from_the_root_and_from_the_reader() -> None:
    assert in_tree("../data/x.csv", "notebooks/a.ipynb") == ("data/x.csv",)
    assert in_tree("/etc/passwd", "a.py") == ()
    assert in_tree("../../x.csv", "a.py") == ()


@pytest.mark.parametrize(
    ("licence", "terms"),
    [
        ("CC BY-NC 4.0", "noncommercial"),
        ("CC BY-ND 4.0", "noderivatives"),
        ("CC-BY-SA-4.0", "copyleft"),
        ("ODbL", "copyleft"),
        ("Apache-2.0", "open"),
        ("proprietary-internal, owner: x", "internal"),
        ("see website", ""),
        ("", ""),
    ],
)
def test_terms(licence: str, terms: str) -> None:
    assert terms_of(licence) == terms


def used(root: Path, files: dict[str, str]) -> list[dict[str, Any]]:
    made = context(root, files)
    from aiaudit.probes.datasets.used import UsedProbe, UsedQuery
    from aiaudit.probes.python.engine import PythonEngine

    engine = PythonEngine([UsedQuery()])
    made.scans = {
        "python": {e.path: engine.scan(made.project.read(e.path), e) for e in made.project.files if engine.wants(e)}
    }
    found: list[dict[str, Any]] = UsedProbe().answer("u", UsedQuery(), made).value
    return found


def manifest(digest: str) -> str:
    return json.dumps({"datasets": {"x.csv": {"sha256": digest, "source": "our shop", "licence": "CC0"}}})


READ = "import pandas as pd\npd.read_csv('data/x.csv')\n"
COMPARED = "import hashlib\nimport pandas as pd\nhashlib.sha256(open('data/x.csv', 'rb').read())\n" + READ
RIGHT = hashlib.sha256(CSV.encode()).hexdigest()


@pytest.mark.parametrize(
    ("code", "digest", "pinned"), [(COMPARED, RIGHT, "sha256"), (READ, RIGHT, ""), (COMPARED, "0" * 64, "")]
)
def test_a_hash_pins_only_where_it_is_right_and_compared(tmp_path: Path, code: str, digest: str, pinned: str) -> None:
    found = used(tmp_path, {"t.py": code, "data/x.csv": CSV, "data/manifest.json": manifest(digest)})
    assert [(one["name"], one["pinned"]) for one in found] == [("data/x.csv", pinned)]
    assert (found[0]["licence"], found[0]["source"], found[0]["recorded"]) == ("CC0", "our shop", "data/manifest.json")


def test_a_function_that_compares_but_is_not_called_pins_nothing(tmp_path: Path) -> None:
    code = "import hashlib\ndef check(p):\n    return hashlib.sha256(p)\n" + READ
    files = {"t.py": code, "data/x.csv": CSV, "data/manifest.json": manifest(RIGHT)}
    assert used(tmp_path, files)[0]["pinned"] == ""
    assert used(tmp_path / "called", {**files, "t.py": code + "check(b'')\n"})[0]["pinned"] == "sha256"


def test_a_document_records_a_data_set_where_it_names_it(tmp_path: Path) -> None:
    code = "from datasets import load_dataset\nload_dataset('acme/x')\n"
    page = "# P\n\n## Data\nWe use acme/x from https://hub.example/acme/x, under CC BY 4.0.\n\n## Code\nApache-2.0\n"
    one = used(tmp_path, {"t.py": code, "README.md": page})[0]
    assert (one["licence"], one["recorded"]) == ("CC BY 4.0", "README.md")
    other = used(tmp_path / "other", {"t.py": code.replace("acme/x", "acme/y"), "README.md": page})[0]
    assert other["licence"] == ""


def test_the_section_that_is_headed_by_the_data_set_counts_before_a_mention(tmp_path: Path) -> None:
    code = "import torchaudio\ntorchaudio.datasets.LIBRISPEECH('.', url='test-clean')\n"
    files = {"t.py": code, "README.md": "# P\n\nSee https://acme.example/blog; measured on LibriSpeech.\n"}
    page = "# Data\n\n### LibriSpeech\nFrom the [corpus](https://www.openslr.org/12).\n"
    one = used(tmp_path, {**files, "docs/data.md": page})[0]
    assert (one["source"], one["recorded"]) == ("https://www.openslr.org/12", "docs/data.md")


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ('pd.read_sql("SELECT * FROM vw_demand", con=c)', "vw_demand"),
        ('pd.read_sql("orders", c)', "orders"),
        ('pd.read_sql_table("orders", c)', "orders"),
        ('pd.read_sql_query("""select a.x\nfrom shop.orders a\n join "shop"."people" p on a.id = p.id""", c)', "shop.orders, shop.people"),
        ("pd.read_gbq('SELECT EXTRACT(YEAR FROM day) FROM `p.d.t`')", "p.d.t"),
        ('pd.read_sql("with new as (select * from raw) select * from new", c)', "raw"),
        ('pd.read_sql("select * from generate_series(1, 9)", c)', "a query"),
        ('pd.read_sql(query, c)', ""),
    ],
)  # fmt: skip
def test_a_query_names_the_tables_that_it_reads(tmp_path: Path, asked: str, name: str) -> None:
    (one,) = used(
        tmp_path, {"t.py": f"import pandas as pd\nimport db\nc = db.connect()\nquery = db.ask()\nframe = {asked}\n"}
    )
    assert (one["name"], one["kind"], one["file"]) == (name, "table" if name else "unresolved", "")


@pytest.mark.parametrize(
    ("path", "derived"),
    [
        ("eval/ratings-gpt4/a.jsonl", True),
        ("eval/model_generations/a.jsonl", True),
        ("small_predictions.csv", True),
        ("data/movie_ratings.csv", False),  # what people rated is data
        ("data/election_results.csv", False),
        ("data/operations.csv", False),
    ],
)
def test_what_a_model_said_is_derived(tmp_path: Path, path: str, derived: bool) -> None:
    assert [one["derived"] for one in used(tmp_path, {path: '{"a": 1}\n'})] == [derived]


def test_lists_in_a_folder_of_the_code_are_no_data_sets_unless_they_are_read(tmp_path: Path) -> None:
    files = {"src/app.ts": "run()", "src/data/models.json": "[1]", "data/orders.json": "[1]", "src/data/x.csv": CSV}
    assert [one["name"] for one in used(tmp_path, files)] == ["data/orders.json", "src/data/x.csv"]
    read = "import pandas as pd\npd.read_json('src/data/models.json')\n"
    assert "src/data/models.json" in [one["name"] for one in used(tmp_path / "read", {**files, "src/t.py": read})]


def claims(root: Path, sheet: str, rows: str = CSV) -> Any:
    made = context(root, {"data/x.csv": rows, "data/README.md": sheet})
    return RowClaimsProbe().answer("r", RowClaimsQuery(), made)


def test_row_claims(tmp_path: Path) -> None:
    rows = "a\n" + "1\n" * 40
    agreed = claims(tmp_path / "a", "# D\n40 rows, of them 30 records for training.\n", rows).value
    assert [(one["stated"], one["agrees"], one["contradicted"]) for one in agreed] == [
        (40, True, False),
        (30, False, False),
    ]
    wrong = claims(tmp_path / "b", "# D\n1,200 rows.\n", rows).value
    assert [(one["stated"], one["counted"], one["contradicted"]) for one in wrong] == [(1200, 40, True)]
    assert claims(tmp_path / "c", "# D\nAbout 1,200 rows.\n", rows).state is State.ABSENT


def test_quoted_line_ends_are_no_rows(tmp_path: Path) -> None:
    rows = "a\n" + '"x\ny"\n' * 12
    assert claims(tmp_path, "# D\n12 rows.\n", rows).value[0]["agrees"] is True
