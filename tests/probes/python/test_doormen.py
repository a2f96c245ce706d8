"""What stands before all routes: whether it asks who is calling, and whom it lets on."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent
from typing import Any

import pytest

from tests.probes.python.support import ask

HEAD = """
import hmac, jwt
from fastapi import FastAPI
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import JSONResponse

OPEN = ("/health", "/docs")
KEYS = load_keys()

class Guard(BaseHTTPMiddleware):
    def __init__(self, app, public):
        super().__init__(app)
        self.open_paths = {"/health", "/metrics"}
        self.public = public

    def _key(self, request):
        return request.headers.get("X-API-Key")

    def _is_open(self, path):
        return any(path.startswith(one) for one in self.open_paths)

    def _is_good(self, key):
        return key in KEYS

    def _refuse(self, why):
        return JSONResponse({"detail": why}, status_code=401)

    async def dispatch(self, request, call_next):
"""
TAIL = """
app = FastAPI()
app.add_middleware(Guard, public=[])
"""


def asked(tmp_path: Path, body: str) -> dict[str, Any]:
    code = HEAD + indent(body, "        ") + "\n" + TAIL
    (found,) = ask(tmp_path, "python.doormen", {"app.py": code}).value or []
    return dict(found)


ALWAYS = {
    "compared": 'if request.headers.get("X-API-Key") != settings.key:\n    return self._refuse("no")\nreturn await call_next(request)',
    "looked up": 'key = self._key(request)\nif not key or not self._is_good(key):\n    return self._refuse("no")\nreturn await call_next(request)',
    "the other way round": 'if self._is_good(self._key(request)):\n    return await call_next(request)\nreturn self._refuse("no")',
    "decoded": 'token = request.headers.get("Authorization", "").removeprefix("Bearer ")\ntry:\n    claims = jwt.decode(token, KEY)\nexcept jwt.PyJWTError:\n    return self._refuse("no")\nreturn await call_next(request)',
    "in constant time": 'given = request.headers.get("authorization", "")\nif not hmac.compare_digest(given, settings.key):\n    raise HTTPException(status_code=403)\nresponse = await call_next(request)\nreturn response',
    "what a call makes of it": 'user = await find_user(request.cookies.get("session"))\nif user is None:\n    return RedirectResponse("/login")\nrequest.state.user = user\nreturn await call_next(request)',
    "somebody is asked who sends 401": 'user = await current_session(request)\nif not user:\n    return self._refuse("no")\nreturn await call_next(request)',
    "the session": 'if not request.session.get("user"):\n    return RedirectResponse("/login")\nreturn await call_next(request)',
    "not of a preflight": 'if request.method != "OPTIONS" and not self._is_good(self._key(request)):\n    return self._refuse("no")\nreturn await call_next(request)',
    "in a function of its own": 'return await self._go(request, call_next)\n\nasync def _go(self, request, onward):\n    if not self._is_good(self._key(request)):\n        return self._refuse("no")\n    return await onward(request)',
}  # fmt: skip


@pytest.mark.parametrize("body", ALWAYS.values(), ids=ALWAYS.keys())
def test_it_asks_always(tmp_path: Path, body: str) -> None:
    body = body.replace("\n\nasync def", "\n\nasync def")
    if "\n\nasync def" in body:
        first, rest = body.split("\n\n")
        code = HEAD + indent(first, "        ") + "\n\n" + indent(rest, "    ") + "\n" + TAIL
        (found,) = ask(tmp_path, "python.doormen", {"app.py": code}).value or []
    else:
        found = asked(tmp_path, body)
    assert (found["asks"], found["open"], found["unasked_line"]) == ("always", [], 0)
    assert (found["name"], found["kind"], found["mounted"], found["mounted_at"]) == ("Guard", "class", True, "app.py")


BUT = {
    "a constant": ('if request.url.path in OPEN:\n    return await call_next(request)\n', ["/docs", "/health"]),
    "an attribute": ('if self._is_open(request.url.path):\n    return await call_next(request)\n', ["/health*", "/metrics*"]),
    "a name of the path": ('path = request.url.path\nif path == "/" or path.startswith(("/docs", "/static")):\n    return await call_next(request)\n', ["/", "/docs*", "/static*"]),
}  # fmt: skip
PUBLIC = """
def is_public(path):
    if path in OPEN:
        return True
    if path == "/":
        return True
    return path.startswith("/static") or path.startswith("/assets")
