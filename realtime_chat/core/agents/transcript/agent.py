"""Transcript: over realtime, live captions of what is said, and no answers; stateless, the words in clean writing."""

import msgspec

from realtime_chat.core.agents.agent import Agent
from realtime_chat.core.agents.profile import RealtimeProfile, StatelessProfile
from realtime_chat.core.agents.prompting import answer_as_card
from realtime_chat.core.options import SessionOptions

NAME = "transcript"
INSTRUCTIONS = (
    "You write down what was said. Give back the user's words as clean text: sentences, punctuation, no filler words. "
    "Add nothing, answer nothing, leave nothing out; the language stays."
)


def _captions(options: SessionOptions) -> SessionOptions:
    return msgspec.structs.replace(options, intent="transcription", instructions="", tools=(), titles=False)


TRANSCRIPT = Agent(
    name=NAME,
    description="Writes down what is said, and answers nothing.",
    default_transport="realtime",
    profiles={
        "realtime": RealtimeProfile(
            agent=NAME,
            intent="transcription",
            default_model="gpt-transcribe",
            model_variable="TRANSCRIPT_REALTIME_MODEL",
            tools=(),
            configure=_captions,
        ),
        "stateless": StatelessProfile(
            agent=NAME,
            instructions=INSTRUCTIONS,
            default_model="gpt-4o-mini",
            model_variable="TRANSCRIPT_STATELESS_MODEL",
            tools=(),
            on_message=answer_as_card,
        ),
    },
)
