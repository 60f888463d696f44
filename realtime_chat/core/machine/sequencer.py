"""One response at a time: who may ask for the next answer, and when (J17, M5; docs/protocol.md).

The rules, all provable without a socket:

* at most one request is on its way; further wishes join into one and wait;
* a wish waits while a response runs, and while the user is speaking;
* a request cancelled before its response began is remembered; the response is cancelled by id as it begins;
* an answer beside the talk is asked for only while nothing of the talk runs or waits, and cancelled as soon as anything
  of it does; a request waits for its end, but not for its beginning, which may never come;
* a refusal because another response runs puts the wish back; any other refusal is the turn's failure.
"""

from collections import deque
from enum import StrEnum

import msgspec

from realtime_chat.core.messages import CancelResponse, CreateResponse, ProviderError, ResponseCreated

ALREADY_ACTIVE = "conversation_already_has_active_response"
CANCEL_NOT_ACTIVE = "response_cancel_not_active"
METADATA_KEY = "request"


class Beginning(StrEnum):
    """What a response that begins is to us."""

    WANTED = "wanted"  # we asked for it
    INTERIM = "interim"  # we asked for it, to bridge the wait for the one that counts
    OFFERED = "offered"  # the provider began it by itself
    ASIDE = "aside"  # we asked for it beside the talk
    UNWANTED = "unwanted"  # we asked for it, or expected it, and no longer do: cancel it by id


class Refusal(StrEnum):
    """What a provider's error is to the sequencer."""

    NOT_OURS = "not_ours"
    BENIGN = "benign"  # a cancel that came too late (M14)
    RETRIED = "retried"  # the wish waits again
    FAILED = "failed"  # the answer we asked for will not come


class _Request(msgspec.Struct):
    event_id: str
    interim: bool = False
    unwanted: bool = False


class _Aside(msgspec.Struct):
    event_id: str
    response_id: str | None = None  # it began
    unwanted: bool = False


