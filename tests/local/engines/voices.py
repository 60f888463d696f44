"""Synthetic people who ask things."""

from functools import cache

import numpy as np

from realtime_chat.core.pcm import pcm_bytes
from realtime_chat.local.engines.brain.commands.understanding import understand
from realtime_chat.local.engines.tts.espeak import EspeakSpeech

VOICES = ("en-us", "en-us+f3", "en-us+m3", "en-gb")
#: What the built-in brain understands, in ten ways that differ.
QUESTIONS = (
    "what is twelve times seven",
    "what time is it",
    "set a timer for five minutes",
    "what is the date today",
    "what is on my shopping list",
    "what can you do",
    "list the files",
    "what did i ask before",
    "how much is nineteen plus twenty three",
    "read my notes",
)
MORE_QUESTIONS = (
    "add milk to the shopping list",
    "what is twenty percent of eighty",
    "what day is it today",
    "calculate fifty divided by eight",
    "set a timer for twenty seconds",
    "put eggs on my shopping list",
    "multiply fifteen by four",
    "show me the files",
    "what are my notes",
    "what is the square root of eighty one",
    "what is one hundred minus thirty seven",
    "please tell me the time",
    "add thirty and twelve",
    "subtract nine from forty",
    "start a timer for half an hour",
    "what was my last question",
    "good morning",
    "cancel the timer",
    "what is two hundred and fifty plus sixty",
    "remove bread from my grocery list",
)
OTHER_TALK = (
    "the purple elephant dances on wednesday mornings",
    "i would like to buy a new car tomorrow",
    "my brother lives in a small house",
    "turn off the lights in the kitchen",
    "who is the president of france",
    "delete everything on my computer",
    "i need a taxi to the airport",
    "tell my wife that i am late",
)
MORE_OTHER_TALK = (
    "please call the doctor at noon",
    "the weather was terrible last week",
    "no thank you i am fine",
    "play some music by the beatles",
    "i think therefore i am",
    "how tall is the eiffel tower",
    "send an email to my mother",
    "what is the weather like in london",
    "book a flight to new york",
    "what is the meaning of life",
    "how are the children doing at school",
    "the train leaves at half past nine",
    "this is a list of things i like",
    "set the table for dinner",
    "add my sister to the group call",
    "remind my brother about the party",
    "read the newspaper to me",
    "i have seven apples and twelve pears",
    "open the garage door",
    "let us talk about the history of rome",
)


@cache
def say(text: str, voice: str = "en-us", speed: float = 1.0) -> bytes:
    """24 kHz mono s16le."""
    return b"".join(chunk.pcm for chunk in EspeakSpeech().synthesize(text, voice=voice, speed=speed))


def noise(ms: int, rms: float, seed: int = 1) -> bytes:
    """A room where nobody speaks."""
    samples = np.random.default_rng(seed).normal(0, rms, pcm_bytes(ms) // 2)
    return samples.astype("<i2").tobytes()


def meaning(text: str) -> tuple[tuple[str, str], ...]:
    """What the brain would do."""
    return tuple((one.command.name, str(dict(one.slots))) for one in understand(text))
