"""A title for the talk, asked for beside it: when nobody talks, and dropped as soon as anybody does.

One that fails, comes late or never costs the talk nothing but its tokens.
"""

from realtime_chat.core.events import (
    AssistantMessage,
    LinkState,
    SessionRenamed,
    SessionTitled,
    TurnCompleted,
    UsageReported,
    UserMessage,
    UserTranscript,
)
from realtime_chat.core.machine.effects import Emit
from realtime_chat.core.machine.sequencer import METADATA_KEY
from realtime_chat.core.machine.speech import SpeechInput
from realtime_chat.core.machine.state import MachineState
from realtime_chat.core.messages import CreateResponse, Item, ResponseDone
from realtime_chat.core.printable import one_line

#: Turns after which one knows what a talk is about; a run of one turn needs no title.
TURNS = 2
#: Requests; the user may talk into each.
TRIES = 2
#: Characters of each thing said that the title is made of, and of the title.
EXCERPT, TITLE = 400, 80
#: What it is made of at most: things said.
MOST_SAID = 8
REQUEST = (
    "Below is the beginning of a conversation. Name its subject in two to six words, in its language. "
    "Answer with the title alone: no quotes, no full stop."
)
#: Room for models that think first.
MOST_TOKENS = 256


class Titles:
    """Listens to what is said until there is a title."""

    def __init__(self, state: MachineState, speech: SpeechInput) -> None:
        self._state = state
        self._speech = speech
        self._wanted = state.options.titles
        self._turns = 0
        self._tries = 0
        self._said: list[str] = []

    def settle(self) -> None:
        """After every input: ask, where nobody talks; or make way."""
        if not self._wanted:
            return
        self._listen()
        state = self._state
        if not self._wanted or not self._is_quiet():
            cancel = state.sequencer.drop_aside()
            if cancel is not None:
                state.send(cancel)
        elif self._turns >= TURNS and self._tries < TRIES and state.capabilities.out_of_band:
            self._ask()

    def take(self, done: ResponseDone) -> bool:
        """Whether this end is that of a title; its cost counts whatever came of it."""
        state = self._state
        if not state.sequencer.is_aside(done.response_id):
            return False
        state.sequencer.done(done.response_id)
        turn_id = state.dead.pop(done.response_id, "")
        if done.usage is not None:
            state.emit(
                UsageReported(
                    turn_id=turn_id, response_id=done.response_id, usage=done.usage, status=done.status
                )
            )
        words = " ".join(item.text for item in done.items if item.kind == "message" and item.text)
        title = one_line(words.strip().strip("\"'“”«».").strip(), TITLE)
        if title and done.status == "completed":
            self._wanted = False
            state.emit(SessionTitled(title=title))
        return True

    def _is_quiet(self) -> bool:
        state, speech = self._state, self._speech
        held = state.options.push_to_talk and speech.pending_ms > 0
        return state.link is LinkState.READY and state.turn is None and not speech.user_speaks and not held

    def _listen(self) -> None:
        for effect in self._state.tray:
            match effect:
                case Emit(TurnCompleted()):
                    self._turns += 1
                case Emit(UserMessage(text=str(text)) | UserTranscript(text=str(text))):
                    self._note("User", text)
                case Emit(SessionRenamed(name=str(name))) if name:
                    self._wanted = False  # the user's own goes before it
                case Emit(AssistantMessage(text=text)):
                    self._note("Assistant", text)
                case _:
                    pass

    def _note(self, who: str, text: str) -> None:
        if text.strip() and len(self._said) < MOST_SAID:
            self._said.append(f"{who}: {text.strip()[:EXCERPT]}")

    def _ask(self) -> None:
        state = self._state
        event_id = state.sequencer.request_aside() if self._said else None
        if event_id is None:
            return
        self._tries += 1
        told = Item(item_id="", kind="message", role="user", text="\n".join(self._said))
        state.send(
            CreateResponse(
                event_id=event_id,
                metadata={METADATA_KEY: event_id, "purpose": "title"},
                instructions=REQUEST,
                tool_choice="none",
                out_of_band=True,
                input=(told,),
                text_only=True,
                max_output_tokens=MOST_TOKENS,
            )
        )
