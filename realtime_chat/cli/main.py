"""The commands and their flags. Everything heavy is imported inside the command that needs it."""

import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from typer.exceptions import TyperException

from realtime_chat import __version__
from realtime_chat.cli.commands import (
    agents as agents_command,
)
from realtime_chat.cli.commands import (
    config,
    devices,
    doctor,
    export,
    keys,
    replay,
    serve,
    session_changes,
    sessions,
    stats,
    tools,
    trace,
    voices,
)

app = typer.Typer(
    name="realtime-chat",
    help="Talk with a realtime speech model from your terminal.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)

sessions.app.command("export")(export.export)
sessions.app.command("stats")(stats.stats)
sessions.app.command("replay")(replay.replay)
for change in (
    session_changes.rename,
    session_changes.fork,
    session_changes.delete,
    session_changes.prune,
    session_changes.repair,
):
    sessions.app.command()(change)
app.add_typer(sessions.app, name="sessions")
app.add_typer(config.app, name="config")
app.add_typer(keys.app, name="keys")
app.add_typer(devices.app, name="devices")
app.add_typer(tools.app, name="tools")
app.command("agents")(agents_command.agents)
app.command("voices")(voices.voices)
app.command("doctor")(doctor.doctor)
app.command("serve")(serve.serve)
app.command("trace")(trace.trace)


def _providers() -> list[str]:
    from realtime_chat.cli.providers.choice import PROVIDERS

    return list(PROVIDERS)


def _agents() -> list[str]:
    from realtime_chat.core.agents.registry import SHIPPED

    return [one.name for one in SHIPPED]


Provider = Annotated[
    str | None,
    typer.Option(
        "--provider",
        autocompletion=_providers,
        help="openai, azure, gemini, local or ollama. Default: by --url, by the key that is set, else local.",
    ),
]
Url = Annotated[
    str | None, typer.Option("--url", help="Any OpenAI-compatible server, of the kind that --transport says.")
]
Transport = Annotated[
    Literal["realtime", "stateless"] | None,
    typer.Option(
        "--transport",
        help="A realtime connection, or chat completions, a request an answer. Default: realtime.",
    ),
]
Model = Annotated[str | None, typer.Option("-m", "--model", help="The model's name.")]
Voice = Annotated[str | None, typer.Option("--voice", help="The voice that answers.")]
Speed = Annotated[
    float | None, typer.Option("--speed", min=0.25, max=1.5, help="How fast the voice speaks; 1 is usual.")
]
Language = Annotated[
    str | None,
    typer.Option("--language", help="The language you speak, as a hint for the transcript: en, de."),
]
Reasoning = Annotated[
    Literal["minimal", "low", "medium", "high", "xhigh"] | None,
    typer.Option("--reasoning", help="How long it thinks before it answers, where the model can."),
]
Instructions = Annotated[str | None, typer.Option("-s", "--instructions", help="What the assistant is told.")]
Images = Annotated[
    list[str] | None,
    typer.Option("--image", help="A PNG or JPEG file to show with the PROMPT; may be repeated."),
]
Agent = Annotated[
    str | None,
    typer.Option(
        "--agent", autocompletion=_agents, help="Who you talk with; `realtime-chat agents` lists them."
    ),
]
Agents = Annotated[
    list[Path] | None,
    typer.Option("--agents", help="A Python file with agents of your own; may be repeated."),
]
With = Annotated[
    str | None, typer.Option("--with", help="Agents that follow the talk beside it, by commas: cards,facts.")
]
Session = Annotated[
    str | None,
    typer.Argument(metavar="SESSION", autocompletion=sessions.completed, help="Id, prefix, or name."),
]
Config = Annotated[Path | None, typer.Option("--config", help="Settings file to use.")]
DataDir = Annotated[Path | None, typer.Option("--data-dir", help="Where sessions, notes and timers live.")]
Tools = Annotated[
    list[Path] | None, typer.Option("--tools", help="A Python file with tools of your own; may be repeated.")
]
NoTools = Annotated[bool, typer.Option("--no-tools", help="Let the assistant use no tools.")]
Permission = Annotated[
    Literal["auto", "ask", "read-only"] | None,
    typer.Option("--permission", help="What tools may do by themselves. Default: ask."),
]
Trace = Annotated[
    Path | None, typer.Option("--trace", help="Append what took how long to a file; nothing that was said.")
]
Vad = Annotated[bool | None, typer.Option("--vad/--ptt", help="Hands-free, or push-to-talk (the default).")]
Microphone = Annotated[
    str | None, typer.Option("--input-device", help="Microphone: number or part of its name.")
]
Speaker = Annotated[str | None, typer.Option("--output-device", help="Speaker: number or part of its name.")]
Headphones = Annotated[bool, typer.Option("--headphones", help="The microphone does not hear the speaker.")]
NoAec = Annotated[
    bool, typer.Option("--no-aec", help="No echo cancellation, for cards that do it themselves.")
]
Record = Annotated[
    str | None, typer.Option("--record", help="Keep the talk's sound: a WAV, you left, the assistant right.")
]
MaxMinutes = Annotated[
    float | None, typer.Option("--max-minutes", min=0, help="End the talk after so long; 0: never.")
]
MaxCost = Annotated[
    float | None,
    typer.Option("--max-cost", min=0, help="End the talk when it cost so many US dollars; 0: never."),
]
Plain = Annotated[bool, typer.Option("--plain", help="Line by line, no full screen.")]
Json = Annotated[bool, typer.Option("--json", help="Print exactly one JSON value at the end.")]
Events = Annotated[bool, typer.Option("--events", help="Print every event as one JSON line.")]
In = Annotated[
    str | None, typer.Option("--in", help="Speak a WAV file, or '-' for raw 24 kHz PCM from stdin.")
]
Out = Annotated[str | None, typer.Option("--out", help="Write the answer's sound to a WAV file, or '-'.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Less on stderr.")]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="More on stderr.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show tracebacks.")]


