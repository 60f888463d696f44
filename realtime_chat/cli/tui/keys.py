"""The keys. Every one has an id, so that a user may give it another key."""

from collections.abc import Iterable, Mapping

from textual.binding import Binding, BindingType

from realtime_chat.core.events import Mode

#: Priority: these must come before the input line's own keys; `check_action` gives them back to it.
#: Space has none: only the line itself knows, in the order of the keys, whether something was typed before it.
BINDINGS: list[BindingType] = [
    Binding("space", "talk", "talk / done (empty line, voice)", id="talk", show=False),
    Binding("escape", "dismiss", "interrupt, or stop listening", id="interrupt"),
    Binding("ctrl+c", "step_back", "interrupt, clear, quit", id="step_back", priority=True),
    Binding("ctrl+d", "leave", "quit (empty line)", id="leave", priority=True),
    Binding("ctrl+t", "other_mode", "text or voice", id="other_mode", priority=True),
    Binding("f2", "other_turns", "hands-free or push-to-talk", id="other_turns"),
    Binding("ctrl+up", "change_volume(10)", "louder", id="louder", priority=True, show=False),
    Binding("ctrl+down", "change_volume(-10)", "softer", id="softer", priority=True, show=False),
    Binding("f1", "push_screen('help')", "help", id="help"),
    Binding("ctrl+g", "edit", "write in your editor", id="edit", priority=True, show=False),
    Binding("alt+up", "look('turn_before')", "the turn before", id="turn_before", priority=True, show=False),
    Binding("alt+down", "look('turn_after')", "the turn after", id="turn_after", priority=True, show=False),
    Binding("ctrl+home", "look('beginning')", "to the beginning", id="beginning", priority=True, show=False),
    Binding("ctrl+end", "look('end')", "to the end, and follow it", id="follow", priority=True, show=False),
    Binding("f3", "look('next_hit')", "next hit", id="next_hit", priority=True, show=False),
    Binding("shift+f3", "look('hit_before')", "hit before", id="hit_before", priority=True, show=False),
    Binding("ctrl+o", "look('fold')", "open or fold tool cards", id="fold", priority=True, show=False),
    Binding("pageup", "look('page_up')", "scroll up", id="scroll_up", priority=True, show=False),
    Binding("pagedown", "look('page_down')", "scroll down", id="scroll_down", priority=True, show=False),
]

#: In the line one types into. Without priority: the line runs them itself, in the order in which keys were typed.
DRAFT: list[BindingType] = [
    Binding("enter", "submit", "send", id="send"),
    Binding("shift+enter,ctrl+j,alt+enter", "newline", "another line", id="newline", show=False),
    Binding("tab", "complete", "complete a word behind a slash", id="complete", show=False),
]

#: In a replay. The arrows are the line's own while something stands in it.
REPLAY: list[BindingType] = [
    Binding("right", "next_turn", "a replay's next turn", id="next_turn", priority=True),
    Binding("left", "last_turn", "a replay's turn again, or the one before", id="last_turn", priority=True),
]
REPLAY_HINT = "Replay · Space pause · Left Right turns · F1 help · Esc leave"

#: On a focused approval card.
CARD: list[BindingType] = [
    Binding("y", "answer('allow')", "allow this call", id="allow_once"),
    Binding("a", "answer('allow_session')", "allow for this session", id="allow_session"),
    Binding("p", "answer('allow_always')", "allow for good", id="allow_always"),
    Binding("n,escape", "answer('deny')", "deny", id="deny"),
]
CARD_HINT = "y once · a session · p always · n no"
CARD_AWAY = "Tab to answer"
CARD_REPLAYED = "This is a replay: it was asked then"

ARMED = "Press Ctrl+C again to quit."

#: A key, and what it does.
HELP: tuple[tuple[str, str], ...] = (
    ("Enter", "send what is typed; while an answer runs, cut it first"),
    ("Ctrl+J", "another line (Shift+Enter, where the terminal tells it apart)"),
    ("Up Down", "what was typed before; Tab completes a word behind a slash (/help)"),
    ("Ctrl+G", "write in your editor"),
    ("Space", "on an empty line, in voice mode: talk, and again when done; hands-free: mute"),
    ("Esc", "cut the answer, or stop listening; never quits"),
    (
        "Ctrl+C",
        "copy what is selected with the mouse, else cut the answer, else clear the line, else (twice) quit",
    ),
    ("Ctrl+D", "on an empty line: quit"),
    ("Ctrl+T", "text or voice, from the next turn on"),
    ("F2", "hands-free or push-to-talk, from the next turn on"),
    ("Ctrl+Up", "louder; Ctrl+Down softer, by 10 %"),
    ("Tab", "to a call that waits for your word: y once, a this session, p always, n or Esc deny"),
    ("PgUp PgDn", "look back, Ctrl+Home to the beginning; at the end, and with Ctrl+End, it follows again"),
    ("Alt+Up", "the turn before; Alt+Down the one after"),
    ("Ctrl+O", "open the tool cards in view, or fold them"),
    ("F3", "the next place that /find found; Shift+F3 the one before"),
    ("Ctrl+P", "commands"),
    ("F1 or Esc", "close this"),
    ("", ""),
    (
        "In a replay",
        "Space stands still or goes on, Right the next turn, Left this turn again or the one before, Esc leaves",
    ),
)


def help_rows(keymap: Mapping[str, str], known: Iterable[BindingType]) -> list[tuple[str, str]]:
    """The keys, those that a user has given to others first; `known` are all bindings that there are."""
    given = {binding.id: binding for binding in known if isinstance(binding, Binding)}
    own = [(key, given[one].description) for one, key in keymap.items() if one in given]
    return [*own, ("", "by your settings, instead of those below"), ("", ""), *HELP] if own else [*HELP]


def ids(known: Iterable[BindingType]) -> list[str]:
    """The names by which they are given other keys."""
    return [binding.id for binding in known if isinstance(binding, Binding) and binding.id]


def unknown(keymap: Mapping[str, str], known: Iterable[BindingType]) -> str | None:
    """A line about names in it that are no binding's."""
    named = ids(known)
    wrong = [one for one in keymap if one not in named]
    if not wrong:
        return None
    return f"Setting ui.keys: there is no {', '.join(wrong)}; there is {', '.join(named)}."


def replay_hint(mode: Mode, *, hands_free: bool, hears: bool) -> str:
    """The same in a replay, where nothing depends on these."""
    return REPLAY_HINT


def hint(mode: Mode, *, hands_free: bool, hears: bool) -> str:
    """The line below the input; without a microphone no key is for talking."""
    space = "mute" if hands_free else "talk"
    talk = f"Space {space} · " if mode == "voice" and hears else ""
    other = "text" if mode == "voice" else "voice"
    return f"Enter send · {talk}Esc stop · Ctrl+T {other} · F1 help · Ctrl+C twice quit"
