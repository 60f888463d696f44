"""The assistant: it answers, aloud or in writing, and may use the run's tools."""

from realtime_chat.core.agents.agent import Agent
from realtime_chat.core.agents.profile import RealtimeProfile, StatelessProfile
from realtime_chat.core.agents.prompting import answer_as_card

NAME = "assistant"
INSTRUCTIONS = (
    "You are a helpful voice assistant in a terminal. Answer briefly and clearly, as one speaks. "
    "Use the tools for time, arithmetic, timers, notes, lists and files instead of guessing."
)

ASSISTANT = Agent(
    name=NAME,
    description="Answers, aloud or in writing, and uses tools.",
    default_transport="realtime",
    profiles={
        "realtime": RealtimeProfile(agent=NAME, instructions=INSTRUCTIONS),
        "stateless": StatelessProfile(agent=NAME, instructions=INSTRUCTIONS, on_message=answer_as_card),
    },
)