"""
CHECK = 'if not self._is_good(self._key(request)):\n    return self._refuse("no")\nreturn await call_next(request)'


@pytest.mark.parametrize(("body", "paths"), BUT.values(), ids=BUT.keys())
def test_it_asks_but_on_some_paths(tmp_path: Path, body: str, paths: list[str]) -> None:
    found = asked(tmp_path, body + CHECK)
    assert (found["asks"], found["open"]) == ("always", paths)


def test_a_function_of_several_conditions(tmp_path: Path) -> None:
    body = f"if is_public(request.url.path):\n    return await call_next(request)\n{CHECK}"
    code = HEAD + indent(body, "        ") + PUBLIC + TAIL
    (found,) = ask(tmp_path, "python.doormen", {"app.py": code}).value or []
    assert (found["asks"], found["open"]) == ("always", ["/", "/assets*", "/docs", "/health", "/static*"])


def test_a_check_inside_a_condition_of_paths(tmp_path: Path) -> None:
    body = 'if request.url.path not in OPEN:\n    if not self._is_good(self._key(request)):\n        return self._refuse("no")\nreturn await call_next(request)'
    found = asked(tmp_path, body)
    assert (found["asks"], found["open"]) == ("always", ["/docs", "/health"])


SOMETIMES = {
    "whom another's function lets on": f"if is_public(request):\n    return await call_next(request)\n{CHECK}",
    "the same in one condition": 'if not is_public(request) and not self._is_good(self._key(request)):\n    return self._refuse("no")\nreturn await call_next(request)',
    "more paths than are kept": "OPEN = [" + ", ".join(f"'/{n}'" for n in range(40)) + f"]\nif request.url.path in OPEN:\n    return await call_next(request)\n{CHECK}",
    "paths of a setting": f"if request.url.path in self.public:\n    return await call_next(request)\n{CHECK}",
    "some paths only": 'if request.url.path.startswith("/admin") and not self._is_good(self._key(request)):\n    return self._refuse("no")\nreturn await call_next(request)',
    "only where a key is there": 'key = self._key(request)\nif key and not self._is_good(key):\n    return self._refuse("no")\nreturn await call_next(request)',
    "an error lets on": f"try:\n    {CHECK.splitlines()[0]}\n        return self._refuse('no')\nexcept Exception:\n    return await call_next(request)\nreturn await call_next(request)",
    "one way too many": 'if request.headers.get("x-debug"):\n    return await call_next(request)\n' + CHECK,
}  # fmt: skip


@pytest.mark.parametrize("body", SOMETIMES.values(), ids=SOMETIMES.keys())
def test_it_asks_sometimes(tmp_path: Path, body: str) -> None:
    found = asked(tmp_path, body)
    assert found["asks"] == "sometimes"
    assert found["unasked_line"] > 0


SETTINGS = {
    "let on first": (f"if not settings.auth:\n    return await call_next(request)\n{CHECK}", 0),
    "asked inside": (f"if settings.auth:\n    {CHECK.splitlines()[0]}\n        return self._refuse('no')\nreturn await call_next(request)", 0),
    "in one condition": ('if settings.auth and not self._is_good(self._key(request)):\n    return self._refuse("no")\nreturn await call_next(request)', 0),
    "of the environment": (f'secret = os.getenv("SECRET")\nif not secret:\n    return await call_next(request)\n{CHECK}', 1),
}  # fmt: skip


@pytest.mark.parametrize(("body", "line"), SETTINGS.values(), ids=SETTINGS.keys())
def test_it_asks_where_a_setting_wants_it(tmp_path: Path, body: str, line: int) -> None:
    found = asked(tmp_path, body)
    first = (HEAD + body).count("\n", 0, len(HEAD)) + 1
    assert (found["asks"], found["unasked_line"]) == ("by setting", first + line)


NEVER = {
    "a limit": 'key = self._key(request)\nif not self.limiter.allow(key):\n    return JSONResponse({}, status_code=429)\nreturn await call_next(request)',
    "a limit, the other way round": 'if request.client.host in BANNED:\n    return JSONResponse({}, status_code=403)\nif self.limiter.allow(self._key(request)):\n    return await call_next(request)\nreturn JSONResponse({}, status_code=429)',
    "addresses that are banned": 'ip = request.headers.get("X-Forwarded-For")\nif ip in BANNED:\n    return JSONResponse({}, status_code=403)\nreturn await call_next(request)',
    "a header is there": 'if not request.headers.get("Authorization"):\n    return self._refuse("no")\nreturn await call_next(request)',
    "the form of a header": 'scheme = request.headers.get("Authorization", "").split()[0]\nif scheme.lower() != "bearer":\n    return self._refuse("no")\nreturn await call_next(request)',
    "a token without its signature": 'token = request.headers.get("Authorization")\nclaims = jwt.decode(token, options={"verify_signature": False})\nif not claims:\n    return self._refuse("no")\nreturn await call_next(request)',
    "cross-site": 'if request.headers.get("X-CSRF-Token") != request.state.csrf:\n    return JSONResponse({}, status_code=403)\nreturn await call_next(request)',
    "it only notes": 'key = self._key(request)\nif self._is_good(key):\n    request.state.known = True\nreturn await call_next(request)',
    "none": "response = await call_next(request)\nresponse.headers['X-Frame-Options'] = 'DENY'\nreturn response",
}  # fmt: skip


@pytest.mark.parametrize("body", NEVER.values(), ids=NEVER.keys())
def test_it_never_asks(tmp_path: Path, body: str) -> None:
    found = asked(tmp_path, body)
    assert found["asks"] in ("never", "sometimes")
    assert found["unasked_line"] > 0


def test_an_application_that_is_given_it_on_a_condition(tmp_path: Path) -> None:
    code = HEAD + indent(CHECK, "        ") + "\napp = FastAPI()\nif settings.auth:\n    app.add_middleware(Guard)\n"
    (found,) = ask(tmp_path, "python.doormen", {"app.py": code}).value or []
    assert (found["asks"], found["mounted"]) == ("by setting", True)
    assert (found["unasked_path"], found["unasked_line"]) == (
        "app.py",
        code.count("\n", 0, code.index("if settings.auth")) + 1,
    )


def test_who_is_not_given_to_an_application_stands_nowhere(tmp_path: Path) -> None:
    code = HEAD + indent(CHECK, "        ") + "\napp = FastAPI()\n"
    (found,) = ask(tmp_path, "python.doormen", {"app.py": code}).value or []
    assert (found["asks"], found["mounted"], found["mounted_at"]) == ("always", False, "")


def test_an_application_in_another_file(tmp_path: Path) -> None:
    files = {
        "guards/key.py": HEAD + indent(CHECK, "        ") + "\n",
        "guards/__init__.py": "from .key import Guard\n",
        "main.py": "from fastapi import FastAPI\nfrom guards import Guard\napp = FastAPI()\napp.add_middleware(Guard)\n",
    }
    (found,) = ask(tmp_path, "python.doormen", files).value or []
    assert (found["path"], found["mounted_at"]) == ("guards/key.py", "main.py")


FUNCTION = """
    if request.headers.get("X-Key") != KEY:
        return JSONResponse({}, status_code=401)
    return await call_next(request)
