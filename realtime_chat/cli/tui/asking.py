"""What keys mean to the conversation. It holds no turn and no text, only whether a key opened the microphone."""

from realtime_chat.core.conversation import Conversation
from realtime_chat.core.errors import NotFound
from realtime_chat.core.status import SessionStatus


class Asking:
    """Every method may raise what the conversation refuses with."""

    def __init__(self, conversation: Conversation, session_id: str) -> None:
        self._conversation = conversation
        self._session_id = session_id
        self.listening = False

    def status(self) -> SessionStatus | None:
        """A snapshot; None when the session is over."""
        try:
            return self._conversation.status(self._session_id)
        except NotFound:  # the log stays
            return None

    async def send(self, text: str) -> None:
        """Cut what goes on, then ask."""
        await self.cut()
        await self._conversation.send(self._session_id, text)

    async def talk(self) -> None:
        """Open the microphone, over a running answer too; or say that one is done."""
        if self.listening:
            self.listening = False
            self._conversation.listen(self._session_id, False)
            await self._conversation.commit_audio(self._session_id)  # too short: a notice tells
            return
        await self.cut()
        await self._conversation.clear_audio(self._session_id)
        self._conversation.listen(self._session_id, True)
        self.listening = True

    async def cut(self) -> bool:
        """Forget what is being said and interrupt the running turn; whether there was any of it."""
        stopped = await self._stop_listening()
        status = self.status()
        if status is None or status.turn_id is None:
            return stopped
        await self._conversation.interrupt(self._session_id)
        return True

    async def other_mode(self) -> None:
        """Text for voice or voice for text."""
        await self._stop_listening()
        status = self._conversation.status(self._session_id)
        await self._conversation.set_mode(self._session_id, "text" if status.mode == "voice" else "voice")

    async def _stop_listening(self) -> bool:
        if not self.listening:
            return False
        self.listening = False
        self._conversation.listen(self._session_id, False)
        await self._conversation.clear_audio(self._session_id)
        return True
