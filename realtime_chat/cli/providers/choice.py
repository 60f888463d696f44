"""Which model answers, and why that one: the choice is always told."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from importlib import import_module
from typing import TypeAlias

from realtime_chat.cli.flags import Flags
from realtime_chat.cli.kept_keys import KeptKeys
from realtime_chat.cli.settings import Settings
from realtime_chat.cli.settings_tables import ProviderSettings, TransportKind
from realtime_chat.core.errors import InvalidArguments
from realtime_chat.core.event_parts import Intent
from realtime_chat.core.ports import TransportFactory
from realtime_chat.core.prices import FREE_PROVIDERS
from realtime_chat.core.transports.addresses import is_here


class Secret:
    """A key that does not show itself; `reveal` is for the one header that needs it. `name`: where it stands."""

    def __init__(self, value: str, name: str = "") -> None:
        self._value = value
        self.name = name

    def __repr__(self) -> str:
        return "Secret(…)"

    def reveal(self) -> str:
        """The key."""
        return self._value


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderChoice:
    """`url` None: the embedded server, started for this run, with nothing beyond this machine. `api_key` never shows in
    a repr. `spoken`: a model that only reads and writes; the embedded server hears and speaks for it.
    `token`: an identity's, for a provider that takes one in the place of a key.
    """

    name: str
    why: str
    model: str
    transport: TransportKind = "realtime"
    url: str | None = None
    voice: str | None = None
    transcription_model: str | None = None
    intent: Intent = "conversation"
    api_key: Secret | None = None
    token: Secret | None = None
    spoken: bool = False

    def key(self) -> str | None:
        """For the one header that needs it."""
        secret = self.token or self.api_key
        return secret.reveal() if secret is not None else None

    def key_name(self, usual: str) -> str:
        """Where the key stands, for who must mend it; `usual` is the variable for one that is not there."""
        return self.api_key.name if self.api_key is not None else usual

    @property
    def recorded(self) -> str:
        """Its name as the log keeps it: what runs on this machine costs nothing, the same elsewhere may."""
        elsewhere = self.url is not None and not is_here(self.url)
        return f"{self.name} elsewhere" if self.name in FREE_PROVIDERS and elsewhere else self.name

    @property
    def embedded(self) -> bool:
        """Whether the embedded server is between us and the model, wherever that one is."""
        return self.name == "local" or self.spoken

    @property
    def is_free(self) -> bool:
        """Whether nobody sends a bill."""
        return self.recorded in FREE_PROVIDERS


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What decides about a provider's model and address: flags before variables before its table in the settings.

    `kept` gives the key that the user gave once, if there is one.
    """

    name: str
    transport: TransportKind
    flags: Flags
    settings: Settings
    table: ProviderSettings
    environ: Mapping[str, str]
    why: str
    kept: Callable[[], str | None] = lambda: None

    @property
    def model(self) -> str | None:
        """As it is named; the table's is the one for the table's transport."""
        in_table = self.table.model if self.table.transport == self.transport else None
        return self.flags.model or in_table

    def key(self, *names: str) -> Secret | None:
        """Of the first of these variables that is set, or else the one that is kept, or else of the table.

        Raises ConfigError when what keeps it does not give it.
        """
        for name in names:
            if value := self.environ.get(name):
                return Secret(value, name)
        if value := self.kept():
            return Secret(value, f"the key that `realtime-chat keys set {self.name}` kept")
        value = self.table.api_key.get_secret_value() if self.table.api_key is not None else ""
        return Secret(value, f"api_key in [provider.{self.name}]") if value else None


#: The way to the provider for the whole run; the id goes out in a header (M27). Entering raises Unreachable when
#: what it needs cannot start.
Ways: TypeAlias = Callable[[ProviderChoice, Settings, str], AbstractAsyncContextManager[TransportFactory]]


@dataclass(frozen=True, slots=True)
class Provider:
    """One way to models; each is the PROVIDER of a module of this folder.

    `intents`: what its connections can be for. `stateless_only`: it has none, but answers requests.
    """

    chosen: Callable[[Asked], ProviderChoice]
    ways: Ways
    intents: frozenset[Intent] = frozenset({"conversation"})
    stateless_only: bool = False


#: By name; imported when chosen.
PROVIDERS: Mapping[str, str] = {
    "openai": "realtime_chat.cli.providers.openai",
    "azure": "realtime_chat.cli.providers.azure",
    "gemini": "realtime_chat.cli.providers.gemini",
    "local": "realtime_chat.cli.providers.local",
    "ollama": "realtime_chat.cli.providers.ollama",
}
#: For all of them that have one: requests instead of a connection.
STATELESS = "realtime_chat.cli.providers.stateless"
#: Whose key decides, where nothing else does; the first that is set.
KEYS: tuple[tuple[str, str], ...] = (
    ("OPENAI_API_KEY", "openai"),
    ("AZURE_OPENAI_API_KEY", "azure"),
    ("GEMINI_API_KEY", "gemini"),
    ("GOOGLE_API_KEY", "gemini"),
)


def provider(name: str, transport: TransportKind = "realtime") -> Provider:
    """Raises InvalidArguments for one we do not know."""
    if transport == "realtime" and name not in PROVIDERS:
        raise InvalidArguments(f"Unknown provider; there are: {', '.join(PROVIDERS)}.")
    found = import_module(STATELESS if transport == "stateless" else PROVIDERS[name]).PROVIDER
    assert isinstance(found, Provider)
    return found


def choose(flags: Flags, settings: Settings, environ: Mapping[str, str]) -> ProviderChoice:
    """The provider in force, and the way to it.

    Raises InvalidArguments for one we do not know, ConfigError where a key cannot be had.
    """
    kept = KeptKeys()
    name, why = _name(flags, settings, environ, kept)
    table = settings.provider.get(name, ProviderSettings())
    transport = flags.transport or table.transport
    asked = Asked(
        name=name,
        transport=transport,
        flags=flags,
        settings=settings,
        table=table,
        environ=environ,
        why=why,
        kept=lambda: kept.get(name),
    )
    return provider(name, transport).chosen(asked)


def chosen_name(flags: Flags, settings: Settings, environ: Mapping[str, str]) -> str:
    """Of the provider in force."""
    return _name(flags, settings, environ, KeptKeys())[0]


def keyed(environ: Mapping[str, str]) -> list[str]:
    """Whose key is there, in the order in which one would decide."""
    places = KeptKeys().places()
    return [name for variable, name in KEYS if environ.get(variable) or name in places]


def configured_transport(
    flags: Flags, settings: Settings, environ: Mapping[str, str]
) -> TransportKind | None:
    """Of the provider in force, by the settings or because it has no other; None where neither says anything."""
    name = chosen_name(flags, settings, environ)
    table = settings.provider.get(name)
    if table is not None and "transport" in table.model_fields_set:
        return table.transport
    return "stateless" if is_stateless(name) else None


def is_stateless(name: str) -> bool:
    """Whether this provider has no realtime transport at all."""
    return name in PROVIDERS and provider(name).stateless_only


def _name(flags: Flags, settings: Settings, environ: Mapping[str, str], kept: KeptKeys) -> tuple[str, str]:
    if flags.provider:
        return flags.provider, "named by --provider"
    if flags.url:
        return "openai", "an address was given by --url"
    if settings.default_provider:
        return settings.default_provider, "default_provider in the settings"
    places = kept.places()
    for variable, name in KEYS:
        if environ.get(variable):
            return name, f"{variable} is set"
        if name in places:
            return name, "a key is kept for it"
    return "local", "no key and no server are configured"
