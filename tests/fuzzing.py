"""The checks of CI's seconds, for minutes: what `make soak` adds."""

import os
import time
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

#: Of each test of this kind.
MINUTES = float(os.environ.get("FUZZ_MINUTES", "10"))
EACH = 200
CALM = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)


def fuzz(checks: dict[str, tuple[Callable[..., None], dict[str, st.SearchStrategy[Any]]]]) -> None:
    """Each check in turn, with examples that no round has had before, until the time is over."""
    ends, rounds = time.monotonic() + 60 * MINUTES, 0
    while time.monotonic() < ends:
        for name, (check, given_to) in checks.items():
            _some(check, given_to, number=hash((name, rounds)))
        rounds += 1
    print(f"\n{rounds} rounds, {rounds * EACH * len(checks):,} examples in {MINUTES:g} minutes")


def _some(check: Callable[..., None], given_to: dict[str, st.SearchStrategy[Any]], *, number: int) -> None:
    @seed(number)
    @settings(max_examples=EACH, database=None, deadline=None, suppress_health_check=CALM)
    @given(st.fixed_dictionaries(given_to))
    def some(values: dict[str, Any]) -> None:
        check(**values)

    some()
