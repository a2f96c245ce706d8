"""Qualified names: whatever a function is called by, it is found by what it is."""

from __future__ import annotations

import pytest

from tests.probes.python.support import called, scan

ALIASES = """\
import torch
import pickle as pkl
import os, joblib
from torch import load as tl
from pickle import loads
from subprocess import run as sh
import yaml.loader
import functools
def inside(path):
    import dill
    return dill.load(open(path))
torch.load("a")
pkl.load(f)
tl("b")
loads(data)
joblib.load("c")
sh("ls", shell=True)
os.system("ls")
torch.load("d", weights_only=True)
eval("1")
model.eval()
tl(
    "e",
    **options,
)
fn = torch.load
fn("f")
getattr(torch, "load")("g")
g = functools.partial(torch.load, map_location="cpu")
g("h")
"""
ASKED = ("torch.load", "pickle.load", "pickle.loads", "joblib.load", "dill.load", "subprocess.run", "os.system", "eval")


def test_the_alias_table_is_found_whole() -> None:
    assert called(ALIASES, *ASKED) == [
        (11, "dill.load"),
        (12, "torch.load"),
        (13, "pickle.load"),
        (14, "torch.load"),
        (15, "pickle.loads"),
        (16, "joblib.load"),
        (17, "subprocess.run"),
        (18, "os.system"),
        (19, "torch.load"),
        (20, "eval"),
        (22, "torch.load"),
        (27, "torch.load"),
        (28, "torch.load"),
        (30, "torch.load"),
    ]


CREATE = "openai.OpenAI.chat.completions.create"
INDIRECT = {
    "module-level client": "from openai import OpenAI\nclient = OpenAI()\nclient.chat.completions.create()",
    "by the type of a part": (
        "from openai import OpenAI\ndef make() -> tuple[OpenAI, str]:\n    return load()\n"
        "async def ask():\n    client, model = await make()\n    client.chat.completions.create()"
    ),
    "by the part that is returned": (
        "import openai\ndef make():\n    return 'gpt', openai.OpenAI()\n"
        "name, client = make()\nclient.chat.completions.create()"
    ),
    "called where made": "import openai\nopenai.OpenAI().chat.completions.create()",
    "attribute set in __init__": """
        import openai
        class Bot:
            def __init__(self):
                self.client = openai.OpenAI()
            def ask(self):
                return self.client.chat.completions.create()
        """,
    "attribute of a base class": """
        import openai
        class Base:
            def __init__(self):
                self.client = openai.OpenAI()
        class Bot(Base):
            def ask(self):
                return self.client.chat.completions.create()
        """,
    "class attribute": """
        from openai import OpenAI
        class Bot:
            client = OpenAI()
            def ask(self):
                self.client.chat.completions.create()
        """,
    "annotated parameter": """
        from openai import OpenAI
        def ask(client: OpenAI):
            client.chat.completions.create()
        """,
    "optional parameter in quotes": """
        from openai import OpenAI
        def ask(client: "OpenAI | None" = None):
            client.chat.completions.create()
        """,
    "parameter kept as attribute": """
        from openai import OpenAI
        class Bot:
            def __init__(self, client: OpenAI):
                self.client = client
            def ask(self):
                self.client.chat.completions.create()
        """,
    "with statement": """
        from openai import OpenAI
        with OpenAI() as client:
            client.chat.completions.create()
        """,
    "factory": """
        from openai import OpenAI
        def make():
            return OpenAI(timeout=5)
        make().chat.completions.create()
        """,
    "cached property": """
        from functools import cached_property
        from openai import OpenAI
        class Bot:
            @cached_property
            def client(self):
                return OpenAI()
            def ask(self):
                self.client.chat.completions.create()
        """,
    "global set later": """
        from openai import OpenAI
        client = None
        def start():
            global client
            client = OpenAI()
        def ask():
            client.chat.completions.create()
        """,
    "with_options": "import openai\nc = openai.OpenAI()\nc.with_options(timeout=1).chat.completions.create()",
    "alias of an inner object": "import openai\nchat = openai.OpenAI().chat\nchat.completions.create()",
    "tuple assignment": "import openai\na, b = openai.OpenAI(), 1\na.chat.completions.create()",
    "or": "import openai\ndef f(c=None):\n    c = c or openai.OpenAI()\n    c.chat.completions.create()",
    "dependency": """
        from fastapi import Depends
        from openai import OpenAI
        def get_client() -> OpenAI:
            return OpenAI()
        def ask(client=Depends(get_client)):
            client.chat.completions.create()
        """,
    "walrus": "import openai\nif c := openai.OpenAI():\n    c.chat.completions.create()",
    "function-local import": "def f():\n    import openai as o\n    o.OpenAI().chat.completions.create()",
    "import in try": """
        try:
            from openai import OpenAI
        except ImportError:
            OpenAI = None
        OpenAI().chat.completions.create()
        """,
    "wrapped for tracing": """
        from langsmith.wrappers import wrap_openai
        import openai
        wrap_openai(openai.OpenAI()).chat.completions.create()
        """,
    "method taken as a value": "import openai\ncreate = openai.OpenAI().chat.completions.create\ncreate()",
}


