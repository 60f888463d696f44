"""A tool's result as text: the model hears words, so a picture becomes a line that tells of it. Pure."""

import json
from typing import Any, cast

from realtime_chat.tools.outcomes import OUTPUT_BYTES, bounded

Block = dict[str, Any]


def text_of(result: Block) -> str:
    """The result of `tools/call`, as JSON has it, in at most 16,000 bytes. "" when there is nothing to tell.

    Structured content is told when the blocks do not say the same already.
    """
    blocks = [_told(block) for block in cast("list[Block]", result.get("content") or [])]
    structured = result.get("structuredContent")
    if structured is not None and not any(_says(block, structured) for block in blocks):
        blocks.append(_json(structured))
    return bounded("\n".join(block for block in blocks if block), OUTPUT_BYTES)


def _told(block: Block) -> str:
    match block.get("type"):
        case "text":
            return str(block.get("text", ""))
        case "image" | "audio" as kind:
            return f"[{kind}, {block.get('mimeType', 'unknown')}, {_size(block.get('data', ''))}]"
        case "resource":
            return _resource(cast("Block", block.get("resource") or {}))
        case "resource_link":
            kind = f", {block['mimeType']}" if block.get("mimeType") else ""
            return f"[link to {block.get('name', 'a resource')}{kind}: {block.get('uri', '')}]"
        case kind:
            return f"[{kind}: this kind of content cannot be shown]"


def _resource(resource: Block) -> str:
    uri, kind = resource.get("uri", ""), resource.get("mimeType", "unknown")
    if "text" in resource:
        return f"[resource {uri}]\n{resource['text']}"
    return f"[resource {uri}, {kind}, {_size(resource.get('blob', ''))}]"


def _size(base64: str) -> str:
    size = len(base64) * 3 // 4 - base64[-2:].count("=")
    return f"{size} bytes" if size < 1000 else f"{round(size / 1000)} kB"


def _says(text: str, structured: Any) -> bool:
    """True when the text is this value; servers wrap a plain one as {"result": value}."""
    values: list[Any] = [structured]
    if isinstance(structured, dict) and cast("Block", structured).keys() == {"result"}:
        values.append(structured["result"])
    if any(text == value for value in values):
        return True
    try:
        return json.loads(text) in values
    except (ValueError, RecursionError):
        return False


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
