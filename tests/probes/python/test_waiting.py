"""`python.waiting`: what answering a request, or using a page, comes to, and whether it may happen but once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.probes.python.support import ask

_APP = """
from fastapi import FastAPI
from service import answer
app = FastAPI()
@app.post("/ask")
def asked(text: str):
    return answer(text)
"""
_LOAD = """
import joblib
class Model:
    def __init__(self):
        self.net = joblib.load("net.joblib")
    def __call__(self, text):
        return self.net.predict([text])
def load():
    return Model()
"""


def _once(root: Path, service: str) -> list[bool]:
    tree = {"app.py": _APP, "model.py": _LOAD, "service.py": service}
    return [bool(one["once"]) for one in ask(root, "python.waiting", tree, any=["joblib.load"]).value]


@pytest.mark.parametrize(
    "service",
    [
        "from model import Model\ndef answer(text):\n    return Model()(text)\n",
        "from model import load\ndef answer(text):\n    model = load()\n    return model(text)\n",
        "from model import load\nkept = {}\ndef answer(text):\n    if text in kept:\n        return 'no'\n    return load()(text)\n",
        "from model import load\ndef answer(text):\n    if text:\n        return load()(text)\n    return ''\n",
    ],
    ids=["made", "loaded", "something else is kept", "behind another condition"],
)
def test_what_each_request_loads(tmp_path: Path, service: str) -> None:
    assert _once(tmp_path, service) == [False]


@pytest.mark.parametrize(
    "service",
    [
        "from model import load\nmodel = None\ndef answer(text):\n    global model\n    if model is None:\n        model = load()\n    return model(text)\n",
        "from model import load\nkept = {}\ndef answer(text):\n    return the('a')(text)\ndef the(name):\n    if name in kept:\n        return kept[name]\n    kept[name] = load()\n    return kept[name]\n",
        "from model import load\nkept = {}\ndef answer(text):\n    return the('a')(text)\ndef the(name):\n    if name in kept:\n        model = kept[name]\n    else:\n        model = load()\n        kept[name] = model\n    return model\n",
        "from model import load\nkept = {}\ndef answer(text):\n    return the('a')(text)\ndef the(name):\n    try:\n        return kept[name]\n    except KeyError:\n        kept[name] = load()\n        return kept[name]\n",
        "from model import load\nkept = None\ndef answer(text):\n    global kept\n    kept = kept or load()\n    return kept(text)\n",
        "from functools import lru_cache\nfrom model import load\ndef answer(text):\n    return the()(text)\n@lru_cache(maxsize=1)\ndef the():\n    return load()\n",
        "from model import load\nclass Keeper:\n    one = None\n    def __new__(cls):\n        cls.one = cls.one or super().__new__(cls)\n        return cls.one\n    def __init__(self):\n        self.model = load()\ndef answer(text):\n    return Keeper().model(text)\n",
        "from model import load\nloaded = ''\nmodel = None\ndef answer(text, name='a'):\n    global model, loaded\n    if name != loaded:\n        model, loaded = load(), name\n    return model(text)\n",
    ],
    ids=["is None", "returned where it is there", "else", "KeyError", "or", "lru_cache", "one object", "another name"],
)
def test_what_is_loaded_but_once(tmp_path: Path, service: str) -> None:
    assert _once(tmp_path, service) == [True]


def test_to_call_an_object_is_not_to_make_it(tmp_path: Path) -> None:
    service = "from model import Model\nmodel = Model()\ndef answer(text):\n    return model(text)\n"
    assert _once(tmp_path, service) == []


def test_pages_are_gone_through_anew_and_what_they_import_is_not(tmp_path: Path) -> None:
    page = "import streamlit as st\nfrom service import answer\nst.title('A')\nst.write(answer('a'))\n"
    part = "import streamlit as st\nfrom model import load\nmodel = load()\ndef answer(text):\n    st.write('b')\n    return model(text)\n"
    tree = {"page.py": page, "model.py": _LOAD, "service.py": part}
    assert not ask(tmp_path, "python.waiting", tree, any=["joblib.load"], pages=True).value
    tree["service.py"] = "from model import load\ndef answer(text):\n    return load()(text)\n"
    found = ask(tmp_path, "python.waiting", tree, any=["joblib.load"], pages=True).value
    assert [(one["framework"], one["handler_path"], one["through"], one["once"]) for one in found] == [
        ("streamlit", "page.py", "Model.__init__", False)
    ]
    assert not ask(tmp_path, "python.waiting", tree, any=["joblib.load"]).value
