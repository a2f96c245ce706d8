"""Which routes a matcher of Next takes in."""

from __future__ import annotations

import pytest

from aiaudit.probes.javascript.project import JavaScriptProject
from aiaudit.probes.javascript.sentries import covers, is_sentry_file


@pytest.mark.parametrize(
    ("matchers", "route", "expected"),
    [
        ([], "/api/chat", True),
        (["/((?!api|_next/static|favicon.ico).*)"], "/api/chat", False),
        (["/((?!api|_next/static|favicon.ico).*)"], "/chat", True),
        (["/((?!_next/static|favicon.ico).*)"], "/api/chat", True),
        (["/((?!api/auth).*)"], "/api/auth/login", False),
        (["/((?!api/auth).*)"], "/api/chat", True),
        (["/dashboard/:path*"], "/api/chat", False),
        (["/dashboard/:path*"], "/dashboard/settings", True),
        (["/api/:path*"], "/api/chat", True),
        (["/(api|trpc)(.*)"], "/api/chat", True),
        (["/login"], "/login/callback", False),
        (["/((?!.*\\..*|_next).*)", "/", "/(api|trpc)(.*)"], "/api/chat", True),
    ],
)
def test_a_matcher_takes_in_a_route(matchers: list[str], route: str, expected: bool) -> None:
    assert covers(matchers, route) is expected


def test_middleware_is_known_by_its_place() -> None:
    project = JavaScriptProject(
        {path: {} for path in ("src/app/api/chat/route.ts", "apps/web/pages/index.tsx", "src/middleware.ts")}
    )
    assert is_sentry_file("src/middleware.ts", project)
    assert is_sentry_file("apps/web/proxy.ts", project)
    assert not is_sentry_file("src/middleware/auth.ts", project)
    assert not is_sentry_file("src/app/middleware.ts", project)
    assert not is_sentry_file("middleware.ts", project)
    assert is_sentry_file("src/hooks.server.ts", project)
