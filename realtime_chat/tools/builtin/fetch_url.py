"""Read a page of the public web."""

from typing import Any

from realtime_chat.tools.base import ToolContext, tool
from realtime_chat.tools.builtin.page_text import page_text
from realtime_chat.tools.builtin.public_web import Page, PublicWeb

#: With JSON's escapes this stays below what a model gets of one call.
MAX_CHARS = 10_000


@tool(need="network", target="url", parallel_safe=True)
async def fetch_url(url: str, ctx: ToolContext) -> dict[str, Any]:
    """Read the text of a page on the public web, its first 10,000 characters; `truncated` is true when there
    is more. Addresses of this computer and of its networks are refused."""
    return report(await PublicWeb(ctx.clock).page(url))


def report(page: Page) -> dict[str, Any]:
    """A page as the model gets it."""
    title, text = page_text(page.text) if "html" in page.kind else ("", page.text)
    return {
        "url": page.url,
        "title": title[:300],
        "text": text[:MAX_CHARS],
        "truncated": page.truncated or len(text) > MAX_CHARS,
    }
