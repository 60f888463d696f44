"""What the screen can be asked about beside the talk, put together from a run's settings."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Sequence
from dataclasses import replace

from realtime_chat.cli.agents import cast_of, resolved
from realtime_chat.cli.compose import Composition
from realtime_chat.cli.costs import price_list
from realtime_chat.cli.flags import Flags
from realtime_chat.cli.providers.choice import PROVIDERS, choose, provider
from realtime_chat.cli.settings import Settings
from realtime_chat.cli.sound import Sound
from realtime_chat.cli.words.desk import Desk
from realtime_chat.cli.words.device_line import Direction, Line
from realtime_chat.core.options import ToolSchema

#: What the service answers with, as its documents list them; another name may be typed.
_OPENAI = ("alloy", "ash", "ballad", "cedar", "coral", "echo", "marin", "sage", "shimmer", "verse")
_GEMINI = ("Aoede", "Charon", "Fenrir", "Kore", "Leda", "Orus", "Puck", "Zephyr")
VOICES = {"openai": _OPENAI, "azure": _OPENAI, "gemini": _GEMINI}
#: And the models that we know a price of.
MODELS = {"openai": ("gpt-realtime-2.1", "gpt-realtime-2.1-mini", "gpt-realtime-2", "gpt-realtime")}
#: For typed talks over the stateless transport.
CHAT_MODELS = {"openai": ("gpt-4o-mini", "gpt-4o", "gpt-4.1-mini", "gpt-4.1")}
DOCTOR_S = 60.0


def desk_of(composition: Composition, flags: Flags, settings: Settings) -> Desk:
    """For one screen."""
    name = composition.provider.name
    stateless = composition.provider.transport == "stateless"
    return Desk(
        tools=lambda: _tools(composition),
        schemas=lambda: _schemas(composition),
        mcp=lambda: _servers(settings),
        permissions=lambda: _permissions(flags, settings),
        devices=_devices,
        doctor=_doctor,
        voices=() if stateless else VOICES.get(name, ()),
        models=(CHAT_MODELS if stateless else MODELS).get(name, ()),
        providers=list(PROVIDERS),
        check_provider=lambda name: _serves(name, flags, settings),
        used=_used(composition.sound),
        agents=[one.name for one in composition.agents.registry.agents],
        check_agent=lambda name: _fits(name, composition, flags, settings),
        agent=composition.setup.agent,
        beside=composition.company.names if composition.company is not None else (),
        prices=price_list(settings),
    )


def _fits(name: str, composition: Composition, flags: Flags, settings: Settings) -> None:
    """Raises as the next run would."""
    flags = replace(flags, agent=name)
    found = cast_of(composition.agents, flags, settings, os.environ)
    resolved(name, found.transport, found.known, flags, settings, os.environ)


async def _serves(name: str, flags: Flags, settings: Settings) -> None:
    """Raises as the next run would before it connects."""
    flags = replace(flags, provider=name, url=None, model=None, voice=None)
    choice = choose(flags, settings, os.environ)
    if choice.url is not None:  # the embedded server is always there
        async with provider(choice.name, choice.transport).ways(choice, settings, "") as make:
            make()


def _schemas(composition: Composition) -> Sequence[ToolSchema]:
    toolbox = composition.setup.toolbox
    return toolbox.schemas() if toolbox is not None else ()


def _tools(composition: Composition) -> list[str]:
    known = _schemas(composition)
    return [f"{one.name}: {_first_sentence(one.description)}" for one in known if one.description.strip()]


def _first_sentence(text: str) -> str:
    first, dot, _ = " ".join(text.split()).partition(". ")
    return first + dot.strip()


def _servers(settings: Settings) -> list[str]:
    return [
        f"{name}: {one.url or one.command}{'' if one.enabled else ' (off)'}{' (trusted)' if one.trust else ''}"
        for name, one in settings.mcp.servers.items()
    ]


def _permissions(flags: Flags, settings: Settings) -> list[str]:
    rules = settings.permissions
    meaning = {
        "auto": "everything runs without asking",
        "ask": "you are asked about what changes, runs or sends something",
        "read-only": "only what reads runs",
    }
    mode = flags.permission or rules.mode
    lines = [f"{mode}: {meaning[mode]}."]
    for word, texts in (("never", rules.deny), ("asks", rules.ask), ("runs", rules.allow)):
        lines += [f"{word}: {text}" for text in texts]
    return lines


def _devices() -> list[Line]:
    from realtime_chat.audio.devices import devices
    from realtime_chat.core.errors import AudioUnavailable

    try:
        known = devices()
    except AudioUnavailable:
        return []
    directions: tuple[Direction, ...] = ("input", "output")
    return [
        Line(way, one.name, one.is_default(way), one.index)
        for way in directions
        for one in known
        if one.serves(way)
    ]


def _used(sound: Sound) -> list[Line]:
    ways: tuple[tuple[Direction, str | None, int], ...] = (
        ("input", sound.microphone, sound.microphone_index),
        ("output", sound.speaker, sound.speaker_index),
    )
    return [Line(way, name, index=index) for way, name, index in ways if name is not None]


async def _doctor() -> list[str]:
    """As the command says it; in a process of its own, for it opens and closes the devices."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "realtime_chat", "doctor", stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL
    )
    try:
        async with asyncio.timeout(DOCTOR_S):
            out, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        return [
            f"It took longer than {DOCTOR_S:.0f} s; `realtime-chat doctor` in another terminal shows where."
        ]
    return out.decode("utf-8", "replace").splitlines()
