"""All settings: flags > REALTIME_CHAT_* and known variables > this folder's file > the user's file > defaults.

The docstring under a field is its manual; `config.example.toml` shows every key and is checked against this.
"""

import difflib
import tomllib
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel, Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from realtime_chat.cli import paths
from realtime_chat.cli.project import project_file
from realtime_chat.cli.settings_tables import (
    AgentSettings,
    AudioSettings,
    HookSettings,
    LimitSettings,
    LocalSettings,
    McpServerSettings,
    McpSettings,
    PermissionSettings,
    PriceSettings,
    ProviderSettings,
    StoreSettings,
    ToolSettings,
    TurnSettings,
    UiSettings,
)
from realtime_chat.core.errors import ConfigError


class Settings(BaseSettings):
    """The whole tree."""

    model_config = SettingsConfigDict(
        extra="forbid",
        env_prefix="REALTIME_CHAT_",
        env_nested_delimiter="__",
    )

    default_provider: str | None = None
    """openai, azure, gemini, local or ollama; unset: by --url, then by the key that is set, else local."""
    instructions: str | None = None
    """What the assistant is told about itself, instead of the built-in text."""
    provider: dict[str, ProviderSettings] = Field(default_factory=dict[str, ProviderSettings])
    """Ways to a model, by name: [provider.openai], azure, gemini, local, ollama."""
    local: LocalSettings = Field(default_factory=LocalSettings)
    """The embedded server: who hears, answers and speaks."""
    agents: dict[str, AgentSettings] = Field(default_factory=dict[str, AgentSettings])
    """[agents.NAME]: who you talk with, by name."""
    audio: AudioSettings = Field(default_factory=AudioSettings)
    """Microphone and speaker."""
    turns: TurnSettings = Field(default_factory=TurnSettings)
    """Where a spoken turn begins and ends."""
    tools: ToolSettings = Field(default_factory=ToolSettings)
    """What the assistant may use."""
    permissions: PermissionSettings = Field(default_factory=PermissionSettings)
    """What the assistant may do by itself."""
    hooks: HookSettings = Field(default_factory=HookSettings)
    """Programs of yours beside the talk."""
    mcp: McpSettings = Field(default_factory=McpSettings)
    """Tools of MCP servers."""
    prices: dict[str, PriceSettings] = Field(default_factory=dict[str, PriceSettings])
    """[prices."MODEL"]: what models cost, for the estimates."""
    ui: UiSettings = Field(default_factory=UiSettings)
    """The screen."""
    store: StoreSettings = Field(default_factory=StoreSettings)
    """Where sessions live."""
    limits: LimitSettings = Field(default_factory=LimitSettings)
    """How long we wait."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Variables win over the file, whose content comes as init arguments."""
        return env_settings, init_settings


def load(config: Path | None = None) -> Settings:
    """The settings in force: of `config` alone, or else of the user's file under this folder's, once confirmed.

    Raises ConfigError with the file, the key and the nearest known name.
    """
    file = paths.config_file(config)
    content = _read(file, required=config is not None)
    settings = _settings(content, file)
    project = None if config is not None else project_file()
    if project is None or not project.confirmed:
        return settings
    return _settings(_over(content, _parsed(project.content, project.place)), project.place)


def _settings(content: dict[str, Any], file: Path) -> Settings:
    try:
        return Settings(**content)
    except ValidationError as error:
        raise ConfigError(_explain(error, file)) from None


def _read(file: Path, *, required: bool) -> dict[str, Any]:
    try:
        return _parsed(file.read_bytes(), file)
    except FileNotFoundError:
        if required:
            raise ConfigError(f"There is no settings file {file}; `config init` makes one.") from None
        return {}
    except OSError as error:
        raise ConfigError(f"The settings file {file} cannot be read: {error}") from None


def _parsed(content: bytes, file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ConfigError(f"The settings file {file} cannot be read: {error}") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"The settings file {file} is not valid TOML: {error}") from None
    except RecursionError:
        raise ConfigError(f"The settings file {file} is nested too deep; make it flat.") from None


def _over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Both together, table by table; `above` wins."""
    together = dict(below)
    for key, value in above.items():
        under = together.get(key)
        if isinstance(under, dict) and isinstance(value, dict):
            together[key] = _over(cast("dict[str, Any]", under), cast("dict[str, Any]", value))
        else:
            together[key] = value
    return together


def _explain(error: ValidationError, file: Path) -> str:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] != "extra_forbidden":
        return f"Setting {where}: {first['msg']} (in {file} or a REALTIME_CHAT_ variable)."
    table, key = first["loc"][:-1], str(first["loc"][-1])
    nearest = difflib.get_close_matches(key, known_keys(table), n=1)
    hint = f" Did you mean {nearest[0]}?" if nearest else ""
    return f"Unknown setting {where} in {file}.{hint} `realtime-chat config show` lists what there is."


def known_keys(table: tuple[int | str, ...]) -> list[str]:
    """The keys of a table, by its path: (), ("turns",), ("provider", NAME), ("mcp", "servers", NAME)."""
    model: type[BaseModel] = Settings
    for part in table:
        if part == "provider":
            model = ProviderSettings
        elif part == "agents":
            model = AgentSettings
        elif part == "servers":
            model = McpServerSettings
        elif part == "prices":
            model = PriceSettings
        elif part in model.model_fields:
            annotation = model.model_fields[str(part)].annotation
            if isinstance(annotation, type) and issubclass(annotation, BaseModel):
                model = annotation
    return list(model.model_fields)
