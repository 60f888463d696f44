"""Words behind a slash, which are for the program and not for the model. Pure: what they do is the presenter's."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True)
class Slash:
    """One word; `argument` is how a user reads what may follow, in brackets when it may be left out."""

    name: str
    summary: str
    argument: str = ""

    @property
    def usage(self) -> str:
        """As one types it."""
        return f"/{self.name} {self.argument}".rstrip()


WORDS: tuple[Slash, ...] = (
    Slash("help", "keys and words"),
    Slash("voice", "answer aloud; with a name, in that voice", "[NAME]"),
    Slash("text", "answer in writing"),
    Slash("mute", "close the microphone, or open it again"),
    Slash("pause", "let go of the connection and keep the talk, or go on"),
    Slash("vad", "hands-free: it hears where you end"),
    Slash("ptt", "push-to-talk: you say where you begin and end"),
    Slash("volume", "how loud answers are, in percent", "[PERCENT]"),
    Slash("devices", "microphones and speakers; in NAME, out NAME: use that one", "[in|out NAME]"),
    Slash("model", "the model; with a name, go on with that one", "[NAME]"),
    Slash("provider", "who serves the model; with a name, go on with that one", "[NAME]"),
    Slash("agent", "who you talk with; with a name, go on with that one", "[NAME]"),
    Slash("instructions", "what the assistant is told about itself, or tell it otherwise", "[TEXT]"),
    Slash("image", "show a picture, PNG or JPEG, and ask about it", "FILE [TEXT]"),
    Slash("tools", "what the assistant may use; on NAME, off NAME: for now", "[on|off NAME]"),
    Slash("mcp", "the MCP servers and their tools"),
    Slash("permissions", "what may run without asking"),
    Slash("status", "the session, the connection, the devices"),
    Slash("stats", "turns, times, tokens"),
    Slash("cost", "what this talk used, and about what it costs"),
    Slash("find", "look for words in this talk; alone, end it", "[TEXT]"),
    Slash("copy", "copy the last answer, or the Nth last", "[N]"),
    Slash("export", "write this talk to a file, as Markdown", "[FILE]"),
    Slash("rename", "give this talk a name", "[NAME]"),
    Slash("resume", "go on with another talk", "[SESSION]"),
    Slash("fork", "go on in a copy of this talk"),
    Slash("new", "begin a new talk"),
    Slash("theme", "other colours", "[NAME]"),
    Slash("keys", "the keys"),
    Slash("doctor", "look for what is wrong"),
    Slash("quit", "leave; the talk is kept"),
)
#: Words of other programs that mean one of ours.
ALIASES: Mapping[str, str] = {
    "exit": "quit",
    "q": "quit",
    "clear": "new",
    "sessions": "resume",
    "statistics": "stats",
    "cancel": "help",
    "?": "help",
}


@dataclass(frozen=True, slots=True)
class Typed:
    """A word and what follows it; `word` None: there is no such word, `name` is what was typed."""

    name: str
    rest: str
    word: Slash | None


def read(text: str) -> Typed | None:
    """None for what is meant for the model: a path (/etc/hosts), a comment (//), a slash alone."""
    if not text.startswith("/"):
        return None
    name, _, rest = text[1:].partition(" ")
    if not name or "/" in name or "\n" in name:
        return None
    found = ALIASES.get(name.lower(), name.lower())
    word = next((one for one in WORDS if one.name == found), None)
    return Typed(name, rest.strip(), word)


def unknown(typed: Typed) -> str:
    """What to say to a word that is none."""
    near = get_close_matches(typed.name.lower(), [one.name for one in WORDS], n=1, cutoff=0.5)
    meant = f"Did you mean /{near[0]}?" if near else "/help lists them."
    return f"There is no /{typed.name}; nothing was sent. {meant}"


def completions(text: str, choices: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    """How what is typed may go on, and a word about each; `choices` are what may follow some of the words."""
    if not text.startswith("/") or "\n" in text:
        return []
    name, space, rest = text[1:].partition(" ")
    if space:
        return [(f"/{name} {one}", "") for one in _beginning(rest, choices.get(name, ()))]
    return [(f"/{one.name}", one.summary) for one in WORDS if one.name.startswith(name.lower())]


def _beginning(rest: str, choices: Iterable[str]) -> list[str]:
    wanted = rest.casefold()
    return [one for one in choices if one.casefold().startswith(wanted) and one.casefold() != wanted]


def help_rows() -> list[tuple[str, str]]:
    """Each word as one types it, and what it does."""
    return [(one.usage, one.summary) for one in WORDS]
