"""The console script. `--version` answers before anything heavy is imported: a bare Python's start is its cost."""

import sys


def main() -> None:
    """Run the command line and leave with its exit code."""
    if sys.argv[1:] == ["--version"]:
        from realtime_chat import __version__

        print(f"realtime-chat {__version__}")
        return
    from realtime_chat.cli.main import run

    sys.exit(run(sys.argv[1:]))
