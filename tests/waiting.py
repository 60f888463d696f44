"""Waiting for what sets no event: a thread's, another process's, or a property's doing."""

import asyncio
from collections.abc import Callable


async def eventually(condition: Callable[[], bool]) -> None:
    """Return when it holds; other tasks, threads and processes go on meanwhile, and virtual time stands still."""
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - what is waited for sets no event of this loop
            await asyncio.sleep(0)
