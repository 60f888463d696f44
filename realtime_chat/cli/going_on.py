"""What the next talk takes over of the flags that a run was begun with."""

from dataclasses import replace

from realtime_chat.cli.flags import Flags
from realtime_chat.cli.words.desk import GoOn


def lasting_flags(flags: Flags, left: GoOn) -> Flags:
    """For all talks that come: what the run was begun with, and what was changed since."""
    return replace(flags, last=False, record=None, **left.flags)


def next_flags(flags: Flags, left: GoOn) -> Flags:
    """For the talk that comes: an earlier one, or the same, has its own mode, instructions and agent."""
    its_own: dict[str, None] = {}
    if left.session_id is not None:
        its_own = {"mode": None, "instructions": None, "agent": None}
    return replace(lasting_flags(flags, left), session=left.session_id, **{**its_own, **left.flags})
