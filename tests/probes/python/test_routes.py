"""The probe python.routes: what is served, what comes in, and whether it is checked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.probes.python.support import ask


def routes(root: Path, code: str, more: dict[str, str] | None = None) -> list[dict[str, Any]]:
    return ask(root, "python.routes", {"app/main.py": code, **(more or {})}).value or []


def by_name(root: Path, code: str, more: dict[str, str] | None = None) -> dict[str, dict[str, Any]]:
    return {one["function"]: one for one in routes(root, code, more)}


FASTAPI = """\
    from typing import Annotated, Any
    from fastapi import APIRouter, Depends, FastAPI, Query, Request, UploadFile
    from pydantic import BaseModel, Field
    from .schemas import Item, Loose
    app = FastAPI()
    router = APIRouter(prefix="/v1")
    class Own(BaseModel):
        text: str = Field(max_length=100)
    @app.get("/healthz")
    def health():
        return {"status": "ok"}
    @app.get("/ready")
    def ready():
        if model is None:
            return Response("not ready", status_code=503)
        return {"ready": True}
    @app.post("/own")
    def own(body: Own): ...
    @router.post("/item")
    async def item(body: Item, user=Depends(get_current_user)): ...
    @app.post("/items")
    def items(body: list[Item] | None): ...
    @app.post("/loose")
    def loose(body: dict[str, Any]): ...
    @app.post("/loose-model")
    def loose_model(body: Loose): ...
    @app.post("/raw")
    async def raw(request: Request):
        body = await request.json()
    @app.post("/raw-checked")
    async def raw_checked(request: Request):
        return Own.model_validate(await request.json())
    @app.post("/upload", dependencies=[Depends(verify_api_key)])
    def upload(file: UploadFile): ...
    @app.get("/users/{user_id}")
    def user(user_id: int, q: Annotated[str, Query(max_length=5)] = "", page: int = 1): ...
    @app.post("/untyped")
    def untyped(body): ...
    @app.websocket("/ws")
    async def socket(websocket: WebSocket): await websocket.receive_text()
    """
SCHEMAS = """\
    from typing import Any
    from pydantic import BaseModel, Field, field_validator
    class Base(BaseModel):
        name: str
    class Item(Base):
        price: float = Field(ge=0)
    class Loose(BaseModel):
        data: dict[str, Any]
    """


def test_fastapi(tmp_path: Path) -> None:
    found = by_name(tmp_path, FASTAPI, {"app/schemas.py": SCHEMAS})
    judged = {name: (one["takes_input"], one["validated"], one["bounded"]) for name, one in found.items()}
    assert judged == {
        "health": (False, False, False),
        "ready": (False, False, False),
        "own": (True, True, True),
        "item": (True, True, True),
        "items": (True, True, False),
        "loose": (True, False, False),
        "loose_model": (True, False, False),
        "raw": (True, False, False),
        "raw_checked": (True, True, False),
        "upload": (True, True, False),
        "user": (True, True, True),
        "untyped": (True, False, False),
        "socket": (True, False, False),
    }
    assert {name for name, one in found.items() if one["auth"]} == {"item", "upload"}
    assert {name for name, one in found.items() if one["health"]} == {"health", "ready"}
    assert {name for name, one in found.items() if one["constant"]} == {"health"}
    assert "model" in found["ready"]["touches"]
    assert (found["own"]["methods"], found["own"]["route"], found["own"]["line"]) == (["POST"], "/own", 18)


def test_a_schema_that_loads_checks_and_a_library_that_loads_does_not(tmp_path: Path) -> None:
    code = """\
        import joblib
        from flask import Flask, request
        app = Flask(__name__)
        @app.route("/held", methods=["POST"])
        def held():
            return OrderSchema().load(request.get_json())
        @app.route("/open", methods=["POST"])
        def opened():
            return joblib.load("model").predict(request.get_json())
        """
    found = by_name(tmp_path, code)
    assert {name: one["checks"] for name, one in found.items()} == {"held": "load", "opened": ""}


def test_flask_checks_by_hand(tmp_path: Path) -> None:
    code = """\
        from flask import Flask, abort, jsonify, request
        from flask_login import login_required
        app = Flask(__name__)
        @app.route("/open", methods=["POST"])
        def opened():
            return jsonify(request.get_json())
        @app.route("/checked", methods=["GET", "POST"])
        @login_required
        def checked():
            if "x" not in request.json:
                return jsonify(error="x"), 400
            return jsonify(ok=True)
        @app.route("/aborts")
        def aborts():
            request.args["q"] or abort(422)
        @app.route("/ping")
        def ping():
            return "pong"
        app.add_url_rule("/late", view_func=late)
        def late(): ...
        """
    found = by_name(tmp_path, code)
    assert {name: (one["takes_input"], one["validated"]) for name, one in found.items()} == {
        "opened": (True, False),
        "checked": (True, True),
        "aborts": (True, True),
        "ping": (False, False),
        "late": (False, False),
    }
    assert found["checked"]["auth"] == "flask_login.login_required" or found["checked"]["auth"] == "login_required"
    assert found["ping"]["health"] and found["ping"]["constant"]


@pytest.mark.parametrize(
    ("code", "framework", "kind"),
    [
        ("import streamlit as st\nst.title('x')\n", "streamlit", "page"),
        ("import gradio as gr\ngr.Interface(f, 'text', 'text').launch()\n", "gradio", "page"),
        (
            "from mcp.server.fastmcp import FastMCP\nmcp = FastMCP('x')\n@mcp.tool()\ndef t(q: str): ...\n",
            "mcp",
            "tool",
        ),
        ("from aiohttp import web\ndef h(request): ...\napp.router.add_post('/x', h)\n", "aiohttp", "route"),
        (
            "from django.urls import path\nfrom . import views\ndef v(request): ...\nx = [path('a/', v)]\n",
            "django",
            "route",
        ),
        (
            "from starlette.routing import Route\nasync def h(request): ...\nr = [Route('/x', h)]\n",
            "starlette",
            "route",
        ),
    ],
)
def test_other_frameworks(tmp_path: Path, code: str, framework: str, kind: str) -> None:
    assert [(one["framework"], one["kind"]) for one in routes(tmp_path, code)] == [(framework, kind)]


@pytest.mark.parametrize(
    "code",
    [
        "import requests\n@cache.get('/x')\ndef f(): ...\n",
        "import click\n@click.group()\ndef f(): ...\n",
        "import fastapi\nclient.get('/x')\n",
        "from unittest import mock\n@mock.patch('app.get')\ndef f(): ...\n",
        "import streamlit\n",
    ],
)
def test_what_serves_nothing(tmp_path: Path, code: str) -> None:
    assert routes(tmp_path, code) == []


def test_a_router_of_another_file(tmp_path: Path) -> None:
    code = "from .core import app\n@app.get('/health')\ndef health(): ...\n"
    (one,) = routes(tmp_path, code, {"app/core.py": "from fastapi import FastAPI\napp = FastAPI()\n"})
    assert one["health"]


def test_azure_functions_name_their_route_by_keyword(tmp_path: Path) -> None:
    code = """\
        import azure.functions as func
        bp = func.Blueprint()
        @bp.route(route="combine", methods=["POST"])
        def combine(req: func.HttpRequest):
            return func.HttpResponse(str(req.get_json()))
        """
    (one,) = routes(tmp_path, code)
    assert (one["route"], one["methods"]) == ("/combine", ["POST"])


@pytest.mark.parametrize(
    ("imports", "decorator"),
    [
        ("import functions_framework", "functions_framework.http"),
        ("from functions_framework import http", "http"),
        ("from firebase_functions import https_fn", "https_fn.on_request()"),
    ],
)
def test_a_cloud_function_is_a_handler(tmp_path: Path, imports: str, decorator: str) -> None:
    code = f"{imports}\n\n\n@{decorator}\ndef answer(request):\n    return run(request.get_json())\n"
    (route,) = routes(tmp_path, code)
    assert (route["framework"], route["route"], route["line"]) == ("cloud-function", "/", 5)
    assert route["takes_input"] and not route["validated"]


def test_a_decorator_of_that_name_alone_is_none(tmp_path: Path) -> None:
    assert routes(tmp_path, "from mine import http\n\n\n@http\ndef answer(request):\n    return 1\n") == []


def test_a_route_has_a_name_beside_its_path(tmp_path: Path) -> None:
    code = """\
        from fastapi import APIRouter, Depends
        router = APIRouter()
        @router.get("/feed", name="articles:feed")
        def feed(user=Depends(current_user())): ...
        @router.post("", name="articles:create")
        def create(): ...
    """
    found = by_name(tmp_path, code)
    assert [one["route"] for one in found.values()] == ["/feed", ""]
    assert found["feed"]["auth"] == "current_user"


def test_bentoml_and_an_application_that_a_decorator_names(tmp_path: Path) -> None:
    bento = """\
        import bentoml
        svc = bentoml.Service(name="ocr")
        @svc.api(input=bentoml.io.File(), output=bentoml.io.JSON())
        async def read(file): ...
        @bentoml.service
        class Summary:
            @bentoml.api
            def summarise(self, text: str) -> str: ...
    """
    ray = """\
        from fastapi import FastAPI
        from ray import serve
        @serve.deployment
        @serve.ingress(app := FastAPI())
        class Faces:
            @app.post("/detect")
            def detect(self, image: str): ...
    """
    found = by_name(tmp_path, bento, {"app/faces.py": ray})
    assert {name: (one["framework"], one["route"]) for name, one in found.items()} == {
        "read": ("bentoml", "/read"),
        "Summary.summarise": ("bentoml", "/summarise"),
        "Faces.detect": ("fastapi", "/detect"),
    }


def test_a_record_of_constants_is_a_constant_answer(tmp_path: Path) -> None:
    code = """\
        from fastapi import APIRouter
        router = APIRouter()
        @router.get("/ready", name="ready")
        async def ready() -> Status:
            status = Status(is_alive=True)
            return status
        @router.get("/live")
        def live():
            return Status(is_alive=True, version="1")
        @router.get("/loaded")
        def loaded():
            return Status(is_alive=model is not None)
        @router.get("/asked")
        def asked():
            status = Status(is_alive=True)
            status = ping(status)
            return status
    """
    found = {name: one["constant"] for name, one in by_name(tmp_path, code).items()}
    assert found == {"ready": True, "live": True, "loaded": False, "asked": False}


REST = """\
    from django.contrib.auth.mixins import LoginRequiredMixin
    from django.views import View
    from rest_framework import decorators, mixins, permissions, viewsets
    from rest_framework.views import APIView


    class Base(viewsets.GenericViewSet):
        permission_classes = [permissions.IsAuthenticated]


    class ChatViewSet(mixins.CreateModelMixin, mixins.ListModelMixin, Base):
        throttle_scope = "chat"

        def list(self, request):
            return super().list(request)

        @decorators.action(detail=True, methods=["post"], permission_classes=[permissions.AllowAny])
        def ask(self, request, pk=None):
            return answer(request.data["text"])

        def helper(self, text):
            return text


    class ConfigView(APIView):
        permission_classes = []

        def get(self, request):
            return Response({})


    class Page(LoginRequiredMixin, View):
        def post(self, request):
            form = Form(request.POST)
            form.is_valid()


    class Node(ast.NodeVisitor):
        def list(self, request):
            return []
    """


def test_views_that_are_classes(tmp_path: Path) -> None:
    found = by_name(tmp_path, REST)
    assert set(found) == {"ChatViewSet", "ChatViewSet.list", "ChatViewSet.ask", "ConfigView.get", "Page.post"}
    taken = found["ChatViewSet"]  # what the framework does by itself; listing is written out
    assert (taken["methods"], taken["auth"], taken["validated"]) == (["POST"], "IsAuthenticated", True)
    assert taken["calls"] == ["throttle_scope"]
    ask_row = found["ChatViewSet.ask"]
    assert (ask_row["methods"], ask_row["auth"], ask_row["validated"]) == (["POST"], "", False)
    assert "AllowAny" in ask_row["touches"]
    assert (found["ConfigView.get"]["auth"], found["ConfigView.get"]["touches"][0]) == ("", "[]")
    assert (found["Page.post"]["auth"], found["Page.post"]["validated"]) == ("LoginRequiredMixin", True)


def test_what_a_router_asks_holds_for_its_routes(tmp_path: Path) -> None:
    code = """\
        from fastapi import APIRouter, Depends
        router = APIRouter(prefix="/chat", dependencies=[Depends(api_key_auth)])
        other = APIRouter(prefix="/open")
        @router.post("/completions")
        def completions(body: Body): ...
        @other.post("/x")
        def x(body: Body): ...
        """
    found = by_name(tmp_path, code)
    assert found["completions"]["auth"] == "api_key_auth"
    assert found["x"]["auth"] == ""


OWN_SERVER = """\
    import http.server
    class Base(http.server.BaseHTTPRequestHandler):
        def answer(self, status):
            self.send_response(status)
    class Handler(Base):
        def do_GET(self):
            try:
                if self.path in ("/healthz", "/ready"):
                    self.answer(200)
                elif self.path.startswith("/documents/"):
                    self.document()
            except OSError:
                self.send_error(500)
        def document(self):
            if not self.headers["X-API-Key"]:
                self.send_error(http.HTTPStatus.UNAUTHORIZED)
        def do_POST(self):
            read(self)
    class Ping(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"alive")
    class Other:
        def do_POST(self):
            self.rfile.read()
    def read(handler):
        handler.rfile.read()
