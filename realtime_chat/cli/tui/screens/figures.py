"""What a talk comes to, as lines to read: pure. Numbers say everything; bars and colours say it again."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rich.style import Style
from rich.text import Text

from realtime_chat.core import interruption_records as interruptions
from realtime_chat.core.events import Latency, Usage
from realtime_chat.core.history import History, ToolEntry
from realtime_chat.core.interruption_records import InterruptionStatistics
from realtime_chat.core.latency import LatencyStatistics, latency_of, percentile
from realtime_chat.core.prices import Cost, PriceList
from realtime_chat.core.printable import one_line
from realtime_chat.core.usage import transcriptions

#: Cells of a waterfall's row before the bar: whose it is, and its four times.
LABEL, NUMBER = 13, 8
#: Of the label, a turn's id.
ID = 5
#: Below so many cells a bar says nothing.
LEAST_BAR = 8
#: The stages in the order in which they usually come: the head of the column, and what its bar is made of.
STAGES = (("commit", "░"), ("word", "▒"), ("sound", "▓"), ("heard", "█"))
#: Cells before the values of the summary.
NAME = 9
#: Cells of a number of tokens.
CELL = 9
FAINT = Style(dim=True)


@dataclass(frozen=True, slots=True)
class Wait:
    """One measured turn."""

    turn_id: str
    source: str
    latency: Latency


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything that the screen tells of a session."""

    sources: dict[str, int]
    statuses: dict[str, int]
    tools: int
    cut: InterruptionStatistics
    usage: Usage
    transcribed: Usage
    transcribed_s: float
    cost: Cost
    waits: tuple[Wait, ...]
    latency: LatencyStatistics


def figures_of(history: History, prices: PriceList) -> Figures:
    """Read them off a session; costs a walk over all of it."""
    transcribed = transcriptions(history.reports)
    return Figures(
        sources=dict(Counter(turn.source for turn in history.turns)),
        statuses=dict(Counter(turn.status for turn in history.turns)),
        tools=sum(isinstance(one, ToolEntry) for one in history.items),
        cut=interruptions.statistics(interruptions.interruptions_of(history)),
        usage=history.usage,
        transcribed=transcribed.tokens,
        transcribed_s=transcribed.seconds,
        cost=prices.estimate(history.reports),
        waits=tuple(
            Wait(turn.turn_id, turn.source, turn.latency)
            for turn in history.turns
            if turn.latency is not None
        ),
        latency=latency_of(history),
    )


# ------------------------------------------------------------ the summary


def summary(figures: Figures) -> Text:
    """Turns, interruptions, tokens, cost: a name and a value a line, the tokens as a small table."""
    rows = [
        ("Turns", _turns(figures)),
        ("Cut", _cut(figures)),
        *_tokens(figures),
        ("Cost", cost(figures.cost)),
    ]
    return Text("\n").join(_line(name, value) for name, value in rows)


def _line(name: str, value: str) -> Text:
    """The blanks before a value go with the name: some viewers of a screenshot drop those that a run begins with."""
    begins = NAME + len(value) - len(value.lstrip())
    return Text.assemble((f"{name:<{begins}}", "bold"), value.lstrip())


def _turns(figures: Figures) -> str:
    total = sum(figures.sources.values())
    of_what = [
        (figures.sources.get("spoken", 0), "spoken"),
        (figures.sources.get("typed", 0), "typed"),
        (figures.sources.get("announced", 0), "announced"),
        (sum(figures.statuses.get(one, 0) for one in ("failed", "partial_failed", "timed_out")), "failed"),
        (figures.tools, "tool call" if figures.tools == 1 else "tool calls"),
    ]
    return f"{total:,}" + _in_brackets([f"{number:,} {name}" for number, name in of_what if number])


def _cut(figures: Figures) -> str:
    total, kinds = figures.statuses.get("interrupted", 0), figures.cut.by_kind
    of_what = [
        (kinds.get("manual_cancel", 0), "by key"),
        (kinds.get("speech_overlap", 0), "by speech"),
        (kinds.get("cancel_request", 0), "by a spoken stop"),
    ]
    others = total - figures.cut.count
    told = [f"{number:,} {how}" for number, how in (*of_what, (others, "otherwise")) if number > 0]
    after = f", after {figures.cut.average_position_ms / 1000:.1f} s of sound" if figures.cut.count else ""
    return f"{total:,}" + _in_brackets(told) + after


def _in_brackets(parts: Sequence[str]) -> str:
    return f" ({', '.join(parts)})" if parts else ""


