"""What an `except` gives in place of a failed call, and which calls lead to the ones asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.probes.python.support import ask

CALLS = ["group:llm.completion", "*.predict"]


@pytest.mark.parametrize(
    ("handler", "ends"),
    [
        ("return rule(row)", "value"),
        ("return 'review'", "value"),
        ("queue, score = 'review', 0.0", "value"),
        ("return None", "nothing"),
        ("return {}", "nothing"),
        ("return -1", "nothing"),
        ("return 'unknown'", "nothing"),
        ("retries = retries + 1", "nothing"),
        ("log.warning('slow')", "nothing"),
        ("return {'error': str(error)}", "message"),
        ("return 'Sorry, try again later'", "message"),
        ("return JSONResponse(body, status_code=503)", "message"),
        ("text = before + translate(text=TIMEOUT_ERROR_MESSAGE)", "message"),
        ("blocks = [f'It did not work: {error}']; return modal(blocks)", "message"),
        ("blocks = [rule(row)]; return modal(blocks)", "value"),
        ("raise HTTPException(503) from error", "raise"),
        ("sys.exit(1)", "raise"),
        ("row, status = other.predict(row)", "value"),
        ("status, message = look(row)", "nothing"),
        ("tell(error)", "nothing"),
        ("hand_on(error)", "raise"),
        ("wait = seconds_of(error); raise", "raise"),
        ("hand_on_or_not(error)", "nothing"),
        ("elapsed = clock() - start; raise Failed(row) from error", "raise"),
    ],
)
def test_how_a_handler_ends(tmp_path: Path, handler: str, ends: str) -> None:
    code = f"""
        def answer(model, row):
            try:
                return model.predict(row)
            except RuntimeError as error:
                {handler}


        def hand_on(error):
            if "busy" in str(error):
                raise Busy from error
            raise RuntimeError("The model failed") from error


        def hand_on_or_not(error):
            if "busy" in str(error):
                return
            raise RuntimeError("The model failed") from error
        """
    (found,) = ask(tmp_path, "python.rescues", {"app.py": code}, calls=CALLS).value or []
    assert (found["ends"], found["line"], found["handler_line"], found["caught"]) == (ends, 3, 5, ["RuntimeError"])


def test_of_several_handlers_the_one_that_answers_speaks(tmp_path: Path) -> None:
    code = """
        def answer(model, row):
            try:
                return model.predict(row)
            except ValueError:
                raise
            except (TimeoutError, OSError):
                return rule(row)
        """
    (found,) = ask(tmp_path, "python.rescues", {"app.py": code}, calls=CALLS).value or []
    assert found["ends"] == "value"
    assert found["caught"] == ["OSError", "TimeoutError", "ValueError"]


def test_a_method_of_an_object_that_another_module_makes_leads_to_the_call(tmp_path: Path) -> None:
    tree = {
        "service.py": """
            import joblib
            class Service:
                def __init__(self):
                    self.model = joblib.load("m")
                def answer(self, row):
                    return self.model.predict(row)
            service = Service()
            """,
        "app.py": """
            from service import service
            try:
                service.answer([1])
            except OSError:
                queue = "review"
            """,
    }
    (found,) = ask(tmp_path, "python.rescues", tree, calls=CALLS).value or []
    assert (found["path"], found["ends"]) == ("app.py", "value")


def test_other_calls_in_a_try_are_not_meant(tmp_path: Path) -> None:
    code = "try:\n    read(1)\nexcept OSError:\n    x = other()\n"
    assert ask(tmp_path, "python.rescues", {"app.py": code}, calls=CALLS).value == []
