"""`keys set | list | remove`: the keys of providers, given once, never shown."""

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from realtime_chat.cli.kept_keys import KeptKeys
    from realtime_chat.cli.settings import Settings

#: Of a shorter key its end would tell too much.
SHOWN_FROM = 16

app = typer.Typer(help="Keep the keys of providers.", no_args_is_help=True)

Provider = Annotated[str, typer.Argument(help="openai, azure, …")]


@app.command("set")
def set_key(provider: Provider) -> None:
    """Ask for a key, or read it from stdin, and keep it: in the system's keyring, or in a file of your own."""
    from realtime_chat.cli.kept_keys import KeptKeys

    _known(provider)
    kept = KeptKeys()
    place = kept.set(provider, _given(provider))
    where = "the system's keyring" if place == "keyring" else f"{kept.file}, which only you can read"
    print(f"The key of {provider} is kept in {where}.")


@app.command("list")
def list_keys(json: Annotated[bool, typer.Option("--json", help="Print one JSON value.")] = False) -> None:
    """Which keys there are and where from; the one that counts, with its last letters."""
    import os

    from realtime_chat.cli.settings import load

    found = keys_in_force(load(), os.environ)
    if json:
        from realtime_chat.cli.json_out import put

        put({"schema": "realtime-chat/keys/1", "keys": found})
        return
    for one in found:
        print(f"{one['provider']:<10}  {one['key']:<10}  {one['from']}")
    if not found:
        print("There is no key; `realtime-chat keys set PROVIDER` keeps one.")


@app.command("remove")
def remove(provider: Provider) -> None:
    """Forget a key that was kept."""
    from realtime_chat.cli.kept_keys import KeptKeys

    _known(provider)
    KeptKeys().remove(provider)
    print(f"The key of {provider} is forgotten.")


def keys_in_force(settings: "Settings", environ: Mapping[str, str]) -> list[dict[str, str]]:
    """Of each provider that has one: whose it is, its end, and where it is from. Raises ConfigError.

    In the order in which `choose` looks: any variable goes before what is kept.
    """
    from realtime_chat.cli.kept_keys import KeptKeys
    from realtime_chat.cli.providers.choice import KEYS
    from realtime_chat.cli.settings_tables import ProviderSettings

    kept = KeptKeys()
    places = kept.places()
    found: list[dict[str, str]] = []
    for name in dict.fromkeys(name for _, name in KEYS):
        table = settings.provider.get(name, ProviderSettings())
        variable = next((key for key, whose in KEYS if whose == name and environ.get(key)), None)
        if variable is not None:
            found.append(_row(name, environ[variable], variable))
        elif places.get(name) == "file":
            found.append(_row(name, kept.get(name) or "", str(kept.file)))
        elif name in places:
            found.append(_row(name, *_in_keyring(kept, name)))
        elif table.api_key is not None:
            found.append(_row(name, table.api_key.get_secret_value(), f"[provider.{name}] of the settings"))
    return found


def _in_keyring(kept: "KeptKeys", name: str) -> tuple[str, str]:
    """A closed one hides this key and no other."""
    from realtime_chat.core.errors import ConfigError

    try:
        return kept.get(name) or "", "the system's keyring"
    except ConfigError:
        return "", "the system's keyring, which does not give it"


def _row(provider: str, key: str, where: str) -> dict[str, str]:
    return {"provider": provider, "key": f"…{key[-4:]}" if len(key) >= SHOWN_FROM else "…", "from": where}


def _given(provider: str) -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline()
    return str(typer.prompt(f"Key of {provider}", hide_input=True, err=True))


def _known(provider: str) -> None:
    """Raises InvalidArguments for a provider that has no keys."""
    from realtime_chat.cli.providers.choice import KEYS
    from realtime_chat.core.errors import InvalidArguments

    names = list(dict.fromkeys(name for _, name in KEYS))
    if provider not in names:
        raise InvalidArguments(f"Keys are kept for: {', '.join(names)}.")
