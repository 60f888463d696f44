"""An open microphone that nobody speaks into costs money: hands-free it is closed after a long quiet, which is said
before."""

from math import ceil

from realtime_chat.core.events import LinkState, MuteApproaching, Noticed
from realtime_chat.core.machine.effects import Listen, StartTimer
from realtime_chat.core.machine.speech import SpeechInput
from realtime_chat.core.machine.state import MachineState

#: Seconds before, from which on it is counted down.
COUNTDOWN_S = 10.0
#: A timer that is early by this much is on time.
_GRAIN_S = 0.01


class AutoMute:
    """Counts the quiet of a microphone that is open, from the last thing that anybody did."""

    def __init__(self, state: MachineState, speech: SpeechInput) -> None:
        self._state = state
        self._speech = speech
        self._open = False
        self._quiet_since: float | None = None
        self._waits = self._told = False

    def listen(self, on: bool) -> None:
        """Open the microphone, or close it."""
        self._open = on
        self._state.do(Listen(on))

    def settle(self) -> None:
        """After every input."""
        if not self._is_quiet():
            self._quiet_since = None
            self._take_back()
        elif self._quiet_since is None:
            self._quiet_since = self._state.now
        if self._quiet_since is not None and not self._waits:
            self._wait(self._state.options.mute_after_s - COUNTDOWN_S)

    def look(self) -> None:
        """The quiet may have lasted long enough, or may have begun anew."""
        self._waits = False
        if self._quiet_since is None:
            return
        since = max(self._quiet_since, self._state.active_at)
        left_s = since + self._state.options.mute_after_s - self._state.now
        if left_s <= _GRAIN_S:
            self._mute()
        elif left_s <= COUNTDOWN_S + _GRAIN_S:
            seconds = ceil(left_s - _GRAIN_S)
            self._told = True
            self._state.emit(MuteApproaching(in_s=seconds))
            self._wait(left_s - (seconds - 1))
        else:
            self._take_back()
            self._wait(left_s - COUNTDOWN_S)

    def _is_quiet(self) -> bool:
        state = self._state
        hears = self._open and not state.options.push_to_talk and state.options.spoken
        wanted = hears and state.options.mute_after_s > 0 and state.link is LinkState.READY
        return wanted and state.turn is None and not self._speech.user_speaks

    def _mute(self) -> None:
        self._take_back()
        text = f"Nothing was said for {self._state.options.mute_after_s:g} s: the microphone is closed, to save money."
        self._state.emit(Noticed(text=f"{text} Unmute to go on."))
        self.listen(False)

    def _take_back(self) -> None:
        if self._told:
            self._told = False
            self._state.emit(MuteApproaching(in_s=0))

    def _wait(self, seconds: float) -> None:
        self._waits = True
        self._state.do(StartTimer("mute", max(0.0, seconds)))
