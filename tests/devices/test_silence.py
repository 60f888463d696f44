"""What the sink says was heard of a cut answer is what the speaker's monitor heard."""

import pytest

from benchmarks import silence
from tests.devices.card import missing

pytestmark = [pytest.mark.device, pytest.mark.skipif(missing() is not None, reason=str(missing()))]


async def test_the_position_of_a_cut_is_that_of_the_ear() -> None:
    for one in await silence.tries(8):
        assert abs(one.said_ms - one.heard_ms) <= 20
