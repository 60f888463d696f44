"""`python -m realtime_chat` is the console script."""

from realtime_chat.cli.entry import main

if __name__ == "__main__":
    main()
