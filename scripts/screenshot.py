"""Draw docs/screen.svg, the picture in the README: a scripted talk on the real screen. Run it when that changes."""

import asyncio
import os
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from realtime_chat.cli.tui.app import ChatApp
from realtime_chat.cli.tui.banner import Banner
from realtime_chat.cli.words.desk import Desk
from realtime_chat.core import events as ev
from realtime_chat.core import messages as wire
from realtime_chat.core.clock import VirtualClock
from realtime_chat.core.conversation import Conversation
from realtime_chat.core.events import Envelope, LevelMeasured
from realtime_chat.core.options import ServerVad, SessionOptions
from realtime_chat.core.setup import SessionSetup
from realtime_chat.core.store.directory import SessionStore
from realtime_chat.core.supervisor import Supervisor
from realtime_chat.core.transports.scripted import ScriptedTransport, emit, expect, hang
from realtime_chat.core.virtual_audio import VirtualSource

PICTURE = Path(__file__).parent.parent / "docs" / "screen.svg"
SESSION = "20260309T140200-5f0c1e"
SIZE = (100, 30)
CODE = """\
That file is **28 lines** long. The part that you asked about:

```python
def retry(work, tries=5):
    for wait_s in (1, 2, 4, 8, 8)[:tries]:
        yield from attempt(work, wait_s)
```

It waits a little longer after each failure."""
CUT = "It gives up after five tries, and then the caller gets the last error, with all that led to it."
HEARD = "It gives up after five tries,"


def talk() -> list[ev.Event]:
    """What was said so far."""
    used = ev.Usage(input=950, output=240, input_text=700, input_audio=250, output_text=60, output_audio=180)
    return [
        ev.SessionStarted(provider="openai", model="gpt-realtime-2.1", voice="marin", mode="voice"),
        *_asked("t1", "read retry.py and tell me what it does"),
        ev.ToolCall(
            turn_id="t1", response_id="r1", call_id="c1", name="read_file", arguments='{"path": "retry.py"}'
        ),
        ev.ToolResult(
            turn_id="t1",
            call_id="c1",
            name="read_file",
            ok=True,
            output='{"path": "retry.py", …',
            duration_ms=4,
        ),
        _said("t1", CODE),
        ev.UsageReported(turn_id="t1", response_id="r1", usage=used),
        ev.LatencyMeasured(turn_id="t1", latency=ev.Latency(first_token_ms=520, first_audible_ms=640)),
        ev.TurnCompleted(turn_id="t1"),
        *_asked("t2", "and how often does it try"),
        _said("t2", CUT, interrupted=True),
        ev.AnswerHeard(turn_id="t2", item_id="a_t2", played_ms=1900, produced_ms=6100, heard_text=HEARD),
        ev.TurnInterrupted(turn_id="t2", reason="barge_in"),
        *_asked("t3", "that is enough, thank you"),
        _said("t3", "You are welcome. Say when you need me again."),
        ev.TurnCompleted(turn_id="t3"),
    ]


def _asked(turn: str, text: str) -> list[ev.Event]:
    return [
        ev.TurnStarted(turn_id=turn, source="spoken"),
        ev.UserMessage(turn_id=turn, item_id=f"u_{turn}", source="spoken", audio_ms=1800),
        ev.UserTranscript(item_id=f"u_{turn}", text=text),
    ]


def _said(turn: str, text: str, *, interrupted: bool = False) -> ev.Event:
    return ev.AssistantMessage(
        turn_id=turn,
        response_id=f"r_{turn}",
        item_id=f"a_{turn}",
        text=text,
        spoken=True,
        audio_ms=6100,
        interrupted=interrupted,
    )


async def draw(folder: Path) -> str:
    """The picture."""
    clock = VirtualClock(datetime(2026, 3, 9, 14, 2, tzinfo=UTC))
    store = SessionStore(folder, clock)
    opened = store.open(SESSION)
    for event in talk():
        opened.log.append(event)
    opened.close()
    ready = [
        *emit(wire.SessionCreated()),
        *expect(wire.Configure),
        *[step for _ in range(8) for step in expect(wire.CreateItem)],
        *emit(wire.SessionUpdated()),
        hang(),
    ]
    async with Supervisor(store, clock) as supervisor:
        conversation = Conversation(supervisor)
        source = VirtualSource()
        setup = SessionSetup(
            transport=lambda: ScriptedTransport(ready),
            options=SessionOptions(turn_detection=ServerVad(), idle_timeout_s=0, total_timeout_s=0),
            provider="openai",
            model="gpt-realtime-2.1",
            mode="voice",
            source=source,
        )
        await conversation.start(setup, SESSION)
        banner = Banner(
            provider="openai",
            why="OPENAI_API_KEY is set",
            model="gpt-realtime-2.1",
            voice="marin",
            microphone="Built-in Microphone",
            speaker="Built-in Speaker",
            audio_note="",
        )
        app = ChatApp(conversation, SESSION, mode="voice", banner=banner, desk=Desk())
        async with app.run_test(size=SIZE) as pilot:
            level = LevelMeasured(input_db=-24.0, output_db=-60.0)
            supervisor.bus.publish(Envelope(id="l", session_id=SESSION, seq=None, ts="", data=level))
            await pilot.pause(0.3)
            picture = app.export_screenshot(title="realtime-chat")
        source.end()
        await conversation.close(SESSION)
    return picture


def main() -> None:
    """Write it, as it looks in UTC."""
    os.environ["TZ"] = "UTC"
    time.tzset()
    with tempfile.TemporaryDirectory() as folder:
        PICTURE.write_text(asyncio.run(draw(Path(folder))), encoding="utf-8")


if __name__ == "__main__":
    main()
