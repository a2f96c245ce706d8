"""Functions that answer 401 or 403: for the caller's credential, or for something else."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from textwrap import dedent

import pytest

from aiaudit.model.check import FactSpec, Place
from aiaudit.probes.collect import collect
from aiaudit.project.tree import Project
from tests.probes.python.support import ask, lay

HEAD = """
import jwt
from fastapi import Depends, FastAPI, Header, HTTPException, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, OAuth2PasswordBearer

oauth2_scheme = OAuth2PasswordBearer(tokenUrl="token")
bearer = HTTPBearer()
"""

LOOKS = {
    "a header that is compared": """
        def check(x_api_key: str = Header()):
            if x_api_key != settings.key:
                raise HTTPException(status_code=401)
        """,
    "a token that is decoded": """
        def get_current_user(token: str = Depends(oauth2_scheme)):
            credentials_exception = HTTPException(status_code=401)
            try:
                payload = jwt.decode(token, KEY, algorithms=["HS256"])
                name = payload.get("sub")
                if name is None:
                    raise credentials_exception
            except jwt.PyJWTError:
                raise credentials_exception
            return name
        """,
    "a token that a function of another file decodes, and whoever fails is refused": """
        from app.security import decode_token

        async def get_current_user(credentials: HTTPAuthorizationCredentials | None = Depends(bearer)):
            if credentials is None:
                raise HTTPException(401, "not authenticated")
            try:
                claims = decode_token(credentials.credentials, "access")
            except jwt.InvalidTokenError:
                raise HTTPException(401, "invalid token") from None
            return claims.subject
        """,
    "credentials that are looked up": """
        async def caller(credentials: HTTPAuthorizationCredentials = Security(bearer)):
            user = await users.by_token(credentials.credentials)
            if not user:
                raise HTTPException(403, "no")
            return user
        """,
    "a user that another dependency found": """
        def admin(user: User = Depends(get_current_user)):
            if not user.is_admin:
                raise HTTPException(status_code=status.HTTP_403_FORBIDDEN)
            return user
        """,
    "a request that is handed on": """
        async def guard(request: Request):
            if not await sessions.find(request):
                raise HTTPException(status_code=401)
        """,
    "the session of Flask": """
        from flask import abort, session

        def wrapped(*args, **kwargs):
            if "user" not in session:
                abort(401)
            return view(*args, **kwargs)
        """,
    "a bearer of its own": """
        class Bearer(HTTPBearer):
            async def __call__(self, request: Request):
                credentials = await super().__call__(request)
                if not self.is_good(credentials.credentials):
                    raise HTTPException(status_code=403)
                return credentials

            def is_good(self, token):
                return decode(token) is not None
        """,
    "the owner of a thing": """
        @app.get("/jobs/{job_id}")
        def job(job_id: str, user=Depends(get_current_user)):
            found = jobs.get(job_id)
            if found.owner != user.id:
                raise HTTPException(403)
            return found
        """,
}
DOES_NOT = {
    "a file of the wrong kind": """
        @app.post("/upload")
        async def upload(file: UploadFile):
            if not file.filename.endswith(".csv"):
                raise HTTPException(status_code=403, detail="only csv")
            return await store(file)
        """,
    "what another service said": """
        @app.post("/ask")
        async def ask(question: Question):
            try:
                return await client.ask(question.text)
            except openai.AuthenticationError:
                raise HTTPException(status_code=401, detail="wrong key of the provider")
        """,
    "a header that is only there": """
        def check(authorization: str = Header(None)):
            if authorization is None or not authorization.startswith("Bearer "):
                raise HTTPException(status_code=401)
        """,
    "a row of a database": """
        @app.get("/reports/{key}")
        async def report(key: str, session: AsyncSession = Depends(get_session)):
            found = await session.execute(select(Report).where(Report.key == key))
            if not found:
                raise HTTPException(status_code=403)
            return found
        """,
    "a session that is handed in": """
        def allowed(session, item):
            if not session.get(Item, item):
                raise HTTPException(status_code=403)
        """,
    "an address": """
        @app.post("/ask")
        async def ask(request: Request):
            if request.client.host not in ALLOWED:
                raise HTTPException(status_code=403)
            return answer(await request.json())
        """,
}


@pytest.mark.parametrize(
    ("code", "looks"),
    [*((code, True) for code in LOOKS.values()), *((code, False) for code in DOES_NOT.values())],
    ids=[*LOOKS, *DOES_NOT],
)
def test_whether_a_credential_is_looked_at(tmp_path: Path, code: str, looks: bool) -> None:
    found = ask(tmp_path, "python.turning", {"app.py": HEAD + dedent(code)}).value or []
    assert [one["looks"] for one in found] == [looks]


def test_a_comment_turns_nobody_away(tmp_path: Path) -> None:
    code = (
        "# raise HTTPException(status_code=403)\ndef f():\n    # raise HTTPException(status_code=403)\n    return 1\n"
    )
    found = ask(tmp_path, "python.turning", {"app.py": code}).value or []
    assert found == []


GUARD = """
from fastapi import HTTPException


