"""Entries of the history as styled text. Untrusted words become Text, never markup, never raw (rule 11)."""

from typing import assert_never

from rich.text import Text

from realtime_chat.core.history import AssistantEntry, Entry, ToolEntry, UserEntry
from realtime_chat.core.printable import one_line, printable

LABELS = {"You": "bold cyan", "Assistant": "bold green", "Tool": "bold yellow", "Error": "bold red"}


def entry_text(entry: Entry) -> Text:
    """One entry, its speaker first."""
    match entry:
        case UserEntry():
            return _user(entry)
        case AssistantEntry():
            return _assistant(entry)
        case ToolEntry():
            return _tool(entry)
        case _:
            assert_never(entry)


def labelled(label: str) -> Text:
    """The beginning of a line."""
    return Text(f"{label}: ", style=LABELS[label])


def _user(entry: UserEntry) -> Text:
    if entry.text:
        return labelled("You") + Text(printable(entry.text))
    return labelled("You") + Text(f"({one_line(entry.error or 'listening back…')})", style="dim")


def _assistant(entry: AssistantEntry) -> Text:
    heard = entry.text if entry.heard_text is None else entry.heard_text
    text = labelled("Assistant") + Text(printable(heard))
    if entry.unheard_text:
        text += Text(f"{printable(entry.unheard_text)} (unheard)", style="dim strike")
    elif entry.interrupted:
        text += Text(" (interrupted)", style="dim")
    if entry.partial:
        text += Text(" (cut off)", style="dim red")
    return text


def _tool(entry: ToolEntry) -> Text:
    text = labelled("Tool") + Text(f"{one_line(entry.name)} {one_line(entry.arguments, 80)} ")
    match entry.status:
        case "running":
            return text + Text("…", style="yellow")
        case "ok":
            return text + Text(f"→ {one_line(entry.output, 120)}", style="dim")
        case "failed":
            return text + Text(f"✗ {one_line(entry.output, 120)}", style="red")
        case _:
            assert_never(entry.status)