class ResponseSequencer:
    """Pure state; the machine asks `next_request` after every input and sends what it gets."""

    def __init__(self) -> None:
        self._count = 0
        self._wish = False
        self._interim = False
        self._request: _Request | None = None
        self._aside: _Aside | None = None
        self._expected = False  # the provider will begin one by itself
        self._expected_unwanted = False
        self._held = False
        self._blocked = False  # refused while we know of no active response: wait for a sign of it
        #: The last cancels; an older one that is refused after all is news like any other error.
        self._cancels: deque[str] = deque(maxlen=64)
        self.active: str | None = None

    @property
    def busy(self) -> bool:
        """True while a response runs, is on its way, or is wished for."""
        return bool(self.active or self._request or self._wish or self._expected)

    def wish(self) -> None:
        """An answer is wanted; several wishes are one."""
        self._wish = True
        self._interim = False

    def wish_interim(self) -> None:
        """A word that bridges a wait is wanted, without tools; whatever else is asked for comes instead of it."""
        self._interim = not self._wish and not self._expected

    def expect(self) -> None:
        """The provider is about to begin a response by itself; what was held for it is covered by it."""
        self._expected = True
        self._expected_unwanted = False
        self._wish = self._interim = False

    def hold(self) -> None:
        """The user speaks: no request until `release`."""
        self._held = True

    def release(self) -> None:
        """The user's speech is committed or cleared."""
        self._held = False

    def next_request(self, *, tools: bool, instructions: str | None = None) -> CreateResponse | None:
        """The request that may go out now, if any; it counts as sent.

        `tools`: whether its answer may use them. `instructions`: in the place of the session's.
        """
        beside = self._aside is not None and self._aside.response_id
        blocked = self.active or self._request or self._expected or self._held or self._blocked or beside
        if blocked or not (self._wish or self._interim):
            return None
        self._request = _Request(self._new_id("create"), interim=self._interim)
        self._wish = self._interim = False
        return CreateResponse(
            event_id=self._request.event_id,
            metadata={METADATA_KEY: self._request.event_id},
            instructions=instructions,
            tool_choice=None if tools and not self._request.interim else "none",
        )

    def request_aside(self) -> str | None:
        """The event id of a request for an answer beside the talk, which counts as sent; None while it may not go."""
        if self.busy or self._held or self._blocked or self._aside is not None:
            return None
        self._aside = _Aside(self._new_id("aside"))
        return self._aside.event_id

    def drop_aside(self) -> CancelResponse | None:
        """The talk goes on: an answer beside it is not wanted now. Returns the cancel to send, if one is due."""
        aside = self._aside
        if aside is None or aside.unwanted:
            return None
        aside.unwanted = True
        return self.cancel(aside.response_id) if aside.response_id is not None else None

    def is_aside(self, response_id: str) -> bool:
        """Whether this is the answer beside the talk."""
        return self._aside is not None and self._aside.response_id == response_id

    def abandon(self, *, provider_cancels: bool) -> CancelResponse | None:
        """Nothing that was asked for is wanted any more. Returns the cancel to send, if one is due.

        `provider_cancels`: the provider ends its active response by itself (it heard speech).
        """
        self._wish = self._interim = False
        if self._request is not None:
            self._request.unwanted = True
        self._expected_unwanted = self._expected and not provider_cancels
        self._expected = False
        if self.active is None or provider_cancels:
            return None
        return self.cancel(self.active)

    def cancel(self, response_id: str) -> CancelResponse:
        """A cancel by id, whose late refusal will be known as benign."""
        event_id = self._new_id("cancel")
        self._cancels.append(event_id)
        return CancelResponse(event_id=event_id, response_id=response_id)

    def created(self, message: ResponseCreated) -> Beginning:
        """A response began."""
        echo = (message.metadata or {}).get(METADATA_KEY)
        aside = self._aside
        if aside is not None and aside.response_id is None and echo == aside.event_id:
            aside.response_id = message.response_id
            return Beginning.UNWANTED if aside.unwanted else Beginning.ASIDE
        self.active = message.response_id
        self._blocked = False
        request = self._request
        if request is not None and (echo is None or echo == request.event_id):
            self._request = None
            if request.unwanted:
                return Beginning.UNWANTED
            return Beginning.INTERIM if request.interim else Beginning.WANTED
        unwanted = self._expected_unwanted
        self._expected = self._expected_unwanted = False
        return Beginning.UNWANTED if unwanted else Beginning.OFFERED

    def done(self, response_id: str) -> None:
        """A response ended; unknown ids change nothing."""
        self._blocked = False
        if self.is_aside(response_id):
            self._aside = None
        if self.active == response_id:
            self.active = None

    def refused(self, error: ProviderError) -> Refusal:
        """Sort a provider's error."""
        if self._is_late_cancel(error):
            return Refusal.BENIGN
        if self._aside is not None and error.caused_by == self._aside.event_id:
            self._aside = None
            return Refusal.BENIGN
        request = self._request
        ours = request is not None and (
            error.caused_by == request.event_id or (error.caused_by is None and error.code == ALREADY_ACTIVE)
        )
        if request is None or not ours:
            return Refusal.NOT_OURS
        self._request = None
        if error.code == ALREADY_ACTIVE and not request.unwanted:
            self._wish = self._wish or not request.interim
            self._blocked = self.active is None
            return Refusal.RETRIED
        if request.unwanted or request.interim:
            return Refusal.BENIGN
        return Refusal.FAILED

    def _is_late_cancel(self, error: ProviderError) -> bool:
        if error.caused_by in self._cancels:
            self._cancels.remove(error.caused_by or "")
            return True
        return error.code == CANCEL_NOT_ACTIVE or "no active response" in error.message.lower()

    def _new_id(self, purpose: str) -> str:
        self._count += 1
        return f"{purpose}_{self._count}"