@pytest.mark.parametrize("code", INDIRECT.values(), ids=INDIRECT)
def test_instances_are_followed(code: str) -> None:
    assert [name for _, name in called(code, CREATE)] == [CREATE]


NOT_MEANT = {
    "result called again": "import torch\nmodel = torch.load\nmodel = build(model)\nmodel(1)",
    "rebound": "import torch\ndef f(x):\n    fn = torch.load\n    fn = print\n    fn(x)",
    "other module's load": "import json\njson.load(f)",
    "own function": "def load(x): ...\nload(1)",
    "keyword": "from torch import load\nf(load=1)",
    "comment and string": "import torch\n# torch.load('x')\ns = 'torch.load(1)'",
    "annotation": "import torch\nx: torch.load = 1",
}


@pytest.mark.parametrize("code", NOT_MEANT.values(), ids=NOT_MEANT)
def test_what_is_not_the_function_is_not_found(code: str) -> None:
    assert called(code, "torch.load") == []


def test_another_part_of_what_a_call_gives_is_not_the_instance() -> None:
    code = "import openai\ndef make() -> tuple[str, openai.OpenAI]:\n    return load()\n"
    code += "name, client = make()\nname.chat.completions.create()\n*_, last = make()\nlast.chat.completions.create()"
    assert called(code, CREATE) == []


def test_a_class_with_the_types_it_works_on_is_the_class() -> None:
    code = "from agents import Agent\nx = Agent[Context[int]](name='x')\ny = Agent['n'](1)\nz = TABLE[k](2)\nAgent[Context]\n"
    assert called(code, "agents.Agent") == [(2, "agents.Agent")]


def test_the_result_of_a_call_is_not_the_function() -> None:
    assert called("import torch\nmodel = torch.load('x')\nmodel(1)\nmodel.load(2)", "torch.load") == [(2, "torch.load")]


def test_branches_give_both_names() -> None:
    code = "import json, pickle\nif old:\n    load = pickle.load\nelse:\n    load = json.load\nload(f)"
    found = scan(code, "pickle.load")["calls"]
    assert [(one["line"], one["names"], one["other_names"]) for one in found] == [(6, ["pickle.load"], True)]


def test_an_unknown_attribute_of_a_module_is_kept_as_a_doubt() -> None:
    assert called("import pickle\ngetattr(pickle, name)(f)", "pickle.load") == [(2, "pickle.?")]


def test_functions_handed_on_are_found_where_asked_for() -> None:
    code = "import pickle\nlist(map(pickle.load, files))\nLOADERS = {'pkl': pickle.load}\nf(x, key=pickle.load)"
    assert called(code, "pickle.load", references=True) == [(2, "pickle.load"), (3, "pickle.load"), (4, "pickle.load")]
    assert called(code, "pickle.load") == []


def test_tables_that_a_function_gives_back_are_followed() -> None:
    code = """\
        def libraries():
            import pickle
            import torch
            return {"pickle": pickle, "torch": torch}

        def runtime():
            state = {"torch": libraries()["torch"]}
            return state

        def other():
            return {"torch": print}

        libraries()["pickle"].load(f)
        found = libraries()
        found["torch"].load("a")
        runtime()["torch"].load("b")
        other()["torch"].load("c")
        """
    assert called(code, "pickle.load", "torch.load") == [(13, "pickle.load"), (15, "torch.load"), (16, "torch.load")]


