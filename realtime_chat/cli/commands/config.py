"""`config show | path | init | trust`: the settings in force, where they come from, and files to begin with."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Look at the settings, or make a settings file.", no_args_is_help=True)

Config = Annotated[Path | None, typer.Option("--config", help="Settings file to use.")]


@app.command()
def show(config: Config = None) -> None:
    """The settings in force as JSON; secrets are hidden."""
    from realtime_chat.cli.project import tell_of_unconfirmed
    from realtime_chat.cli.settings import load

    tell_of_unconfirmed(config)
    print(load(config).model_dump_json(indent=2))


@app.command()
def path(config: Config = None) -> None:
    """Where the settings file is looked for."""
    from realtime_chat.cli import paths

    print(paths.config_file(config))


@app.command()
def init(config: Config = None) -> None:
    """Write a settings file in which every key is explained; never overwrites one."""
    from importlib import resources

    from realtime_chat.cli import paths
    from realtime_chat.core.errors import ConfigError

    file = paths.config_file(config)
    text = resources.files("realtime_chat.cli").joinpath("config.example.toml").read_text(encoding="utf-8")
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(file, "x", encoding="utf-8", opener=_owners) as out:
            out.write(text)
    except FileExistsError:
        raise ConfigError(f"{file} is there already; edit it.") from None
    except OSError as error:
        raise ConfigError(f"{file} cannot be written ({error.strerror}).") from error
    print(file)


def _owners(file: str, flags: int) -> int:
    """Nobody else is to read what will hold keys."""
    return os.open(file, flags, 0o600)


@app.command()
def trust(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; for those who have read it.")] = False,
) -> None:
    """Show this folder's own settings file, and use it from now on if you say so; a changed one asks anew."""
    from realtime_chat.cli.project import NAME, project_file
    from realtime_chat.core.errors import NotFound
    from realtime_chat.core.printable import one_line, printable

    found = project_file()
    if found is None:
        raise NotFound(f"There is no {NAME} in this folder.")
    place = one_line(str(found.place))
    print(printable(found.content.decode("utf-8", "replace")))
    if found.confirmed:
        print(f"{place} is confirmed already.", file=sys.stderr)
        return
    if not yes:
        typer.confirm(f"Use {place} whenever you are in this folder?", abort=True, err=True)
    found.confirm()
