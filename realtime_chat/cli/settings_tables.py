"""The tables of the settings. The docstring under a field is its manual; `config.example.toml` shows every key."""

from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from realtime_chat.core.backchannels import BACKCHANNELS
from realtime_chat.core.options import InterruptPolicy, ReasoningEffort

#: Each is a tool of `tools.standard.risky_tools`.
RiskyTool: TypeAlias = Literal["write_file", "run", "run_shell", "fetch_url"]
#: A connection that is kept, or a request for each answer.
TransportKind: TypeAlias = Literal["realtime", "stateless"]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ProviderSettings(_Table):
    """One way to a model."""

    transport: TransportKind = "realtime"
    """realtime: a connection that speaks and hears. stateless: chat completions, a request an answer."""
    url: str | None = None
    """Base address, https://host/v1 or wss://host/v1/realtime; of Azure https://NAME.openai.azure.com."""
    api_key: SecretStr | None = None
    """The key; kept better by `keys set`, or in OPENAI_API_KEY, AZURE_OPENAI_API_KEY or GEMINI_API_KEY."""
    model: str | None = None
    """The model's name at this provider, for its transport above; at Azure the deployment's."""
    voice: str | None = None
    """The voice that answers."""
    transcription_model: str | None = None
    """The model that writes down what you say; "" switches that off. At Azure a deployment, off unless given."""
    language: str | None = None
    """The language you speak, as a hint for what writes it down: en, de."""
    speed: float | None = Field(default=None, ge=0.25, le=1.5)
    """How fast the voice speaks, 0.25 to 1.5."""
    noise_reduction: Literal["near_field", "far_field", "off"] | None = None
    """At the provider: near_field for a headset, far_field for a laptop or a room. It does not cancel echo."""
    reasoning_effort: ReasoningEffort | None = None
    """How long it thinks before it answers: minimal, low, medium, high or xhigh. Only some models can."""
    max_output_tokens: Annotated[int, Field(ge=1, le=4096)] | Literal["inf"] | None = None
    """Where an answer is cut, 1 to 4096, or "inf"."""
    truncation: Literal["auto", "disabled"] | Annotated[float, Field(gt=0, le=1)] | None = None
    """What becomes of a talk that outgrows the model: auto, disabled (an error), or the part that is kept, 0 to 1."""
    extras: dict[str, Any] = Field(default_factory=dict[str, Any])
    """More fields of the provider's session object, sent as they are; each wins over ours."""


class LocalSettings(_Table):
    """The embedded server: who hears, answers and speaks."""

    stt: Literal["sphinx", "whisper", "http"] = "sphinx"
    """sphinx: the built-in commands only. whisper: free speech (the whisper extra). http: a service at stt_url."""
    brain: Literal["commands", "chat"] = "commands"
    """commands: the built-in ones. chat: a model at brain_url, which should get stt whisper or http."""
    tts: Literal["espeak", "piper", "http"] = "espeak"
    """espeak: built in. piper: a voice from a file (the piper extra). http: a service at tts_url."""
    language: str | None = None
    """What you speak and espeak answers, "de"; unset: whisper finds out, espeak is English."""
    whisper_model: Path | None = None
    """whisper: the folder of a model in CTranslate2's format."""
    piper_voice: Path | None = None
    """piper: a voice's .onnx file, with its .onnx.json beside it."""
    stt_url: str | None = None
    """http: an OpenAI-compatible service with /audio/transcriptions, by its base address."""
    stt_model: str = "whisper-1"
    """Its model."""
    stt_key_variable: str | None = None
    """The variable with its key, STT_API_KEY; unset: none is sent."""
    brain_url: str = "http://127.0.0.1:11434/v1"
    """chat: an OpenAI-compatible service with /chat/completions; Ollama's usual address."""
    brain_model: str | None = None
    """Its model; -m wins."""
    brain_key_variable: str | None = None
    """The variable with its key."""
    tts_url: str | None = None
    """http: an OpenAI-compatible service with /audio/speech that gives raw PCM of 24 kHz."""
    tts_model: str = "tts-1"
    """Its model."""
    tts_voice: str = "alloy"
    """Its voice."""
    tts_key_variable: str | None = None
    """The variable with its key."""


class AudioSettings(_Table):
    """Microphone and speaker."""

    input_device: str | None = None
    """Number, name or a part of the name of the microphone; the system's default when unset."""
    output_device: str | None = None
    """The same for the speaker."""
    volume: int = Field(default=100, ge=0, le=100)
    """How loud answers are, in percent; Ctrl+Up and Ctrl+Down change it in the talk."""
    headphones: bool = False
    """The microphone does not hear the speaker: nothing is done about echo."""
    half_duplex: bool = False
    """Hands-free: the microphone is closed while an answer sounds, from the start; interrupt with Esc."""
    echo_cancellation: bool = True
    """Hands-free: take the speaker's sound out of the microphone's (needs the aec extra)."""
    noise_suppression: bool = False
    """With echo cancellation: take steady noise out, too; it costs something of each voice."""
    gain_control: bool = False
    """With echo cancellation: bring your voice to one loudness."""
    voice_gate: bool = False
    """Hands-free: send only what a detector here takes for speech; for providers that bill sound by the minute."""


