"""What there is to know: tools, permissions, the session, its cost, what is wrong."""

from collections.abc import Callable
from datetime import datetime

from realtime_chat.cli.costs import in_words
from realtime_chat.cli.words.hand import Action, Actions, Hand
from realtime_chat.cli.words.stage import Sight
from realtime_chat.core.usage import answers

NO_SERVERS = "There are no MCP servers; [mcp.servers.NAME] in the settings adds one."


class FactWords:
    """They tell, and change nothing."""

    def __init__(self, hand: Hand) -> None:
        self._hand = hand

    @property
    def actions(self) -> Actions:
        """By word."""
        return {
            "help": self._shows("help"),
            "keys": self._shows("help"),
            "stats": self._shows("stats"),
            "mcp": self._lines(self._hand.desk.mcp, NO_SERVERS),
            "permissions": self._lines(self._hand.desk.permissions, "Nothing is asked about."),
            "status": self._status,
            "cost": self._cost,
            "doctor": self._doctor,
            "find": self._find,
        }

    async def _status(self, _: str) -> None:
        status, history = self._hand.status, self._hand.history
        named = f" ({history.name})" if history.name else ""
        turns = "hands-free" if status.hands_free else "push-to-talk"
        listening = ", listening" if status.listening else ""
        volume = f", volume {status.volume} %" if status.volume is not None else ""
        turns_so_far = "1 turn" if len(history.turns) == 1 else f"{len(history.turns):,} turns"
        self._hand.tell(
            [
                f"Session {self._hand.session_id}{named}, {turns_so_far}.",
                f"{status.provider} · {status.model}: {status.state}, {_since(status.connected_at)}.",
                f"{status.mode} mode, {turns}{listening}{volume}.",
            ]
        )

    async def _cost(self, _: str) -> None:
        history = self._hand.history
        usage = answers(history.reports)
        cost = (
            in_words(self._hand.desk.prices.estimate(history.reports))
            or "nothing that is known to cost anything"
        )
        self._hand.tell(
            [
                f"{usage.total:,} tokens: {usage.input_text:,} text and {usage.input_audio:,} audio in "
                f"({usage.cached:,} of them cached), {usage.output_text:,} text and {usage.output_audio:,} audio out.",
                f"This talk so far: {cost}.",
            ]
        )

    async def _doctor(self, _: str) -> None:
        self._hand.stage.say("Looking; it takes a few seconds.")
        self._hand.tell(await self._hand.desk.doctor())

    async def _find(self, text: str) -> None:
        self._hand.stage.find(text)

    def _shows(self, sight: Sight) -> Action:
        async def show(_: str) -> None:
            await self._hand.stage.show(sight)

        return show

    def _lines(self, ask: Callable[[], list[str]], none: str) -> Action:
        async def tell(_: str) -> None:
            self._hand.tell(ask() or [none])

        return tell


def _since(at: str | None) -> str:
    if at is None:
        return "not connected"
    return f"connected since {datetime.fromisoformat(at).astimezone():%H:%M}"
