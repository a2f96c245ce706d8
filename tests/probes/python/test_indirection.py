"""Aliasing and indirection: a dangerous load is found, or in doubt (`unknown`), and never silently passed.

Each case is asked twice: the fact behind SEC-002, and the verdict of SEC-002 over the same tree.
"""

from __future__ import annotations

import datetime as dt
from functools import cache
from pathlib import Path

import pytest

from aiaudit.model.check import Status
from aiaudit.packs.derive import derive
from aiaudit.packs.judge import judge
from aiaudit.packs.library import Library
from aiaudit.probes.collect import collect
from aiaudit.project.tree import Project
from tests import shared
from tests.probes.python.support import lay

Tree = dict[str, str]

# The ten of the issue and their kin: what is dangerous is `pickle.load`, or `torch.load` without `weights_only`.
FOUND: dict[str, Tree] = {
    "options changed by an entry": {
        "a.py": "import torch\nkw = {'weights_only': True}\nkw['weights_only'] = False\ntorch.load(p, **kw)"
    },
    "options changed by update": {
        "a.py": "import torch\nkw = {'weights_only': True}\nkw.update(weights_only=False)\ntorch.load(p, **kw)"
    },
    "options merged": {
        "a.py": "import torch\nBASE = {'weights_only': True}\ntorch.load(p, **{**BASE, 'weights_only': False})"
    },
    "from-import": {"a.py": "from torch import load\nload(p)"},
    "from-import under another name": {"a.py": "from pickle import load as read\nread(p)"},
    "module alias": {"a.py": "import torch as t\nt.load(p)"},
    "function-local import": {"a.py": "def f(p):\n    from pickle import load as l\n    return l(p)"},
    "fn = torch.load": {"a.py": "import torch\nfn = torch.load\nfn(p)"},
    "chained assignment": {"a.py": "import pickle\na = b = pickle.load\nb(f)"},
    "walrus": {"a.py": "import pickle\n(l := pickle.load)(f)"},
    "getattr with a text": {"a.py": "import torch\ngetattr(torch, 'load')(p)"},
    "getattr with a constant": {"a.py": "import torch\nNAME = 'load'\ngetattr(torch, NAME)(p)"},
    "wrapper": {"a.py": "import torch\ndef read(path):\n    return torch.load(path)\nread('x.pt')"},
    "lambda": {"a.py": "import pickle\nload = lambda f: pickle.load(f)\nload(f)"},
    "functools.partial": {
        "a.py": "from functools import partial\nimport torch\nload = partial(torch.load, map_location='cpu')\nload(p)"
    },
    "partial overridden at the call": {
        "a.py": "from functools import partial\nimport torch\nload = partial(torch.load, weights_only=True)\n"
        "load(p, weights_only=False)"
    },
    "in a thread": {
        "a.py": "import asyncio, torch\nasync def f(p):\n    return await asyncio.to_thread(torch.load, p)"
    },
    "in an executor": {
        "a.py": "import torch\nasync def f(loop, p):\n    return await loop.run_in_executor(None, torch.load, p)"
    },
    "tried again": {"a.py": "import torch\ndef f(self, p):\n    return self._with_retries(torch.load, p)"},
    "torch.serialization": {"a.py": "import torch\ntorch.serialization.load(p)"},
    "from torch.serialization": {"a.py": "from torch.serialization import load\nload(p)"},
    "attrgetter": {"a.py": "import operator, torch\noperator.attrgetter('load')(torch)(p)"},
    "attrgetter by a name": {"a.py": "import operator, torch\nget = operator.attrgetter('load')\nget(torch)(p)"},
    "attrgetter, result named": {
        "a.py": "from operator import attrgetter\nimport torch\nl = attrgetter('load')(torch)\nl(p)"
    },
    "attrgetter of two parts": {
        "a.py": "from operator import attrgetter\nimport torch\nattrgetter('serialization.load')(torch)(p)"
    },
    "to_thread": {"a.py": "import asyncio, torch\nasync def f(p):\n    return await asyncio.to_thread(torch.load, p)"},
    "run_in_executor": {
        "a.py": "import torch\nasync def f(loop, p):\n    return await loop.run_in_executor(None, torch.load, p)"
    },
    "methodcaller": {"a.py": "import operator, pickle\noperator.methodcaller('load', f)(pickle)"},
    "methodcaller by a name": {
        "a.py": "import operator, pickle\ncall = operator.methodcaller('load', f)\ncall(pickle)"
    },
    "partialmethod": {
        "a.py": "from functools import partialmethod\nimport torch\nclass A:\n    load = partialmethod(torch.load)\n"
        "    def go(self, p):\n        return self.load(p)"
    },
    "curry": {"a.py": "from toolz import curry\nimport torch\nload = curry(torch.load)\nload(p)"},
    "**kwargs of a literal": {"a.py": "import torch\nkw = {'weights_only': False}\ntorch.load(p, **kw)"},
    "star import": {"a.py": "from torch import *\nload(p)"},
    "star import of an own module": {"a.py": "from lib import *\ntorch.load(p)", "lib.py": "import torch\n"},
    "conditional import": {
        "a.py": "try:\n    import cPickle as pickle\nexcept ImportError:\n    import pickle\npickle.load(f)"
    },
    "import_module": {"a.py": "import importlib\nm = importlib.import_module('pickle')\nm.load(f)"},
    "import_module of a constant": {
        "a.py": "from importlib import import_module\nN = 'pickle'\nimport_module(N).loads(f)"
    },
    "__import__": {"a.py": "__import__('pickle').loads(f)"},
    "sys.modules": {"a.py": "import sys\nsys.modules['pickle'].loads(f)"},
    "globals()": {"a.py": "from pickle import load\nglobals()['load'](f)"},
    "vars and __dict__": {"a.py": "import pickle\nvars(pickle)['load'](f)\npickle.__dict__['load'](f)"},
    "self.loader": {
        "a.py": "import pickle\nclass A:\n    def __init__(self):\n        self.loader = pickle.load\n"
        "    def go(self, f):\n        return self.loader(f)"
    },
    "class attribute": {
        "a.py": "import pickle\nclass A:\n    loader = pickle.load\n    def go(self, f):\n        return self.loader(f)"
    },
    "cached by a decorator": {
        "a.py": "import torch, functools\n@functools.lru_cache\ndef get(p):\n    return torch.load(p)\nget(p)"
    },
    "re-exported module": {"a.py": "from lib import torch\ntorch.load(p)", "lib.py": "import torch\n"},
    "re-exported module under another name": {"a.py": "import lib\nlib.t.load(p)", "lib.py": "import torch as t\n"},
    "re-exported from one of two libraries": {
        "a.py": "from compat import pickle\npickle.load(p)",
        "compat.py": "try:\n    import pickle\nexcept ImportError:\n    import json as pickle\n",
    },
    "patched for all": {
        "a.py": "import torch\n_old = torch.load\ndef _load(*a, **k):\n    k['weights_only'] = False\n"
        "    return _old(*a, **k)\ntorch.load = _load\ntorch.load(p)"
    },
}
DOUBTFUL: dict[str, Tree] = {
    "getattr with a variable": {"a.py": "import torch\ngetattr(torch, name)(p)"},
    "attrgetter with a variable": {"a.py": "from operator import attrgetter\nimport torch\nattrgetter(name)(torch)(p)"},
    "**kwargs": {"a.py": "import torch\ntorch.load(p, **options)"},
    "wrapper that hands on its arguments": {"a.py": "import torch\ndef f(*a, **k):\n    return torch.load(*a, **k)"},
    "options changed in a branch": {
        "a.py": "import torch\nkw = {'weights_only': True}\nif old:\n    kw['weights_only'] = False\ntorch.load(p, **kw)"
    },
    "options from elsewhere laid over": {
        "a.py": "import torch\nBASE = {'weights_only': True}\ntorch.load(p, **{**BASE, **read()})"
    },
    "options changed by a function": {
        "a.py": "import torch\nkw = {'weights_only': True}\npatch(kw)\ntorch.load(p, **kw)"
    },
    "a setting of the environment": {"a.py": "import torch, os\ntorch.load(p, weights_only=os.getenv('X'))"},
    "a choice of imports": {
        "a.py": "if X:\n    import json as ser\nelse:\n    import pickle as ser\nser.load(f)",
    },
    "a choice of functions": {"a.py": "import pickle, json\nload = pickle.load if x else json.load\nload(f)"},
    "dict dispatch": {"a.py": "import pickle, json\nL = {'p': pickle.load, 'j': json.load}\ndef f(x, k):\n    L[k](x)"},
    "dict dispatch over modules": {
        "a.py": "import pickle, json\nL = {'p': pickle, 'j': json}\ndef f(x, k):\n    return L[k].load(x)"
    },
    "dict filled later": {"a.py": "import pickle\nL = {}\nL['p'] = pickle.load\ndef f(x, k):\n    return L[k](x)"},
    "list of loaders": {"a.py": "import pickle, json\nfor load in [pickle.load, json.load]:\n    load(x)"},
    "map": {"a.py": "import pickle\nxs = list(map(pickle.load, files))"},
    "default of a parameter": {"a.py": "import pickle\ndef f(x, loader=pickle.load):\n    return loader(x)"},
    "handed to a parameter": {"a.py": "import pickle\ndef f(x, loader):\n    return loader(x)\nf(x, pickle.load)"},
    "wrapped by a decorator called by hand": {"a.py": "import pickle\nload = cached(pickle.load)\nload(f)"},
    "staticmethod": {
        "a.py": "import pickle\nclass A:\n    load_it = staticmethod(pickle.load)\n    def go(self, f):\n"
        "        return self.load_it(f)"
    },
    "returned": {"a.py": "import pickle\ndef get():\n    return pickle.load\nget()(f)"},
    "returned by another file": {
        "a.py": "from lib import get\nget()(f)",
        "lib.py": "import pickle\ndef get():\n    return pickle.load\n",
    },
    "class attribute of another file": {
        "b.py": "from a import A\ndef f(x):\n    return A().reader(x)",
        "a.py": "import pickle\nclass A:\n    reader = pickle.load\n",
    },
    "set on an instance from outside": {
        "a.py": "import pickle\nclass C: ...\nc = C()\nc.read = pickle.load\nc.read(f)"
    },
    "re-exported function": {
        "a.py": "from lib import load_model\nload_model(p)",
        "lib/__init__.py": "from .io import load_model\n",
        "lib/io.py": "import torch\nload_model = torch.load\n",
    },
    "re-exported by stars under another name": {
        "a.py": "from lib import *\nread(p)",
        "lib/__init__.py": "from .io import *\n",
        "lib/io.py": "from pickle import load as read\n",
    },
    "re-exported partial": {
        "a.py": "from lib import read\nread(p)",
        "lib.py": "from functools import partial\nimport pickle\nread = partial(pickle.load, encoding='latin1')\n",
    },
    "patched by a partial": {
        "a.py": "import torch, functools\ntorch.load = functools.partial(torch.load, weights_only=False)\n"
    },
    "base of a class": {"a.py": "import pickle\nclass U(pickle.Unpickler):\n    pass\nU(f).load()"},
}
SAFE: dict[str, Tree] = {
    "another module's load": {"a.py": "import json\njson.load(f)"},
    "weights only": {"a.py": "import torch\nfn = torch.load\nfn(p, weights_only=True)"},
    "weights only by a partial": {
        "a.py": "from functools import partial\nimport torch\nload = partial(torch.load, weights_only=True)\nload(p)"
    },
    "weights only by a partial of another file": {
        "a.py": "from lib import load\nload(p)",
        "lib.py": "from functools import partial\nimport torch\nload = partial(torch.load, weights_only=True)\n",
    },
    "weights only by options": {"a.py": "import torch\nkw = {'weights_only': True}\ntorch.load(p, **kw)"},
    "weights only by options put together": {
        "a.py": "import torch\nkw = dict(map_location='cpu')\nkw.update(mmap=True)\nkw['weights_only'] = True\n"
        "torch.load(p, **{**kw, 'encoding': 'utf8'})"
    },
    "weights only by another file's constant": {
        "a.py": "import torch\nfrom cfg import SAFE\ntorch.load(p, weights_only=SAFE)",
        "cfg.py": "SAFE = True\n",
    },
    "a class that says what may be found": {
        "a.py": "import pickle\nclass U(pickle.Unpickler):\n    def find_class(self, module, name):\n"
        "        raise pickle.UnpicklingError(name)\n"
    },
    "the entry of a table that is meant": {
        "a.py": "import json, tomllib\nL = {'t': tomllib.load, 'j': json.load}\nL['j'](f)"
    },
}