def verify_{n}(token: str) -> None:
    if token != KEY:
        raise HTTPException(status_code=401)
"""


@pytest.mark.parametrize(("checks", "looks"), [(1, True), (8, True), (9, False)])
def test_a_check_in_another_file_counts_where_it_is_followed(tmp_path: Path, checks: int, looks: bool) -> None:
    names = [f"verify_{n}" for n in range(checks)]
    imports = "".join(f"from guards.{name} import {name}\n" for name in names)
    calls = "".join(f"    {name}(authorization)\n" for name in names)
    code = f"{imports}{HEAD}\ndef check(authorization: str = Header()):\n{calls}    if closed:\n        raise HTTPException(status_code=401)\n"
    tree = {f"guards/verify_{n}.py": GUARD.format(n=n) for n in range(checks)}
    found = ask(tmp_path, "python.turning", {"app.py": code, "guards/__init__.py": "", **tree}).value or []
    assert [one["looks"] for one in found if one["function"] == "check"] == [looks]


@pytest.mark.parametrize(
    ("line", "dropped"),
    [
        ("hmac.compare_digest(mine, theirs)", True),
        ("same = hmac.compare_digest(mine, theirs)", True),
        ("same = hmac.compare_digest(mine, theirs)\n    log.info('same: %s', same)", True),
        ("same = hmac.compare_digest(mine, theirs)\n    assert same", False),
        ("assert hmac.compare_digest(mine, theirs)", False),
        ("assert hmac.compare_digest(mine, mine)", True),
    ],
)
def test_a_comparison_of_which_nothing_comes_is_told(tmp_path: Path, line: str, dropped: bool) -> None:
    code = f"import hmac\n\n\ndef check(mine, theirs):\n    {line}\n    return 'done'\n"
    found = ask(tmp_path, "python.turning", {"app.py": code}).value or []
    assert [one["dropped"] for one in found if one["dropped"]] == [True] * dropped


def test_what_a_guard_gives_back_is_not_what_it_is(tmp_path: Path) -> None:
    """Whatever else is asked of the same files: once `jwt.decode` was, the function that gives it back was lost."""
    tree = {
        "auth.py": """
            import jwt
            from fastapi import Depends
            from fastapi.security import HTTPBearer

            def get_current_user(cred=Depends(HTTPBearer(auto_error=False))):
                try:
                    return jwt.decode(cred.credentials, "s", algorithms=["HS256"]) if cred else None
                except jwt.PyJWTError:
                    return None
            """,
        "app.py": """
            from auth import get_current_user
            from fastapi import Depends, FastAPI

            app = FastAPI()

            @app.post("/predict")
            def predict(q: str, user=Depends(get_current_user)):
                return chain.invoke(q)
            """,
    }
    asked = {"python.routes": {}, "python.calls": {"any": ["jwt.decode"]}}
    lay(tmp_path, tree)
    with Project.open(tmp_path) as project:
        specs = [FactSpec(f"t.{probe}", Place("pack.yaml", 1, 1), probe=probe, query=q) for probe, q in asked.items()]
        facts = collect(specs, project, None, dt.date(2026, 1, 1), isolate=False)  # type: ignore[arg-type]
    (route,) = facts["t.python.routes"].value
    assert facts["t.python.calls"].value and route["auth"] == ""