"""


def test_a_server_of_the_standard_library(tmp_path: Path) -> None:
    found = {(one["function"], one["route"]): one for one in routes(tmp_path, OWN_SERVER)}
    assert set(found) == {
        ("Handler.do_GET", "/healthz"),
        ("Handler.document", "/documents/"),
        ("Handler.do_POST", ""),
        ("Ping.do_GET", ""),
    }
    assert found["Handler.do_GET", "/healthz"]["health"] and found["Ping.do_GET", ""]["constant"]
    assert found["Handler.document", "/documents/"]["auth"] == "self.headers['X-API-Key']"
    assert found["Handler.do_POST", ""]["takes_input"] and not found["Handler.do_POST", ""]["validated"]


def test_the_state_of_one_run_is_no_health(tmp_path: Path) -> None:
    code = """\
        from fastapi import FastAPI
        app = FastAPI()
        @app.get("/run/{run_id}/status")
        def one(run_id: str): ...
        @app.get("/v2/models/{name}/ready")
        def ready(name: str): ...
        @app.get("/status")
        def status(): ...
    """
    assert {name: one["health"] for name, one in by_name(tmp_path, code).items()} == {
        "one": False,
        "ready": True,
        "status": True,
    }


def test_django_ninja_hands_over_the_request_first(tmp_path: Path) -> None:
    code = """\
        from django.http import HttpRequest
        from ninja import Schema
        from project.settings import made
        api = made("api")
        class ThreadIn(Schema):
            name: str
        @api.post("threads/")
        def create(request, payload: ThreadIn):
            return save(request.user, payload)
        @api.get("threads/")
        def threads(request):
            return request.user
        @api.post("raw/")
        def raw(request):
            return request.body
    """
    found = by_name(tmp_path, code)
    assert {one["framework"] for one in found.values()} == {"django-ninja"}
    assert {name: (one["takes_input"], one["validated"]) for name, one in found.items()} == {
        "create": (True, True),
        "threads": (False, False),
        "raw": (True, False),
    }


def test_what_a_dependency_takes_the_handler_takes(tmp_path: Path) -> None:
    code = """
        from typing import Annotated
        from fastapi import Depends, FastAPI, Query
        from .checks import goal_of, other, page
        app = FastAPI()
        @app.post("/start")
        async def start(goal=Depends(goal_of)): ...
        @app.get("/all")
        async def listed(service=Depends(other)): ...
        @app.get("/paged")
        async def paged(at=Depends(page)): ...
        """
    more = {
        "app/checks.py": """
        from fastapi import Body, Depends, Query
        from pydantic import BaseModel, Field
        class Goal(BaseModel):
            text: str
        async def session(): ...
        async def body_of(body: Goal = Body(example={"text": "x"})): ...
        async def goal_of(goal: Goal = Depends(body_of), db=Depends(session)): ...
        async def other(db=Depends(session)): ...
        def page(at: int = Query(0, le=100)): ...
        """
    }
    found = by_name(tmp_path, code, more)
    told = {name: (one["takes_input"], one["validated"], one["sized"]) for name, one in found.items()}
    assert told == {"start": (True, True, False), "listed": (False, False, False), "paged": (True, True, True)}


def test_an_endpoint_of_modal_is_a_handler(tmp_path: Path) -> None:
    code = """
        import modal
        app = modal.App()
        @app.cls(gpu="a10g")
        class Inference:
            @modal.fastapi_endpoint()
            async def web(self, input: str):
                return stream(input)
            @modal.fastapi_endpoint(method="POST", requires_proxy_auth=True)
            async def closed(self, body: dict):
                return stream(body)
            @modal.method()
            def inner(self, input: str): ...
        """
    found = by_name(tmp_path, code)
    told = {name: (one["methods"], one["takes_input"], one["auth"]) for name, one in found.items()}
    assert told == {
        "Inference.web": (["GET"], True, ""),
        "Inference.closed": (["POST"], True, "requires_proxy_auth"),
    }


def test_a_router_of_another_file_is_told_by_the_address_that_it_is_given(tmp_path: Path) -> None:
    code = """\
        import flask
        from . import main_routes, jobs
        @main_routes.route("/forecast", methods=["POST"])
        def forecast():
            return answer(flask.request.get_json())
        @jobs.get("nightly")
        def nightly():
            return {}
    """
    assert [(one["function"], one["route"]) for one in routes(tmp_path, code)] == [("forecast", "/forecast")]


def test_an_address_in_a_file_without_a_framework_makes_no_route(tmp_path: Path) -> None:
    code = """\
        from .clients import users
        @users.get("/users")
        def list_users(): ...
    """
    assert routes(tmp_path, code) == []


def test_a_function_of_the_file_may_read_the_request(tmp_path: Path) -> None:
    found = by_name(
        tmp_path,
        """\
        from flask import Flask, abort, request
        app = Flask(__name__)
        def _body():
            return request.get_json(silent=True) or {}
        def _checked():
            body = request.get_json()
            if "image" not in body:
                abort(400)
            return body
        def log_request():
            print(request.args)
        @app.post("/faces/<number>")
        def faces(number):
            return recognise(number, _body().get("image"))
        @app.post("/checked")
        def checked():
            return recognise(1, _checked()["image"])
        @app.get("/count")
        def count():
            log_request()
            return str(counted())
        """,
    )
    assert {name: (one["takes_input"], one["reads_request"], one["validated"]) for name, one in found.items()} == {
        "faces": (True, True, False),
        "checked": (True, True, True),
        "count": (False, False, False),
    }
