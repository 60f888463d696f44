"""A cut answer is silent soon, whoever cuts it, and the model is told what the speaker's monitor heard of it."""

import pytest

from benchmarks import silence
from tests.devices.card import missing

pytestmark = [pytest.mark.device, pytest.mark.skipif(missing() is not None, reason=str(missing()))]


async def test_the_position_of_a_cut_is_that_of_the_ear_and_nothing_that_comes_late_is_heard() -> None:
    found, _ = await silence.tries(8)
    for one in found:
        assert abs(one.said_ms - one.heard_ms) <= 20
        assert one.silent_after_ms < 300  # the model speaks on for 400
