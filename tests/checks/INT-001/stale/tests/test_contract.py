import json
from pathlib import Path

from app import app


def test_contract():
    assert app.openapi()["paths"].keys() == json.loads(Path("openapi.json").read_text())["paths"].keys()