"""


@pytest.mark.parametrize(
    "code",
    [
        f'@app.middleware("http")\nasync def guard(request, call_next):{FUNCTION}',
        f'async def guard(request, call_next):{FUNCTION}\napp.middleware("http")(guard)\n',
        f"async def guard(request, call_next):{FUNCTION}\napp.add_middleware(BaseHTTPMiddleware, dispatch=guard)\n",
        f"async def guard(request, call_next):{FUNCTION}\napp = FastAPI(middleware=[Middleware(BaseHTTPMiddleware, dispatch=guard)])\n",
    ],
    ids=["decorated", "called", "dispatch", "list"],
)
def test_functions(tmp_path: Path, code: str) -> None:
    (found,) = ask(tmp_path, "python.doormen", {"app.py": f"app = FastAPI()\n{code}"}).value or []
    assert (found["name"], found["kind"], found["asks"], found["mounted"]) == ("guard", "hook", "always", True)


def test_asgi(tmp_path: Path) -> None:
    code = """
        class Guard:
            def __init__(self, app):
                self.app = app

            async def __call__(self, scope, receive, send):
                if scope["type"] != "http":
                    await self.app(scope, receive, send)
                    return
                headers = Headers(scope=scope)
                if headers.get("authorization") != f"Bearer {KEY}":
                    response = JSONResponse({}, status_code=401)
                    await response(scope, receive, send)
                    return
                await self.app(scope, receive, send)

        app = Starlette(routes=routes)
        app = Guard(app)
        """
    (found,) = ask(tmp_path, "python.doormen", {"app.py": code}).value or []
    assert (found["kind"], found["asks"], found["open"], found["mounted"]) == ("asgi", "always", [], True)


@pytest.mark.parametrize(
    ("body", "asks", "paths"),
    [
        ('    if request.headers.get("X-Key") != KEY:\n        abort(401)\n', "always", []),
        ('    if request.headers.get("X-Key") != KEY:\n        return {}, 401\n', "always", []),
        ('    if "user" not in session and request.endpoint not in ("login", "static"):\n        return redirect("/login")\n', "always", ["login()", "static()"]),
        ("    if not current_user.is_authenticated:\n        return redirect(url_for('auth.login'))\n", "always", []),
        ("    g.started = time.time()\n", "never", []),
    ],
)  # fmt: skip
def test_flask(tmp_path: Path, body: str, asks: str, paths: list[str]) -> None:
    code = f"from flask import Flask\napp = Flask(__name__)\n\n@app.before_request\ndef guard():\n{body}"
    (found,) = ask(tmp_path, "python.doormen", {"app.py": code}).value or []
    assert (found["kind"], found["asks"], found["open"], found["mounted"]) == ("flask", asks, paths, True)


def test_the_hook_of_a_blueprint_stands_before_its_routes_only(tmp_path: Path) -> None:
    code = "from flask import Blueprint\nbp = Blueprint('a', __name__)\n\n@bp.before_request\ndef guard():\n    if request.headers.get('X-Key') != KEY:\n        return {}, 401\n"
    (found,) = ask(tmp_path, "python.doormen", {"api/admin.py": code}).value or []
    assert (found["mounted"], found["covers"]) == (True, "api/admin.py")


def test_long_chains_and_loops_end(tmp_path: Path) -> None:
    chain = "if request.url.path == '/0':\n    pass\n" + "".join(
        f"elif request.url.path == '/{n}':\n    return await call_next(request)\n" for n in range(90)
    )
    found = asked(tmp_path, chain + CHECK)
    assert found["asks"] == "sometimes"
    calls = "".join(f"    def f{n}(self, a):\n        return self.f{n + 1}(self.f{n + 2}(a))\n" for n in range(200))
    code = HEAD.replace("    async def dispatch", calls + "    async def dispatch") + indent(
        f"x = self.f0(self._key(request))\n{CHECK}", "        "
    )
    (again,) = ask(tmp_path / "again", "python.doormen", {"app.py": code}).value or []
    assert again["asks"] == "always"
