"""Calls that hold data against a schema: which count, how strong the schema is, whether a violation stops the run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aiaudit.model.types import Unknown
from aiaudit.probes.datasets.validation import ValidationProbe, ValidationQuery
from aiaudit.probes.python.engine import PythonEngine

from ..support import context

SCHEMA = """import pandera as pa
S = pa.DataFrameSchema({"a": pa.Column(int, pa.Check.ge(0)), "b": pa.Column(str), "c": pa.Column(bool)})
"""


def found(root: Path, files: dict[str, str]) -> list[dict[str, Any]]:
    made = context(root, files)
    engine = PythonEngine([ValidationQuery()])
    made.scans = {
        "python": {e.path: engine.scan(made.project.read(e.path), e) for e in made.project.files if engine.wants(e)}
    }
    value: list[dict[str, Any]] = ValidationProbe().answer("v", ValidationQuery(), made).value
    return value


def test_a_schema_of_another_file_with_its_strength(tmp_path: Path) -> None:
    load = "import pandas as pd\nfrom s import S\ndef load(p):\n    return S.validate(pd.read_csv(p))\n"
    train = "from d import load\nx = load('a.csv')\n"
    (one,) = found(tmp_path, {"s.py": SCHEMA, "d.py": load, "t.py": train})
    assert (one["path"], one["line"], one["tool"]) == ("d.py", 4, "pandera")
    assert (one["columns"], one["constrained"], one["stops"], one["called"]) == (3, 2, True, True)


def test_a_function_that_nothing_names_is_not_called(tmp_path: Path) -> None:
    (one,) = found(tmp_path, {"s.py": SCHEMA + "def check(frame):\n    S.validate(frame)\n"})
    assert one["called"] is False


@pytest.mark.parametrize(
    ("handler", "stops"),
    [("pass", False), ("print(e)", False), ("raise", True), ("sys.exit(1)", True), ("return None", False)],
)
def test_a_handler_may_swallow_the_violation(tmp_path: Path, handler: str, stops: bool) -> None:
    body = f"def check(x):\n    try:\n        S.validate(x)\n    except Exception as e:\n        {handler}\ncheck(1)\n"
    (one,) = found(tmp_path, {"s.py": SCHEMA + body})
    assert one["stops"] is stops


def test_a_result_that_is_looked_at_stops_the_run(tmp_path: Path) -> None:
    run = "import great_expectations as gx\ncontext = gx.get_context()\nr = context.run_checkpoint('c')\n"
    (one,) = found(tmp_path / "a", {"v.py": run})
    assert (one["tool"], one["stops"]) == ("great_expectations", False)
    assert isinstance(one["columns"], Unknown)
    (one,) = found(tmp_path / "b", {"v.py": run + "assert r.success\n"})
    assert one["stops"] is True


def test_rows_of_a_table_count_and_a_request_does_not(tmp_path: Path) -> None:
    model = "from pydantic import BaseModel, Field\nclass Row(BaseModel):\n    a: int = Field(ge=0)\n    b: str\n"
    rows = "import csv\nfor r in csv.DictReader(open('x.csv')):\n    Row.model_validate(r)\n"
    (one,) = found(tmp_path / "a", {"v.py": model + rows})
    assert (one["tool"], one["columns"], one["constrained"]) == ("pydantic", 2, 1)
    assert not found(tmp_path / "b", {"v.py": model + "def handle(body):\n    return Row.model_validate(body)\n"})


def test_decorators_and_classes(tmp_path: Path) -> None:
    text = """import pandera as pa
from pandera.typing import DataFrame, Series
class Orders(pa.DataFrameModel):
    price: Series[float] = pa.Field(ge=0)
    note: Series[str]
@pa.check_types
def clean(frame: DataFrame[Orders]):
    return frame
"""
    (one,) = found(tmp_path, {"m.py": text})
    assert (one["line"], one["columns"], one["constrained"]) == (7, 2, 1)


def test_other_things_called_validate_are_no_validation(tmp_path: Path) -> None:
    text = "import pandera\nfrom forms import Form\nForm().validate()\nmodel.validate(x)\ntrainer.validate(loader)\n"
    assert not found(tmp_path, {"m.py": text})
