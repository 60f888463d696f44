"""What the screen can be asked about beside the talk, put together from a run's settings."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Mapping, Sequence
from dataclasses import replace

from realtime_chat.cli.agents import cast_of
from realtime_chat.cli.compose import Composition, planned, store
from realtime_chat.cli.costs import price_list
from realtime_chat.cli.flags import Flags
from realtime_chat.cli.going_on import next_flags
from realtime_chat.cli.providers.choice import PROVIDERS, ProviderChoice, provider
from realtime_chat.cli.settings import Settings
from realtime_chat.cli.sound import Sound, check_devices
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
        provider=name,
        check=lambda left: _checked(next_flags(flags, left), settings),
        used=_used(composition.sound),
        agents=[one.name for one in composition.agents.registry.agents],
        with_agent=lambda name: _with_agent(name, composition, flags, settings),
        agent=composition.setup.agent,
        beside=composition.company.names if composition.company is not None else (),
        prices=price_list(settings),
    )


def _with_agent(
    name: str, composition: Composition, flags: Flags, settings: Settings
) -> Mapping[str, str | None]:
    """A model and a voice that were named are of one transport."""
    found = cast_of(composition.agents, replace(flags, agent=name), settings, os.environ)
    same = found.transport == composition.provider.transport
    return {"agent": name} if same else {"agent": name, "model": None, "voice": None}


async def _checked(flags: Flags, settings: Settings) -> None:
    """Raises as a run with these would before it connects."""
    plan = await planned(flags, settings, store(settings, flags.data_dir))
    choice = replace(plan.choice, spoken=False)
    if choice.name == "local":  # the server is there, and takes its time to start
        _check_engines(choice, settings)
    else:
        async with provider(choice.name, choice.transport).ways(choice, settings, "") as make:
            make()
    if flags.input_device is not None or flags.output_device is not None:
        check_devices(flags.input_device, flags.output_device)


def _check_engines(choice: ProviderChoice, settings: Settings) -> None:
    from realtime_chat.cli.providers.local import engines
    from realtime_chat.local.engines.installed import check

    check(engines(choice, settings))


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