@app.callback()
def _root(  # pyright: ignore[reportUnusedFunction] - typer calls it
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if version:
        print(f"realtime-chat {__version__}")
        raise typer.Exit


@app.command()
def talk(
    input_file: In = None,
    output_file: Out = None,
    vad: Vad = None,
    input_device: Microphone = None,
    output_device: Speaker = None,
    headphones: Headphones = False,
    no_aec: NoAec = False,
    record: Record = None,
    provider: Provider = None,
    url: Url = None,
    transport: Transport = None,
    model: Model = None,
    voice: Voice = None,
    speed: Speed = None,
    language: Language = None,
    reasoning: Reasoning = None,
    instructions: Instructions = None,
    agent: Agent = None,
    agents: Agents = None,
    beside: With = None,
    tools: Tools = None,
    no_tools: NoTools = False,
    permission: Permission = None,
    trace: Trace = None,
    max_minutes: MaxMinutes = None,
    max_cost: MaxCost = None,
    config: Config = None,
    data_dir: DataDir = None,
    plain: Plain = False,
    json: Json = False,
    events: Events = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
) -> None:
    """Talk. Space begins and ends your turn, Esc interrupts; `--in q.wav --out a.wav` talks through files."""
    _converse("voice", locals())


@app.command()
def text(
    prompt: Annotated[
        str | None, typer.Argument(help="One turn with this text; '-' reads it from stdin.")
    ] = None,
    images: Images = None,
    provider: Provider = None,
    url: Url = None,
    transport: Transport = None,
    model: Model = None,
    voice: Voice = None,
    speed: Speed = None,
    language: Language = None,
    reasoning: Reasoning = None,
    instructions: Instructions = None,
    agent: Agent = None,
    agents: Agents = None,
    beside: With = None,
    tools: Tools = None,
    no_tools: NoTools = False,
    permission: Permission = None,
    trace: Trace = None,
    max_minutes: MaxMinutes = None,
    max_cost: MaxCost = None,
    config: Config = None,
    data_dir: DataDir = None,
    plain: Plain = False,
    json: Json = False,
    events: Events = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
) -> None:
    """Type. With a PROMPT or piped stdin: one turn (or one per line with --plain), no screen."""
    _converse("text", locals())


@app.command(help="Go on with an earlier session: same history, same id.")
def resume(
    session: Session = None,
    prompt: Annotated[str | None, typer.Argument(help="One turn with this text.")] = None,
    last: Annotated[bool, typer.Option("--last", help="The session you used last.")] = False,
    images: Images = None,
    input_file: In = None,
    output_file: Out = None,
    vad: Vad = None,
    input_device: Microphone = None,
    output_device: Speaker = None,
    headphones: Headphones = False,
    no_aec: NoAec = False,
    record: Record = None,
    provider: Provider = None,
    url: Url = None,
    transport: Transport = None,
    model: Model = None,
    voice: Voice = None,
    speed: Speed = None,
    language: Language = None,
    reasoning: Reasoning = None,
    agent: Agent = None,
    agents: Agents = None,
    beside: With = None,
    tools: Tools = None,
    no_tools: NoTools = False,
    permission: Permission = None,
    trace: Trace = None,
    max_minutes: MaxMinutes = None,
    max_cost: MaxCost = None,
    config: Config = None,
    data_dir: DataDir = None,
    plain: Plain = False,
    json: Json = False,
    events: Events = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
) -> None:
    _converse(None, locals())


def _converse(mode: Literal["text", "voice"] | None, flags: dict[str, Any]) -> None:
    from realtime_chat.cli.talk import Flags, converse

    if flags.get("last") and flags["prompt"] is None:
        # The session is named already: what follows is meant for it.
        flags |= {"session": None, "prompt": flags["session"]}
    raise typer.Exit(converse(Flags(mode=mode, **flags)))


def run(arguments: list[str]) -> int:
    """The whole program: parse, run, one line for a failure, the exit code of P27."""
    debug = "--debug" in arguments
    try:
        code = app(args=arguments, standalone_mode=False)
        return code if isinstance(code, int) else 0
    except typer.Exit as leave:
        return leave.exit_code
    except (typer.Abort, KeyboardInterrupt):
        return 130
    except TyperException as error:
        return _misused(error)
    except BrokenPipeError:
        return _stdout_closed()
    except Exception as error:  # the last seam: whatever is left becomes one line and an exit code
        from realtime_chat.cli import failures

        return failures.tell(error, debug=debug)


def _misused(error: TyperException) -> int:
    """A command line that cannot be read; one that ends before a command got its help already, and only that."""
    context = getattr(error, "ctx", None)
    if str(error) or context is None:
        told = getattr(error, "format_message", error.__str__)().replace("Value error, ", "").rstrip(".")
        from realtime_chat.core.printable import one_line

        command = context.command_path if context is not None else "realtime-chat"
        end = "" if told.endswith("?") else "."
        print(f"error: {one_line(told)}{end} `{command} --help` shows what there is.", file=sys.stderr)
    return 2


def _stdout_closed() -> int:
    """The reader of our stdout went away (`| head -1`): that is its right, not our failure."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0
