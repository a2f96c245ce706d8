"""Names that mean a check of the caller, and functions that only bear such a name."""

from __future__ import annotations

import pytest

from aiaudit.probes.python.callers import asks_who

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