class TurnSettings(_Table):
    """Where a spoken turn begins and ends."""

    detection: Literal["push_to_talk", "vad", "semantic"] = "push_to_talk"
    """push_to_talk: Space begins, Space ends. vad: the provider hears it, by silence. semantic: also by the words."""
    eagerness: Literal["low", "medium", "high", "auto"] | None = None
    """semantic: how soon it takes a pause for the end."""
    interruptions: bool = True
    """vad, semantic: speech over an answer cuts it; false makes it the next turn. Esc always cuts."""
    barge_in: Literal["instant", "tolerant"] = "instant"
    """instant: it cuts at once. tolerant: the answer is turned down first, and goes on if it was a mere "mhm"."""
    backchannels: list[str] = list(BACKCHANNELS)
    """tolerant: words and phrases that do not ask for the floor."""
    overlap_ms: int = Field(default=400, ge=0, le=2000)
    """tolerant: who speaks on for longer interrupts. A slow "mhm" lasts 700, and real interruptions wait as long."""
    threshold: float | None = Field(default=None, ge=0, le=1)
    """vad: how sure the provider must be that it hears speech, 0 to 1."""
    prefix_padding_ms: int | None = Field(default=None, ge=0)
    """vad: sound kept from before the first word."""
    silence_duration_ms: int | None = Field(default=None, ge=0)
    """vad: silence that ends a turn."""


class ToolSettings(_Table):
    """What the assistant may use."""

    enabled: bool = True
    """false: no tools at all."""
    workspace: Path | None = None
    """The folder that file tools see; the current one when unset."""
    enable: list[RiskyTool] = Field(default_factory=list[RiskyTool])
    """Tools that are off until named here: write_file, run (programs), run_shell, fetch_url (web pages)."""
    modules: list[Path] = Field(default_factory=list[Path])
    """Python files with tools of your own."""
    timeout_s: float = Field(default=60.0, gt=0)
    """A tool that takes longer is given up."""
    on_interrupt: InterruptPolicy = "drop"
    """What the model is told of tools that you cut off: drop (nothing), submit-completed-only, submit (all)."""
    tell_after_s: float = Field(default=8.0, ge=0)
    """Seconds after which you are told that tools still run; 0: never."""
    parallel: int = Field(default=4, ge=1)
    """How many tools run side by side."""
    max_iterations: int = Field(default=25, ge=0)
    """After so many rounds of tools in a turn it answers without; 0: no limit."""
    max_consecutive_mistakes: int = Field(default=3, ge=0)
    """The same after so many rounds in a row in which every tool failed; 0: no limit."""


class PermissionSettings(_Table):
    """What the assistant may do by itself. A rule is TOOL, TOOL(PATTERN) or TOOL(ARGUMENT=PATTERN), * for anything."""

    mode: Literal["auto", "ask", "read-only"] = "ask"
    """auto: everything runs. ask: you are asked about what changes, runs or sends. read-only: only reading."""
    allow: list[str] = Field(default_factory=list[str])
    """Runs without asking: ["write_file(notes/*)"]."""
    ask: list[str] = Field(default_factory=list[str])
    """Asks in every mode."""
    deny: list[str] = Field(default_factory=list[str])
    """Never runs; wins over everything: ["read_file(*.env)"]."""


class AgentSettings(_Table):
    """An agent of your own, or other wishes for one that there is."""

    description: str | None = None
    """A line for `realtime-chat agents`."""
    instructions: str | None = None
    """What it is told about itself."""
    tools: list[str] | None = None
    """The names of the tools that it may use; all of them when unset, none: []."""
    model: str | None = None
    """The model that it is meant for; --model wins."""
    transport: Literal["realtime", "stateless"] | None = None
    """How it is reached, where no flag says otherwise."""
    voice: str | None = None
    """The voice that it answers with; --voice wins."""
    module: Path | None = None
    """A Python file that defines it, with an Agent of this name."""


