"""A session's options and its talk → the body of one request. Pure."""

from typing import Any

from realtime_chat.core.messages import CreateResponse
from realtime_chat.core.options import SessionOptions, ToolSchema
from realtime_chat.core.transports.base import as_json
from realtime_chat.core.transports.chat.dialogue import Dialogue, Message


def request_body(
    asked: CreateResponse, dialogue: Dialogue, options: SessionOptions, *, model: str, new_names: bool
) -> bytes:
    """UTF-8 JSON; what is not set is not sent, and the extras come last, key by key (M8).

    An answer that is to use no tools is not told of them: many servers know no tool_choice. Raises InvalidArguments for
    extras that are not JSON.
    """
    instructions = options.instructions if asked.instructions is None else asked.instructions
    body: dict[str, Any] = {
        "model": model,
        "messages": dialogue.messages(instructions),
        "stream": True,
        "stream_options": {"include_usage": True},
        **_tools(options, asked),
        **_limit(options, new_names=new_names),
        **({"reasoning_effort": options.reasoning_effort} if options.reasoning_effort else {}),
        **options.extras,
    }
    return as_json(body)


def _tools(options: SessionOptions, asked: CreateResponse) -> dict[str, Any]:
    choice = options.tool_choice
    if not options.tools or asked.tool_choice == "none" or choice == "none":
        return {}
    tools: dict[str, Any] = {"tools": [_tool(schema) for schema in options.tools]}
    if isinstance(choice, dict):
        tools["tool_choice"] = {"type": "function", "function": {"name": choice.get("name", "")}}
    elif choice != "auto":
        tools["tool_choice"] = choice
    return tools


def _tool(schema: ToolSchema) -> Message:
    function = {"name": schema.name, "description": schema.description, "parameters": schema.parameters}
    return {"type": "function", "function": function}


def _limit(options: SessionOptions, *, new_names: bool) -> dict[str, int]:
    most = options.max_output_tokens
    if not isinstance(most, int):
        return {}
    return {"max_completion_tokens" if new_names else "max_tokens": most}
