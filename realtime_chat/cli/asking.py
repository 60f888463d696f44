"""What keys mean to the conversation. It holds no turn, no text and no state: the session knows who listens."""

from collections.abc import Sequence

from realtime_chat.core.commands import SetMode, Verdict
from realtime_chat.core.conversation import Conversation
from realtime_chat.core.errors import NotFound
from realtime_chat.core.images import Picture
from realtime_chat.core.status import SessionStatus


class Asking:
    """Every method may raise what the conversation refuses with."""

    def __init__(self, conversation: Conversation, session_id: str, *, hears: bool) -> None:
        """`hears`: there is a microphone."""
        self._conversation = conversation
        self._session_id = session_id
        self._hears = hears

    @property
    def hears(self) -> bool:
        """Whether there is a microphone."""
        return self._hears

    def status(self) -> SessionStatus | None:
        """A snapshot; None when the session is over."""
        try:
            return self._conversation.status(self._session_id)
        except NotFound:  # the log stays
            return None

    def begin(self) -> None:
        """Hands-free, the microphone is open from the start of voice mode on."""
        status = self.status()
        if self._hears and status is not None and status.hands_free and status.mode == "voice":
            self._listen(True)

    async def send(self, text: str, images: Sequence[Picture] = ()) -> None:
        """Cut what goes on, then ask."""
        await self.cut()
        await self._conversation.send(self._session_id, text, images)

    async def talk(self) -> None:
        """Push-to-talk: open the microphone, over a running answer too; or say that one is done.

        Hands-free: mute, or listen again.
        """
        status = self._conversation.status(self._session_id)
        if status.hands_free:
            self._listen(not status.listening)
        elif status.listening:
            await self._conversation.commit_audio(self._session_id)  # too short: a notice tells
        else:
            await self.cut()
            await self._conversation.clear_audio(self._session_id)
            self._listen(True)

    def change_volume(self, by: int) -> None:
        """Louder or softer by so many percent, as far as it goes."""
        volume = self._conversation.status(self._session_id).volume or 0
        self._conversation.set_volume(self._session_id, max(0, min(100, volume + by)))

    async def cut(self) -> bool:
        """Forget what is being said and interrupt the running turn; whether there was any of it."""
        status = self.status()
        if status is None:
            return False
        stopped = await self._stop_listening(status)
        if status.turn_id is None:
            return stopped
        await self._conversation.interrupt(self._session_id)
        return True

    async def answer(self, call_id: str, verdict: Verdict) -> None:
        """The word on a call that waits."""
        await self._conversation.answer(self._session_id, call_id, verdict)

    async def other_mode(self) -> None:
        """Text for voice, where nothing is heard; or voice for text."""
        status = self._conversation.status(self._session_id)
        await self._stop_listening(status)
        await self._conversation.change(
            self._session_id, SetMode(mode="text" if status.mode == "voice" else "voice")
        )
        self._listen(False)
        self.begin()

    async def other_turns(self) -> bool:
        """Hands-free for push-to-talk, or back; whether it is hands-free now."""
        status = self._conversation.status(self._session_id)
        await self._stop_listening(status)
        await self._conversation.set_hands_free(self._session_id, not status.hands_free)
        self._listen(not status.hands_free)
        return not status.hands_free

    async def _stop_listening(self, status: SessionStatus) -> bool:
        """Push-to-talk only: hands-free, the microphone stays as it is."""
        if status.hands_free or not status.listening:
            return False
        self._listen(False)
        await self._conversation.clear_audio(self._session_id)
        return True

    def _listen(self, on: bool) -> None:
        self._conversation.listen(self._session_id, on)
