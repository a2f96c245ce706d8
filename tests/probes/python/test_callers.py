"""Names that mean a check of the caller, and functions that only bear such a name."""

from __future__ import annotations

from itertools import product

import pytest

from aiaudit import lazy
from aiaudit.probes.python.callers import HITS, asks_who

CHECKS = (
    "get_current_user verify_token verify_api_key require_admin login_required jwt_required token_required check_jwt"
    " auth_required authenticate RoleChecker JWTBearer api_key_auth permission_required is_admin current_active_user"
    " verify_service_token validate_session admin_only requires_auth auth.required get_current_active_superuser"
)
NONE = (
    "get_tokenizer token_budget count_tokens get_token_counter author get_author get_db get_settings limiter.limit"
    " get_auth_service AuthClient get_current_user_optional get_optional_user anonymous_user rate_limit_by_user session"
    " get_session track_tokens key_values get_usage cache csrf_exempt permission_classes auth_config"
)


@pytest.mark.parametrize("name", CHECKS.split())
def test_a_name_of_a_check(name: str) -> None:
    assert asks_who(name)


@pytest.mark.parametrize("name", NONE.split())
def test_a_name_of_something_else(name: str) -> None:
    assert not asks_who(name)


def test_each_function_of_such_a_name_is_read() -> None:
    words = (
        "auth authn authz oauth authenticated authenticate authenticator authorised authorize authorizer login log_in logged_in signed_in"
        " sign_in jwt bearer permission permissions protected principal superuser saml rbac apikey api_key acl iap current verify verified check"
        " validate valid decode require required requires ensure need needs enforce guard assert only is get my token key user admin role roles"
        " session signature credential credentials access secret caller identity scope scopes claims member owner tenant account client active"
        " staff checker verifier validator verification access_control has_role has_access role_checker user_passes_test security_check security"
    ).split()
    marks = lazy.regex(HITS)
    names = [
        *words,
        *("_".join(some) for some in product(words, words)),
        *(a + b.title() for a, b in product(words, words)),
    ]
    checks = [name for name in names if asks_who(name)]
    assert len(checks) > 4000
    assert [name for name in checks if not marks.search(f"def {name}(".encode())] == []
