"""Where the texts of caught exceptions go."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent, indent

import pytest

from tests.probes.python.support import ask

HEAD = """
import json
import traceback

from fastapi import FastAPI, HTTPException
from fastapi.responses import JSONResponse

app = FastAPI()


@app.post("/ask")
def ask(text):
    found = {}
    try:
        found["answer"] = model.ask(text)
    except Exception as problem:
"""
TOLD = {  # the body of the handler of the exception, which the rest of the function follows -> kinds
    'return {"error": str(problem)}': ["text"],
    'return {"error": "failed: %s" % problem}': ["text"],
    'return {"error": "failed: {}".format(problem)}': ["text"],
    'return {"errors": [{"detail": repr(problem)[:200]}]}': ["text"],
    "return problem.args[0]": ["text"],
    'raise HTTPException(status_code=500, detail=f"failed: {problem!s}") from problem': ["text"],
    "raise HTTPException(500, str(problem))": ["text"],
    'return JSONResponse({"error": str(problem)}, 502)': ["text"],
    'body = {"ok": False}\nbody["error"] = str(problem)\nreturn JSONResponse(content=body)': ["text"],
    'said = f"failed: {problem}"\nlog.error(said)\nreturn {"answer": said}': ["text"],
    "return Answer(ok=False, error=str(problem)).model_dump()": ["text"],
    'found["error"] = str(problem)': ["text"],
    'found.update({"error": str(problem)})': ["text"],
    'return {"trace": traceback.format_exc()}': ["trace"],
    'lines = "".join(traceback.format_exception(problem))\nreturn json.dumps({"lines": lines})': ["trace"],
    "return error_response(message=str(problem), code=500)": ["text"],
    'yield f"data: {json.dumps({chr(34): str(problem)})}"': ["text"],
}
SILENT = {
    'return {"error": "failed"}',
    'return {"error": type(problem).__name__}',
    'log.error("failed: %s", problem)\nreturn {"error": "failed"}',
    'log.error(traceback.format_exc())\nraise HTTPException(500, "failed") from problem',
    'save(error=str(problem))\nreturn {"error": "failed"}',
    'return {"error": sanitize(str(problem))}',
    'if settings.DEBUG:\n    return {"error": str(problem)}\nreturn {"error": "failed"}',
    'return {"error": str(problem) if app.debug else "failed"}',
    'return {"error": "failed" if ENV == "production" else str(problem)}',
    'number = note(problem)\nreturn {"number": number}',
}


def source(text: str) -> str:
    return HEAD + indent(text, "        ") + "\n    return found\n"


@pytest.mark.parametrize("text", TOLD)
def test_a_text_that_is_answered_is_told(text: str, tmp_path: Path) -> None:
    rows = ask(tmp_path, "python.caught", {"a.py": source(text)}).value
    assert [(row["kind"], row["to"], row["broad"]) for row in rows] == [(kind, "answer", True) for kind in TOLD[text]]


@pytest.mark.parametrize("text", sorted(SILENT))
def test_what_is_logged_or_said_in_other_words_is_not(text: str, tmp_path: Path) -> None:
    assert not ask(tmp_path, "python.caught", {"a.py": source(text)}).value


def test_what_a_program_wrote_of_its_errors_is_told(tmp_path: Path) -> None:
    text = """
        import subprocess
        from flask import Flask, jsonify

        app = Flask(__name__)

        @app.route("/train", methods=["POST"])
        def train():
            done = subprocess.run(["train"], capture_output=True, text=True)
            if done.returncode:
                return jsonify(error=done.stderr[-500:]), 500
            return jsonify(ok=True)
    """
    rows = ask(tmp_path, "python.caught", {"a.py": dedent(text)}).value
    assert [(row["kind"], row["status"]) for row in rows] == [("program", 500)]


def test_an_error_of_callers_is_their_own(tmp_path: Path) -> None:
    text = source("raise HTTPException(400, str(problem))")
    text = text.replace("except Exception as", "except (ValueError, QuotaError) as")
    text += "\n\nclass QuotaError(Exception):\n    pass\n"
    rows = ask(tmp_path, "python.caught", {"a.py": text}).value
    assert [(row["status"], row["own"], row["broad"]) for row in rows] == [(400, True, False)]


def test_texts_are_followed_up_to_the_handler(tmp_path: Path) -> None:
    files = {
        "app.py": """
            from fastapi import FastAPI
            from service import Service
            app = FastAPI()
            service = Service()

            @app.post("/ask")
            async def ask(text):
                result = await service.ask(text)
                return {"data": result}

            @app.post("/short")
            async def short(text):
                return {"data": (await service.short(text))["answer"]}
        """,
        "service.py": """
            class Service:
                async def ask(self, text):
                    try:
                        return await self.inner(text)
                    except OSError:
                        return {}

                async def inner(self, text):
                    try:
                        return {"answer": await model(text)}
                    except Exception as e:
                        return {"answer": "", "error": str(e)}

                async def short(self, text):
                    try:
                        return {"answer": await model(text)}
                    except Exception as e:
                        return {"answer": "", "error": str(e)}

                async def other(self, text):
                    try:
                        return {"answer": await model(text)}
                    except Exception as e:
                        return {"answer": "", "error": str(e)}
        """,
    }
    every = ["answer", "left", "up"]
    rows = ask(tmp_path, "python.caught", {path: dedent(text) for path, text in files.items()}, to=every).value
    assert [(row["function"], row["to"], row["via"]) for row in rows] == [
        ("Service.inner", "answer", "ask"),
        ("Service.short", "left", ""),
        ("Service.other", "up", ""),
    ]