def _tokens(figures: Figures) -> list[tuple[str, str]]:
    usage, other = figures.usage, figures.transcribed
    if not usage.total and not other.total and not figures.transcribed_s:
        return [("Tokens", "none were reported")]
    columns: list[tuple[str, int, int | None]] = [
        ("text", usage.input_text, usage.output_text),
        ("audio", usage.input_audio, usage.output_audio),
        ("image", usage.input_image, None),
        ("cached", usage.cached, None),
        ("all", usage.input, usage.output),
    ]
    columns = [one for one in columns if one[0] != "image" or one[1]]
    rows = [
        ("Tokens", "".join(f"{name:>{CELL}}" for name, _, _ in columns)),
        ("in", "".join(f"{count(into):>{CELL}}" for _, into, _ in columns)),
        ("out", "".join(f"{count(out):>{CELL}}" for _, _, out in columns)),
    ]
    if other.total:
        rows.append(("written", f"{count(other.total)} for writing down what you said"))
    if figures.transcribed_s:
        rows.append(("written", f"{figures.transcribed_s:,.0f} s of what you said"))
    return rows


def count(value: int | None) -> str:
    """Exact below a million, then short enough for its column."""
    if value is None:
        return ""
    return f"{value:,}" if value < 1_000_000 else f"{value / 1_000_000:,.2f} M"


def cost(value: Cost) -> str:
    """Always an estimate, and said to be one."""
    if value.usd is None:
        return "not known; [prices] in the settings can tell it" if value.unpriced else "nothing yet"
    if not value.usd and not value.unpriced:
        return "nothing: nobody sends a bill for this provider"
    amount = f"about ${value.usd:,.2f}" if value.usd >= 0.005 else "less than $0.01"
    left_out = f", without {value.unpriced} of unknown price" if value.unpriced else ""
    return f"{amount}, an estimate{left_out}"


# ------------------------------------------------------------ the waterfall


@dataclass(frozen=True, slots=True)
class Colours:
    """One for each stage, of the theme in force."""

    commit: Style
    word: Style
    sound: Style
    heard: Style

    @property
    def in_order(self) -> tuple[Style, Style, Style, Style]:
        """As `STAGES`."""
        return self.commit, self.word, self.sound, self.heard


def marks(latency: Latency) -> tuple[int | None, int | None, int | None, int | None]:
    """The times of the stages, in the order of `STAGES`."""
    return (
        latency.commit_ms,
        latency.first_token_ms,
        latency.first_audio_ms,
        latency.first_audible_ms,
    )


def full_scale(waits: Sequence[Wait]) -> int:
    """The ms of a whole bar: no more than one turn in twenty lasts longer, so that one slow turn hides no other."""
    longest = [max((mark or 0 for mark in marks(wait.latency)), default=0) for wait in waits]
    return max(1, percentile(longest, 0.95) or 1)


def head(colours: Colours) -> Text:
    """The names of the columns, each in the colour and with the sign of its bar."""
    line = Text(" " * LABEL)
    for (name, sign), style in zip(STAGES, colours.in_order, strict=True):
        title = f"{sign} {name}"
        line.append(" " * (NUMBER - len(title))).append(title, style)
    return line


def middle(name: str, latency: Latency, colours: Colours) -> Text:
    """A row of percentiles: no bar, for its stages are of several turns."""
    line = Text(f"{name:<{LABEL}}", "bold")
    return _numbers(line, latency, colours)


def row(wait: Wait, colours: Colours, *, width: int, scale: int) -> Text:
    """One turn: its times, and how they follow each other where there is room for it."""
    label = f"{one_line(wait.turn_id, ID):<{ID + 1}}{wait.source}"
    line = _numbers(Text(f"{label:<{LABEL}}"), wait.latency, colours)
    room = width - line.cell_len - 2
    return (
        line if room < LEAST_BAR else line.append("  ").append_text(bar(wait.latency, colours, room, scale))
    )


def bar(latency: Latency, colours: Colours, room: int, scale: int) -> Text:
    """Each stage from the end of those before it; a wait of more than `scale` ms ends in a +."""
    line, reached = Text(), 0
    for mark, (_, sign), style in zip(marks(latency), STAGES, colours.in_order, strict=True):
        cells = round((mark or 0) / scale * room)
        if cells > reached:
            line.append(sign * (min(cells, room) - reached), style)
            reached = min(cells, room)
        if cells > room:
            line.truncate(room - 1)
            return line.append("+", style)
    return line


def _numbers(line: Text, latency: Latency, colours: Colours) -> Text:
    for mark, style in zip(marks(latency), colours.in_order, strict=True):
        told = "-" if mark is None else f"{mark:,}"
        line.append(" " * (NUMBER - len(told))).append(told, FAINT if mark is None else style)
    return line
