"""`config show | path | init`: the settings in force, where they come from, and a file to begin with."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Look at the settings, or make a settings file.", no_args_is_help=True)

Config = Annotated[Path | None, typer.Option("--config", help="Settings file to use.")]


@app.command()
def show(config: Config = None) -> None:
    """The settings in force as JSON; secrets are hidden."""
    from realtime_chat.cli.settings import load

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
        with file.open("x", encoding="utf-8") as out:
            out.write(text)
    except FileExistsError:
        raise ConfigError(f"{file} is there already; edit it.") from None
    except OSError as error:
        raise ConfigError(f"{file} cannot be written ({error.strerror}).") from error
    print(file)