def test_suffix_and_root_patterns() -> None:
    code = """\
        import mlflow as mf
        from transformers import AutoModel
        from prometheus_client import Counter
        hits = Counter("hits", "…")
        mf.start_run()
        AutoModel.from_pretrained("x")
        self.model.from_pretrained("y")
        hits.inc()
        """
    assert called(code, "mlflow.*", "*.from_pretrained", "prometheus_client.*") == [
        (4, "prometheus_client.Counter"),
        (5, "mlflow.start_run"),
        (6, "transformers.AutoModel.from_pretrained"),
        (7, "?.from_pretrained"),
        (8, "prometheus_client.Counter.inc"),
    ]


def test_suffix_patterns_find_imported_names() -> None:
    code = "from keras.callbacks import TensorBoard\nboard = TensorBoard(log_dir='x')\n"
    assert called(code, "*.callbacks.TensorBoard") == [(2, "keras.callbacks.TensorBoard")]


def test_everything_below_a_module() -> None:
    code = "import torch\nfrom torch.cuda import amp\ntorch.cuda.amp.autocast()\namp.GradScaler()\ntorch.cuda.synchronize()"
    assert called(code, "torch.cuda.amp.*") == [(3, "torch.cuda.amp.autocast"), (4, "torch.cuda.amp.GradScaler")]


def test_star_imports_are_taken_at_their_word() -> None:
    assert called("from torch import *\nload('x')", "torch.load") == [(2, "torch.load")]


def test_bare_decorators_are_calls() -> None:
    code = "import functools, tenacity\n@tenacity.retry\ndef f(): ...\n"
    assert called(code, "tenacity.retry") == [(2, "tenacity.retry")]


def test_idle_functions_are_left_out_without_loss() -> None:
    """Bodies without anything asked for are not parsed; an alias that turns out to matter brings them back."""
    idle = "".join(f"def idle_{n}(a, b):\n    total = a\n" + "    total += b * 2\n" * 30 + "\n\n" for n in range(20))
    late = "def late(path):\n" + "    path = path.strip()\n" * 30 + "    return fn(path)\n\n\n"
    code = f"import torch\nfn = torch.load\n\n\n{idle}{late}fn('x')\n"
    lines = code.split("\n")
    assert called(code, "torch.load") == [
        (lines.index("    return fn(path)") + 1, "torch.load"),
        (len(lines) - 1, "torch.load"),
    ]
    definitions = scan(code, "torch.load")["base"]["defs"]
    assert [(row[1], row[3] - row[2]) for row in definitions[:2]] == [("idle_0", 31), ("idle_1", 31)]


@pytest.mark.parametrize(
    "lines",
    [
        "\ufeffimport pickle\npickle.load(f)",
        "\fimport pickle\n\fpickle.load(f)",
        "x = 1;import pickle;pickle.load(f)",
        "if x: import pickle\npickle.load(f)",
        "try: import pickle\nexcept ImportError: pass\npickle.load(f)",
        "def f(): import pickle; return pickle.load(f)",
        '"""\nText.\n"""; from pickle import load\nload(f)',
        "import\\\n  pickle\npickle.load(f)",
        "import\fpickle\npickle.load(f)",
        "from pickle import(load)\nload(f)",
        "from pickle import\\\n load\nload(f)",
        "from\\\n  pickle import load\nload(f)",
        "import pickle\npickle . load(f)",
        "import pickle\n(pickle.\n  load)(f)",
        "import ｐｉｃｋｌｅ\nｐｉｃｋｌｅ.ｌｏａｄ(f)",
        "import pickle\npickle.\U0001d4f5oad(f)",
        "from pickle import ˡoad\nload(f)",
    ],
)
def test_however_an_import_is_written_what_it_brings_is_found(lines: str) -> None:
    assert [name for _, name in called(lines, "pickle.load")] == ["pickle.load"]
    padding = "".join(f"def f{n}(a):\n" + "    a += 1  # nothing that anybody asks for\n" * 30 for n in range(5))
    assert [name for _, name in called(f"{lines}\n{padding}", "pickle.load")] == ["pickle.load"]


def test_letters_in_texts_and_comments_stay_as_they_are() -> None:
    code = 'import pickle\nx = pickle.load(f, encoding="ａｓｃ")  # ａ.ｂ(ｃ)\n'
    assert scan(code, "pickle.load")["calls"][0]["kw"] == {"encoding": "ａｓｃ"}