@cache
def _library() -> Library:
    return shared.library().select(checks=["SEC-002"])


def _judged(root: Path, tree: Tree) -> tuple[list[tuple[bool, str]], Status]:
    """(certain, name) of the loads found, and SEC-002's verdict."""
    lay(root, {**tree, "use.py": "import onnxruntime\nonnxruntime.InferenceSession('m.onnx')\n"})
    library = _library()
    specs = library.needed()
    with Project.open(root) as project:
        queries = [spec for spec in specs.values() if spec.probe]
        facts = derive(specs, collect(queries, project, None, dt.date(2026, 1, 1), isolate=False))
    (result,) = judge(library.packs, library.facts, facts)
    return [(one["certain"] is True, one["name"]) for one in facts["code.unsafe_loads"].value or ()], result.status


@pytest.mark.parametrize("tree", FOUND.values(), ids=FOUND)
def test_what_is_reached_by_another_name_is_found(tmp_path: Path, tree: Tree) -> None:
    loads, status = _judged(tmp_path, tree)
    assert any(certain for certain, _ in loads), loads
    assert status in (Status.FAIL, Status.PARTIAL, Status.UNKNOWN)


@pytest.mark.parametrize("tree", DOUBTFUL.values(), ids=DOUBTFUL)
def test_what_can_not_be_told_is_a_doubt(tmp_path: Path, tree: Tree) -> None:
    loads, status = _judged(tmp_path, tree)
    assert loads
    assert not all(certain for certain, _ in loads), loads
    assert status is Status.UNKNOWN


@pytest.mark.parametrize("tree", SAFE.values(), ids=SAFE)
def test_what_is_safe_stays_so(tmp_path: Path, tree: Tree) -> None:
    loads, status = _judged(tmp_path, tree)
    assert (loads, status) in (([], Status.PASS), ([], Status.NOT_APPLICABLE))