class HookSettings(_Table):
    """Programs of yours beside the talk; what they are told is JSON on stdin."""

    pre_tool_use: list[str] = Field(default_factory=list[str])
    """Asked before each call, in the workspace: exit code 0 ok, 2 deny, 3 halt, all else failed."""
    post_tool_use: list[str] = Field(default_factory=list[str])
    """Told of each call that ran; only 3 counts: the model answers without more tools."""
    session_start: list[str] = Field(default_factory=list[str])
    """Told when a session begins, or goes on."""
    session_end: list[str] = Field(default_factory=list[str])
    """Told when it closes."""
    user_prompt_submit: list[str] = Field(default_factory=list[str])
    """Told what you typed, or what was understood of your voice."""
    stop: list[str] = Field(default_factory=list[str])
    """Told of the end of each turn."""
    notification: list[str] = Field(default_factory=list[str])
    """Told when a call waits for your word."""
    timeout_s: float = Field(default=10.0, gt=0)
    """One that takes longer has failed, and before a call that is a no."""

    @property
    def listens(self) -> bool:
        """Whether any is told of the talk."""
        told = (self.session_start, self.session_end, self.user_prompt_submit, self.stop, self.notification)
        return any(told)


class McpServerSettings(_Table):
    """An MCP server: a program (`command`) or an address (`url`)."""

    command: str | None = None
    """The program that is the server."""
    args: list[str] = Field(default_factory=list[str])
    """Its arguments; ${NAME} is a variable of yours, here and below."""
    env: dict[str, SecretStr] = Field(default_factory=dict[str, SecretStr])
    """The variables it gets; of yours it sees none but PATH, HOME and the like."""
    url: str | None = None
    """The address of a server that speaks streamable HTTP."""
    headers: dict[str, SecretStr] = Field(default_factory=dict[str, SecretStr])
    """What is sent along to the address."""
    timeout_s: float = Field(default=30.0, gt=0)
    """A call that takes longer is given up."""
    trust: bool = False
    """true: it is believed which of its tools only read, and those are used without asking."""
    enabled: bool = True
    """false: it is not started."""

    @model_validator(mode="after")
    def _one_way(self) -> "McpServerSettings":
        if (self.command is None) == (self.url is None):
            raise ValueError("give either command or url")
        return self


class McpSettings(_Table):
    """Tools of MCP servers (needs the mcp extra)."""

    wait_s: float = Field(default=5.0, ge=0)
    """How long a session waits for its servers at most; who comes later is left out, and that is told."""
    servers: dict[str, McpServerSettings] = Field(default_factory=dict[str, McpServerSettings])
    """[mcp.servers.NAME]: the servers, by a name that their tools begin with."""


class PriceSettings(_Table):
    """What a model costs you: USD per million tokens, over the list prices."""

    text_in: float | None = Field(default=None, ge=0)
    """Text that the model is given."""
    text_cached: float | None = Field(default=None, ge=0)
    """The part of it that the provider had in its cache."""
    text_out: float | None = Field(default=None, ge=0)
    """Text that it answers."""
    audio_in: float | None = Field(default=None, ge=0)
    """Sound that the model hears, or heard before."""
    audio_cached: float | None = Field(default=None, ge=0)
    """Sound in the cache."""
    audio_out: float | None = Field(default=None, ge=0)
    """Sound that it answers."""
    image_in: float | None = Field(default=None, ge=0)
    """Pictures."""
    image_cached: float | None = Field(default=None, ge=0)
    """Pictures in the cache."""
    per_minute: float | None = Field(default=None, ge=0)
    """USD per minute of your speech, for transcription that is billed by time."""


class UiSettings(_Table):
    """The screen."""

    theme: str = "textual-dark"
    """Name of a Textual theme."""
    keys: dict[str, str] = Field(default_factory=dict[str, str])
    """Other keys for bindings, by their ids: talk = "f2"."""
    earcons: bool = False
    """Without the screen (--plain): the terminal's bell when it listens, and when an answer has ended."""
    titles: bool = True
    """After its second turn a talk gets a title from the model, where that can be had beside the talk."""


class StoreSettings(_Table):
    """Where sessions live."""

    data_dir: Path | None = None
    """Sessions, notes and timers; the platform's place when unset."""


class LimitSettings(_Table):
    """How long we wait, and what a talk may take."""

    connect_s: float = Field(default=10.0, gt=0)
    """For a connection to be ready."""
    reconnect_tries: int = Field(default=5, ge=0, le=100)
    """So often a lost connection is tried again, after 1, 2, 4, 8 and 8 seconds."""
    max_minutes: float = Field(default=0.0, ge=0)
    """A talk ends after so long; 0: never."""
    max_cost: float = Field(default=0.0, ge=0)
    """And when it cost so many US dollars, as an estimate; 0: never."""
    idle_s: float = Field(default=0.0, ge=0)
    """And when nobody did anything for so long; 0: never."""
    mute_after_s: float = Field(default=120.0, ge=0)
    """Hands-free with a provider that costs money: the microphone is closed after so much silence; 0: never."""
    await_idle_s: float = Field(default=120.0, gt=0)
    """For any sign of a running turn, without a screen; then exit 124."""
