"""The child program with the engines of the tests; run by test_child.py."""

import sys

from realtime_chat.local.program import main
from tests.local.slow_engines import engines

if __name__ == "__main__":
    sys.exit(main(lambda _: engines()))
