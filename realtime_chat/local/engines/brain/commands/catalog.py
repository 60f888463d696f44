"""Everything the brain understands, in one place; earlier commands win where two would fit."""

from realtime_chat.local.engines.brain.commands.command import Command
from realtime_chat.local.engines.brain.commands.subjects import (
    arithmetic,
    clock,
    files,
    lists,
    notes,
    session,
    social,
    timers,
)

COMMANDS: tuple[Command, ...] = (
    *arithmetic.COMMANDS,
    *clock.COMMANDS,
    *timers.COMMANDS,
    *lists.COMMANDS,
    *notes.COMMANDS,
    *files.COMMANDS,
    *session.COMMANDS,
    *social.COMMANDS,
)
#: What people say around a command; it changes nothing.
LEADS = ("please", "can you", "could you", "tell me", "can you tell me", "do you know")
TYPED_LEADS = (
    *("ok", "okay", "so", "well", "um", "uh", "and", "then", "now", "also", "hey", "hello", "hi", "computer"),
    *(
        "assistant",
        "would you",
        "will you",
        "i want you to",
        "i would like you to",
        "i'd like you to",
        "just",
    ),
)
TAILS = ("please",)
TYPED_TAILS = ("thanks", "thank you", "for me", "now", "then", "again")
