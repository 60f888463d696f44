"""Which refusals another try cannot cure."""

import pytest

from realtime_chat.core.classification import category_of_error, category_of_goodbye
from realtime_chat.core.errors import Category


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (1008, ""),
        (1008, "Request contains an invalid argument."),
        (3000, "invalid_request_error.invalid_api_key"),
        (4001, "Unauthorized"),
        (1011, "403 Forbidden"),
        (4000, "Unknown parameter: 'session.foo'"),
        (1000, "You exceeded: insufficient_quota"),
    ],
)
def test_a_goodbye_that_no_other_try_cures_is_fatal(code: int, reason: str) -> None:  # J24
    assert category_of_goodbye(code, reason) is Category.FATAL


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (1001, "going away"),
        (1006, "no goodbye"),
        (1011, "Internal error encountered."),
        (4000, ""),
        (1013, "rate limit"),
        (1000, "timeout"),
    ],
)
def test_any_other_goodbye_may_pass(code: int, reason: str) -> None:  # J24
    assert category_of_goodbye(code, reason) is Category.RETRYABLE


def test_an_error_is_fatal_by_its_code_or_its_type() -> None:  # J24
    assert category_of_error("insufficient_quota", "") is Category.FATAL
    assert category_of_error("", "invalid_api_key") is Category.FATAL
    assert category_of_error("rate_limit_exceeded", "invalid_request_error") is Category.RETRYABLE
