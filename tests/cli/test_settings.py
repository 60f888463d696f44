"""The settings tree and its example are one; flags and variables win over the file."""

import tomllib
from importlib import resources
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from realtime_chat.cli.compose import options
from realtime_chat.cli.costs import price_list
from realtime_chat.cli.flags import Flags
from realtime_chat.cli.providers.choice import choose
from realtime_chat.cli.settings import Settings, load
from realtime_chat.cli.settings_tables import (
    AgentSettings,
    McpServerSettings,
    PriceSettings,
    ProviderSettings,
    RiskyTool,
    ToolSettings,
)
from realtime_chat.core.errors import ConfigError
from realtime_chat.tools.standard import risky_tools


def example() -> str:
    return resources.files("realtime_chat.cli").joinpath("config.example.toml").read_text(encoding="utf-8")


def keys(text: str) -> set[str]:
    """table.key of every line of the example, the commented ones too."""
    found: set[str] = set()
    table = ""
    for line in text.splitlines():
        plain = line.removeprefix("# ")
        if plain.startswith("["):
            table = plain.strip("[]") + "."
        elif " = " in plain and plain.split(" = ")[0].isidentifier():
            found.add(table + plain.split(" = ")[0])
    return found


def declared() -> set[str]:
    found: set[str] = set()
    for name, field in Settings.model_fields.items():
        kind = field.annotation
        if name == "provider":
            found |= {f"provider.openai.{key}" for key in ProviderSettings.model_fields}
        elif name == "agents":
            found |= {f"agents.tutor.{key}" for key in AgentSettings.model_fields}
        elif name == "mcp":
            of_addresses = {"url", "headers"}
            found |= {f"mcp.servers.house.{key}" for key in of_addresses} | {"mcp.wait_s"}
            found |= {
                f"mcp.servers.time.{key}" for key in McpServerSettings.model_fields.keys() - of_addresses
            }
        elif name == "prices":
            found |= {f'prices."gpt-realtime".{key}' for key in PriceSettings.model_fields}
        elif isinstance(kind, type) and issubclass(kind, BaseModel):
            found |= {f"{name}.{key}" for key in kind.model_fields}
        else:
            found.add(name)
    return found


def test_the_example_shows_every_setting_and_no_other() -> None:
    assert keys(example()) == declared()


def test_the_example_is_valid_as_it_stands_and_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(example(), encoding="utf-8")
    assert tomllib.loads(example())
    assert load(file).model_dump(exclude={"provider"}) == Settings().model_dump(exclude={"provider"})


def test_the_settings_name_the_tools_that_are_off() -> None:
    assert list(get_args(RiskyTool)) == [tool.name for tool in risky_tools()]


def test_what_becomes_of_cut_tools_is_the_users_choice() -> None:
    # M17
    settings = Settings(tools=ToolSettings(on_interrupt="submit"))
    flags = Flags(mode="text")
    assert options(flags, settings, choose(flags, settings, {}), "text").on_interrupt == "submit"


def test_a_variable_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[turns]\ndetection = "push_to_talk"\n', encoding="utf-8")
    monkeypatch.setenv("REALTIME_CHAT_TURNS__DETECTION", "vad")
    assert load(file).turns.detection == "vad"


@pytest.mark.parametrize(
    ("flags", "environ", "name"),
    [
        (Flags(mode="text"), {}, "local"),
        (Flags(mode="text"), {"OPENAI_API_KEY": "sk-canary"}, "openai"),
        (Flags(mode="text", provider="local"), {"OPENAI_API_KEY": "sk-canary"}, "local"),
        (Flags(mode="text", url="ws://127.0.0.1:1/v1"), {}, "openai"),
    ],
)
def test_the_provider_is_chosen_in_a_told_order(flags: Flags, environ: dict[str, str], name: str) -> None:
    choice = choose(flags, Settings(), environ)
    assert choice.name == name
    assert choice.why
    assert "canary" not in repr(choice)


def test_prices_of_the_settings_go_over_the_list_and_a_wrong_key_is_named(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(
        '[prices."gpt-realtime-2.1"]\ntext_in = 1\n[prices.mine]\nper_minute = 0.5\n', encoding="utf-8"
    )
    prices = price_list(load(file))
    (listed, mine) = prices.price_of("gpt-realtime-2.1"), prices.price_of("mine")
    assert listed is not None
    assert mine is not None
    assert (listed.text_in, listed.text_out, mine.per_minute) == (1, 24, 0.5)
    file.write_text("[prices.mine]\ntext_inn = 1\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"prices\.mine\.text_inn.*Did you mean text_in\?"):
        load(file)
