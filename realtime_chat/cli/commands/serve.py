"""`serve`: the embedded realtime server for any OpenAI client."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 0,
    token: Annotated[
        str | None, typer.Option(envvar="REALTIME_CHAT_SERVE_TOKEN", help="The API key clients must give.")
    ] = None,
    model: Annotated[
        str | None, typer.Option("-m", "--model", help='With brain = "chat": its model.')
    ] = None,
    config: Annotated[Path | None, typer.Option("--config", help="Settings file to use.")] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
) -> None:
    """Run the offline realtime server; prints its base_url on stdout when it is ready."""
    import asyncio
    import secrets

    from realtime_chat.cli.local_engines import engine_settings
    from realtime_chat.cli.settings import load
    from realtime_chat.local.chosen import chosen_engines
    from realtime_chat.local.server import serve as run

    engines = chosen_engines(engine_settings(load(config).local, os.environ, model=model))
    if token is None:
        token = secrets.token_urlsafe(24)
        print(f"token: {token}", file=sys.stderr, flush=True)
    asyncio.run(
        run(
            host=host,
            port=port,
            token=token,
            on_ready=lambda url: print(url, flush=True),
            engines=engines,
        )
    )
