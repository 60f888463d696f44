"""What only some providers say, as `messages` has it of them all."""

import msgspec

from realtime_chat.core.events import Usage


class _Message(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    pass


class LateUsage(_Message, frozen=True, kw_only=True):
    """What a response cost, told after its end; `status` is how it ended."""

    response_id: str
    status: str
    usage: Usage


class CallsCancelled(_Message, frozen=True, kw_only=True):
    """The provider takes these calls back: they are not to run, and it wants no answer to them."""

    call_ids: tuple[str, ...]


class RenewalDue(_Message, frozen=True, kw_only=True):
    """Another connection is to take this one's place at the next quiet moment: the provider ends it soon, or cannot
    be told on it what has changed. `why` is for the user; "" where nothing of it is to be seen."""

    why: str = ""
