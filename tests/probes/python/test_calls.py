"""Call records: every field, and the conditions of queries."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from aiaudit.model.check import FactSpec, Place
from aiaudit.model.fact import State
from aiaudit.model.types import Unknown
from aiaudit.probes.collect import collect
from aiaudit.probes.python.probe_calls import CALL, CallsQuery
from aiaudit.project.config import no_config
from aiaudit.project.tree import Project
from tests.probes.python.support import ask, first_call, lay


def records(root: Path, code: str, *wanted: Any, **query: Any) -> list[dict[str, Any]]:
    return ask(root, "python.calls", {"app/main.py": code}, any=list(wanted), **query).value or []


@pytest.mark.parametrize("annotation", ["", ": Any", ": object", ": 'Any'", ": Any | None"])
def test_an_annotation_that_tells_nothing_names_nothing(tmp_path: Path, annotation: str) -> None:
    code = f"""\
        from typing import Any
        def rows(connection{annotation}, query):
            return connection.cursor().execute(query)
        """
    (one,) = records(tmp_path, code, "*.execute")
    assert "Any" not in one["name"] and "object" not in one["name"]


def test_every_field_is_there(tmp_path: Path) -> None:
    code = """\
        import requests
        session = requests.Session()
        def fetch(url):
            for attempt in range(3):
                answer = session.get(url, timeout=(1, 2), **extra)
        """
    (one,) = records(tmp_path, code, "requests.Session.get")
    assert set(one) == {name for name, _ in CALL.fields}
    assert one == {
        "path": "app/main.py",
        "line": 5,
        "cell": 0,
        "role": "code",
        "name": "requests.Session.get",
        "function": "fetch",
        "arg0": "",
        "args": [Unknown("url")],
        "kw": {"timeout": [1, 2]},
        "ctor_kw": {},
        "ctor_known": True,
        "has_star_kw": True,
        "unresolved": "",
        "certain": True,
        "reference": False,
        "in_loop": True,
        "in_handler": False,
        "in_try": False,
        "guarded": False,
        "at_module": False,
        "awaited": False,
        "retried": "",
        "result": "answer",
        "source": "unresolved",
        "dynamic": True,
    }


@pytest.mark.parametrize(
    ("path", "read"),
    [
        ('ROOT / "data" / "a.csv"', "data/a.csv"),
        ('str(ROOT / "data/a.csv")', "data/a.csv"),
        ('os.path.join(HERE, "a.csv")', "a.csv"),
        ('Path("data") / "a.csv"', "data/a.csv"),
        ('ROOT.joinpath("data", "a.csv")', "data/a.csv"),
        ('Path.cwd() / "a.csv"', "a.csv"),
        ('ROOT / "/etc/a.csv"', "/etc/a.csv"),
        ("ROOT", ""),
        ("ROOT / name", ""),
        ('ROOT / "data" / name', ""),
        ('OTHER / "a.csv"', ""),
        ('", ".join(["a.csv"])', ""),
        ('ROOT.parent / ".." / "a.csv"', "../a.csv"),
        ("12 / 4", ""),
    ],
)
def test_paths_that_are_put_together(tmp_path: Path, path: str, read: str) -> None:
    code = f"""\
        import os
        from pathlib import Path
        import pandas
        from settings import OTHER
        ROOT = Path(__file__).resolve().parents[1]
        HERE = os.path.dirname(os.path.abspath(__file__))
        def read(name):
            return pandas.read_csv({path})
        """
    (one,) = records(tmp_path, code, "pandas.read_csv")
    assert one["arg0"] == read
    assert one["dynamic"] is not bool(read)


@pytest.mark.parametrize(
    "line",
    [
        "loss.backward(); step()",
        "zero(); loss.backward(); step()",
        "loss.backward() ; step();",
        "if loss: loss.backward(); step()",
        "x = loss.backward(); y = 2",
    ],
)
def test_each_statement_of_a_line_is_looked_at(tmp_path: Path, line: str) -> None:
    code = f"import torch\nloss = torch.rand(3).mean()\nfor _ in range(3):\n    {line}\n"
    assert [one["line"] for one in records(tmp_path, code, "*.backward")] == [4]


@pytest.mark.parametrize("above", ['"""What it does."""', "name = 'x'", '# it\'s told by "x"'])
def test_a_call_below_a_line_that_ends_in_a_quote_is_looked_at(tmp_path: Path, above: str) -> None:
    code = f"from requests import get\ndef ask(self):\n    {above}\n    get(self.address)\n"
    assert [row["line"] for row in ask(tmp_path, "python.calls", {"x.py": code}, any=["requests.get"]).value] == [4]


@pytest.mark.parametrize(
    "line",
    [
        "if not requests.get(u).ok: pass",
        "while requests.get(u).ok: wait()",
        "for row in requests.get(u).json(): use(row)",
        "with requests.get(u) as answer: use(answer)",
        "def fetch(*, first=requests.get(u)): return first",
        "class Row(Base, first=requests.get(u)): pass",
        "if a: x = 1\nelif requests.get(u).ok: pass",
    ],
)
def test_the_head_of_a_statement_is_looked_at_where_its_body_is_on_the_same_line(tmp_path: Path, line: str) -> None:
    code = f"import requests\n{line}\n"
    assert [one["line"] for one in records(tmp_path, code, "requests.get")] == [1 + line.count("\n") + 1]


def test_a_switch_that_is_handed_on_keeps_its_default(tmp_path: Path) -> None:
    wanted = {"call": "requests.get", "kw": {"verify": False}}
    told = [
        one["unresolved"]
        for default in ("True", "False", "CHECK")
        for one in records(
            tmp_path,
            f"import requests\ndef get(url, verify={default}):\n    return requests.get(url, verify=verify)\n",
            wanted,
        )
    ]
    assert told == ["verify beyond its default", "verify", "verify"]


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("'x'", "x"),
        ("-3", -3),
        ("1024 * 8", 8192),
        ("2 ** 10", 1024),
        ("LIMIT", 500),
        ("f'v{VERSION}'", "v2"),
        ("'a' + 'b'", "ab"),
        ("[1, 'two', None]", [1, "two", None]),
        ("{'type': 'json', 'strict': True}", {"type": "json", "strict": True}),
        ("Settings.limit", {"$unknown": "@.Settings.limit"}),
        ("compute()", {"$unknown": "compute()"}),
        ("os.environ['X']", {"$unknown": "subscript"}),
    ],
)
def test_constants_are_resolved_and_the_rest_is_unknown(argument: str, value: Any) -> None:
    code = f"import torch, os\nLIMIT = 500\nVERSION = 2\ntorch.load('p', k={argument})"
    got = first_call(code, "torch.load")["kw"]["k"]
    assert got == value or (isinstance(value, dict) and "$unknown" in value and "$unknown" in got)


@pytest.mark.parametrize(
    ("options", "seen"),
    [
        ("{'weights_only': True} if torch.__version__ >= '1.13' else {}", True),
        ("{'weights_only': True} if torch.__version__ < '1.13' else {}", False),
        ("{'weights_only': True} if safe else {}", False),
    ],
)
def test_options_for_every_later_version_of_a_library_are_seen(options: str, seen: bool) -> None:
    code = f"import torch\n\ndef load(file, safe):\n    kw = {options}\n    return torch.load(file, **kw)\n"
    one = first_call(code, "torch.load")
    assert (one.get("kw", {}).get("weights_only") is True, one.get("star_kw", False)) == (seen, not seen)


def test_keywords_spread_from_a_literal_are_seen() -> None:
    code = "import requests\noptions = {'timeout': 5}\nrequests.get('http://x', **options)"
    one = first_call(code, "requests.get")
    assert one["kw"] == {"timeout": 5}
    assert "star_kw" not in one


@pytest.mark.parametrize(
    ("between", "seen"),
    [
        ("print(options)", True),
        ("limit(**options)", True),
        ("limit(options)", False),
        ("kept = limit(options)", False),
        ("kept = limit(settings=options)", False),
        ("store.limit(options)", False),
        ("options.merge_into(options)", False),
    ],
)
def test_whoever_is_given_the_map_may_change_it(between: str, seen: bool) -> None:
    code = f"import requests\n\ndef ask(store):\n    options = dict(timeout=5)\n    {between}\n"
    one = first_call(code + "    return requests.get('http://x', **options)\n", "requests.get")
    assert (one.get("kw", {}).get("timeout") == 5, one.get("star_kw", False)) == (seen, not seen)


def test_a_partial_binds_keywords() -> None:
    code = "import requests\nfrom functools import partial\nget = partial(requests.get, timeout=5)\nget('http://x')"
    assert first_call(code, "requests.get")["kw"] == {"timeout": 5}


def test_keywords_of_the_constructor_and_of_settings() -> None:
    code = """\
        from openai import OpenAI
        client = OpenAI(timeout=30, max_retries=2)
        client.with_options(timeout=5).responses.create(model="m")
        """
    one = first_call(code, "openai.OpenAI.responses.create")
    assert one["ctor_kw"] == {"timeout": 30, "max_retries": 2}
    assert one["kw"] == {"model": "m"}


@pytest.mark.parametrize(
    ("code", "field", "value"),
    [
        ("while True:\n    requests.get(u)", "in_loop", True),
        ("pages = [requests.get(u) for u in urls]", "in_loop", True),
        ("for u in requests.get(x):\n    pass", "in_loop", None),
        ("try:\n    requests.get(u)\nexcept OSError:\n    pass", "in_try", True),
        ("async def f():\n    await requests.get(u)", "awaited", True),
        ("class A:\n    def b(self):\n        def c():\n            requests.get(u)", "function", "A.b.c"),
        ("self.answer = requests.get(u)", "result", "self.answer"),
        ("@tenacity.retry(stop=1)\ndef f():\n    requests.get(u)", "retried", "decorator"),
        (
            "while True:\n    try:\n        requests.get(u)\n        break\n    except OSError:\n        time.sleep(2)",
            "retried",
            "loop",
        ),
        ("while True:\n    try:\n        requests.get(u)\n    except OSError:\n        raise", "retried", None),
        ("while True:\n    try:\n        requests.get(u)\n    except OSError:\n        time.sleep(2)", "retried", None),
        ("@app.post('/x')\ndef f(body):\n    requests.get(u)", "in_handler", True),
        ("@mcp.tool()\ndef f(body):\n    requests.get(u)", "in_handler", True),
        ("@click.command()\ndef f(body):\n    requests.get(u)", "in_handler", None),
        ("class V(APIView):\n    def post(self, request):\n        requests.get(u)", "in_handler", True),
        ("class V(APIView):\n    def helper(self, request):\n        requests.get(u)", "in_handler", None),
        (
            "class V(viewsets.ModelViewSet):\n    @action()\n    def ask(self, request):\n        requests.get(u)",
            "in_handler",
            True,
        ),
        (
            "from django.views import View\nclass V(View):\n    def get(self, request):\n        requests.get(u)",
            "in_handler",
            True,
        ),
        ("class V(View):\n    def get(self, request):\n        requests.get(u)", "in_handler", None),
        ("class Client:\n    def get(self, path):\n        requests.get(u)", "in_handler", None),
    ],
)
def test_surroundings(code: str, field: str, value: Any) -> None:
    head = (
        "import requests, time, tenacity, click\nfrom fastapi import FastAPI\n"
        "from mcp.server.fastmcp import FastMCP\napp = FastAPI()\nmcp = FastMCP('x')\n"
    )
    assert first_call(head + code, "requests.get").get(field) == value


@pytest.mark.parametrize(
    ("code", "source"),
    [
        ("pickle.load(open('model.pkl', 'rb'))", "literal"),
        ("with open('model.pkl', 'rb') as f:\n    pickle.load(f)", "literal"),
        ("pickle.load(open(os.path.join(os.path.dirname(__file__), 'm.pkl')))", "literal"),
        ("pickle.loads(requests.get(u).content)", "network"),
        ("r = requests.get(u)\npickle.loads(r.content)", "network"),
        ("p = hf_hub_download('a/b', 'c')\npickle.load(open(p, 'rb'))", "network"),
        ("pickle.load(urlopen('https://x'))", "network"),
        ("pickle.load(open(sys.argv[1], 'rb'))", "operator"),
        ("args = argparse.ArgumentParser().parse_args()\npickle.load(open(args.path))", "operator"),
        ("pickle.loads(input())", "operator"),
        ("@app.post('/x')\ndef f(blob: bytes):\n    pickle.loads(blob)", "user"),
        ("def f(upload: UploadFile):\n    pickle.load(upload.file)", "user"),
        ("@click.command()\ndef f(path):\n    pickle.load(open(path))", "operator"),
        ("pickle.load(open(os.environ['MODEL'], 'rb'))", "env"),
        ("def f(path):\n    pickle.load(open(path))", "unresolved"),
        ("pickle.load(open(base / 'x'))", "unresolved"),
    ],
)
def test_where_the_data_comes_from(code: str, source: str) -> None:
    head = (
        "import argparse, click, os, pickle, requests, sys\nfrom fastapi import FastAPI, UploadFile\n"
        "from huggingface_hub import hf_hub_download\nfrom urllib.request import urlopen\napp = FastAPI()\n"
    )
    assert first_call(head + code, "pickle.load", "pickle.loads")["source"] == source


def test_a_literal_path_of_the_project_is_its_own(tmp_path: Path) -> None:
    code = "import joblib\njoblib.load('models/m.joblib')\njoblib.load('elsewhere.joblib')"
    fact = ask(tmp_path, "python.calls", {"main.py": code, "models/m.joblib": b"x"}, any=["joblib.load"])
    assert [one["source"] for one in fact.value] == ["project", "literal"]


def test_credentials_are_never_kept(tmp_path: Path) -> None:
    code = """\
        from openai import OpenAI
        OpenAI(api_key="not-a-known-shape-1234", base_url="https://user:hunter2@host")
        OpenAI("sk-abcdefghijklmnop")
        """
    kept = repr(ask(tmp_path, "python.calls", {"a.py": code}, any=["openai.OpenAI"]).value)
    assert "1234" not in kept and "hunter2" not in kept and "abcdefgh" not in kept


UNSAFE = {"call": "torch.load", "unless_kw": {"weights_only": True}}


def test_conditions_hold_fail_or_cannot_be_decided(tmp_path: Path) -> None:
    code = """\
        import torch
        torch.load("a")
        torch.load("b", weights_only=True)
        torch.load("c", weights_only=False)
        torch.load("d", weights_only=flag)
        torch.load("e", **options)
        """
    found = [(one["line"], one["unresolved"]) for one in records(tmp_path, code, UNSAFE)]
    assert found == [(2, ""), (4, ""), (5, "weights_only"), (6, "**")]


def test_missing_keywords_with_positions_and_constructors(tmp_path: Path) -> None:
    code = """\
        from urllib.request import urlopen
        from openai import OpenAI
        urlopen("http://a")
        urlopen("http://b", None, 10)
        urlopen("http://c", timeout=10)
        slow, quick = OpenAI(), OpenAI(timeout=10)
        slow.responses.create()
        quick.responses.create()
        """
    wanted = (
        {"call": "urllib.request.urlopen", "missing_kw": ["timeout"], "pos": {"timeout": 2}},
        {"call": "openai.OpenAI.responses.create", "missing_kw": ["timeout"], "or_ctor": True},
    )
    assert [one["line"] for one in records(tmp_path, code, *wanted)] == [3, 7]


def test_what_made_the_value_of_a_keyword(tmp_path: Path) -> None:
    code = """\
        from transformers import AutoModel, pipeline
        model = AutoModel.from_pretrained("a/b")
        pipeline("ner", model=model)
        pipeline("ner", model="a/b")
        pipeline("ner", model)
        pipeline("ner", model=name_of())
        """
    wanted = {
        "call": "transformers.pipeline",
        "made_by": {"model": ["*.from_pretrained"]},
        "pos": {"model": 1},
    }
    assert [one["line"] for one in records(tmp_path, code, wanted)] == [3, 5]


@pytest.mark.parametrize(
    ("pattern", "lines"),
    [
        ({"call": "f.g", "kw": {"shell": True}}, [2, 4]),
        ({"call": "f.g", "kw": {"shell": [False, "no"]}}, [3, 4]),
        ({"call": "f.g", "has_kw": ["shell", "cwd"]}, [2, 3, 4]),
        ({"call": "f.g", "arg0_dynamic": True}, [4]),
        ({"call": "f.g", "min_args": 2}, [5]),
    ],
)
def test_conditions(tmp_path: Path, pattern: dict[str, Any], lines: list[int]) -> None:
    code = "import f\nf.g('a', shell=True)\nf.g('a', shell=False)\nf.g(x, shell=y)\nf.g('a', 'b')\n"
    assert [one["line"] for one in records(tmp_path, code, pattern)] == lines


def test_a_pattern_may_name_a_part_of_its_class(tmp_path: Path) -> None:
    code = """\
        from transformers import Seq2SeqTrainer
        def run():
            trainer = Seq2SeqTrainer()
            trainer.train()
        """
    (one,) = records(tmp_path, code, "*Trainer.train")
    assert (one["line"], one["name"]) == (4, "transformers.Seq2SeqTrainer.train")


def test_states(tmp_path: Path) -> None:
    files = {
        "a.py": "import torch\n",
        "b.py": "import torch\nx = torch.load('b' 1)\n",
        "tests/test_a.py": "import torch\ntorch.load('x')\n",
    }
    fact = ask(tmp_path, "python.calls", files, any=["torch.load"])
    assert fact.state is State.UNKNOWN
    assert "b.py: not Python 3 at line 2; the rest was read" in fact.reason
    assert fact.scope is not None and (fact.scope.files, fact.scope.read) == (2, 1)
    (tmp_path / "b.py").unlink()
    assert ask(tmp_path, "python.calls", any=["torch.load"]).state is State.ABSENT
    assert ask(tmp_path, "python.calls", any=["torch.load"], roles=["test"]).state is State.KNOWN


def test_paths_may_be_left_out(tmp_path: Path) -> None:
    files = {"a/x.py": "import torch\ntorch.load('x')\n", "b/y.py": "import torch\ntorch.load('x')\n"}
    assert [
        one["path"] for one in ask(tmp_path, "python.calls", files, any=["torch.load"], exclude=["b/**"]).value
    ] == ["a/x.py"]
    assert [one["path"] for one in ask(tmp_path, "python.calls", any=["torch.load"], files=["**/y.py"]).value] == [
        "b/y.py"
    ]


@pytest.mark.parametrize("wrong", ["torch load", "*.lo*", "", "a.*b", {"call": "x", "keywords": {}}, {"kw": {}}])
def test_a_wrong_query_is_refused(wrong: Any) -> None:
    with pytest.raises(ValidationError):
        CallsQuery(any=[wrong])


def test_facts_share_the_rows_of_a_call_that_they_judge_alike(tmp_path: Path) -> None:
    lay(tmp_path, {"app/main.py": "import torch\nmodel = torch.load(path, weights_only=flag)\n"})
    queries: list[list[Any]] = [["torch.load"], [UNSAFE], ["torch.*"], [UNSAFE, "torch.load"], ["torch.load"]]
    specs = [
        FactSpec(
            f"t.fact{n}", Place("pack.yaml", 1, 1), probe="python.calls", query={"any": any_of, "exclude": [str(n)]}
        )
        for n, any_of in enumerate(queries)
    ]
    with Project.open(tmp_path) as project:
        facts = collect(specs, project, no_config(), dt.date(2026, 1, 1), isolate=False)
    plain, unsafe, below, either, again = (fact.value[0] for fact in facts.values())
    assert plain is below is either is again
    assert unsafe is not plain
    assert (plain["unresolved"], plain["certain"]) == ("", True)
    assert (unsafe["unresolved"], unsafe["certain"]) == ("weights_only", Unknown("weights_only could not be resolved"))


def test_calls_of_many_files_are_found_whatever_is_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {
        f"app/m{number}.py": f"import torch\ndef load_{number}(path):\n    return torch.load(path)\n"
        for number in range(9)
    }
    queries = {"any": ["torch.load"]}, {"any": [UNSAFE]}, {"any": ["torch.load"], "exclude": ["app/m3.py"]}
    kept = [ask(tmp_path, "python.calls", files, **query) for query in queries]
    monkeypatch.setattr("aiaudit.probes.python.project.WORTH_FILES", 1)
    monkeypatch.setattr("aiaudit.probes.collect.VERY_MANY_FILES", 1)
    assert [ask(tmp_path, "python.calls", **query) for query in queries] == kept
    assert [len(fact.value) for fact in kept] == [9, 9, 8]
    functions = ask(tmp_path, "python.functions", any=["load_*"], calling=["torch.load"])
    assert len(functions.value) == 9


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ("write = pipeline('text-generation')\nwrite('x')\n", [3]),
        ("class Bot:\n    def __init__(self):\n        self.writer = pipeline()\n    def ask(self, x):\n        return self.writer(x)\n", [6]),
        ("def load():\n    return pipeline()\nwrite = load()\nwrite('x')\n", [5]),
        ("def load():\n    made = pipeline()\n    return made\nwrite = load()\nwrite('x')\n", [6]),
        ("def write(x):\n    return x\nmade = pipeline()\nwrite('x')\n", []),
        ("write = print\nwrite('x')\npipeline('x')\n", []),
    ],
)  # fmt: skip
def test_an_object_that_is_called_itself_is_found_under_any_name(tmp_path: Path, code: str, lines: list[int]) -> None:
    found = records(
        tmp_path,
        "from transformers import pipeline\n" + code,
        "transformers.pipeline.__call__",
        "transformers.pipeline",
    )
    assert [one["line"] for one in found if one["name"].endswith("__call__")] == lines
