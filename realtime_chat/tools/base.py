"""`@tool`: how a plain Python function becomes something the assistant may use.

    @tool(need="read")
    def weather(place: str, days: int = 1) -> str:
        \"\"\"Tell the weather of a place.\"\"\"

The docstring is what the model reads; the signature becomes the JSON Schema. A function that wants to know
about its surroundings takes `ctx: ToolContext`, which the model never sees (M4).
"""

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args, overload

from realtime_chat.core.errors import InvalidArguments
from realtime_chat.core.options import ToolSchema
from realtime_chat.core.ports import CancelFlag, Clock
from realtime_chat.tools.arguments import decoded, read_arguments
from realtime_chat.tools.parameters import JsonSchema, Parameter, object_schema, read_signature

#: What a tool touches: reads something; keeps the user's own notes, lists and timers; changes other things;
#: runs programs; talks over the network. The permissions judge by this.
Need: TypeAlias = Literal["read", "own", "write", "run", "network"]

_CHANGES: tuple[Need, ...] = ("own", "write", "run")
#: The grammar every provider accepts.
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Where tools work: the folder they may read, the folder that keeps the user's things, and the time."""

    workspace: Path
    data_dir: Path
    clock: Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolContext:
    """What a call may know about its surroundings; made anew for each call.

    `cancel_event` is the batch's flag: async tools may `await ctx.cancel_event.wait()`, sync ones look at
    `ctx.cancelled` between steps. `progress` may be called from any thread; while the listener is busy the
    newest text replaces the one that waits, and after the call's end it does nothing.
    """

    workspace: Path
    data_dir: Path
    clock: Clock
    cancel_event: CancelFlag
    progress: Callable[[str], None]

    @property
    def cancelled(self) -> bool:
        """True from the interruption of this batch on."""
        return self.cancel_event.cancelled


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """One thing the assistant can do. `need` None and `parallel_safe` None mean: its author did not say.

    `target` names the parameter that says where it acts (a path, an address, a command); permission rules and
    grants are held against it.
    With a `foreign_schema` somebody else checks the arguments, and `function` takes them whole, as `arguments`.
    """

    name: str
    description: str
    parameters: tuple[Parameter, ...]
    function: Callable[..., Any]
    context_name: str | None = None
    need: Need | None = None
    target: str | None = None
    parallel_safe: bool | None = None
    foreign_schema: JsonSchema | None = None

    @property
    def schema(self) -> ToolSchema:
        """The tool as the model sees it."""
        foreign = self.foreign_schema
        parameters = object_schema(self.parameters) if foreign is None else foreign
        return ToolSchema(name=self.name, description=self.description, parameters=parameters)

    def keywords(self, arguments: str) -> dict[str, Any]:
        """What `function` is called with. Raises InvalidArguments for arguments that it cannot take."""
        if self.foreign_schema is not None:
            return {"arguments": decoded(arguments)}
        return read_arguments(arguments, self.parameters)

    @property
    def is_async(self) -> bool:
        """True for a coroutine function, which runs on the loop; any other runs in a thread of its own."""
        return inspect.iscoroutinefunction(self.function)

    @property
    def mutating(self) -> bool:
        """True when calls must run one by one, before the others of their batch (X14).

        The author's `parallel_safe` decides, else the need. Who says neither runs in parallel (M22).
        """
        if self.parallel_safe is not None:
            return not self.parallel_safe
        return self.need in _CHANGES


@overload
def tool(function: Callable[..., Any], /) -> Tool: ...
@overload
def tool(
    *,
    name: str | None = None,
    need: Need | None = None,
    target: str | None = None,
    parallel_safe: bool | None = None,
) -> Callable[[Callable[..., Any]], Tool]: ...
def tool(
    function: Callable[..., Any] | None = None,
    /,
    *,
    name: str | None = None,
    need: Need | None = None,
    target: str | None = None,
    parallel_safe: bool | None = None,
) -> Tool | Callable[[Callable[..., Any]], Tool]:
    """Make a Tool of a function, as `@tool` or `@tool(need="write", target="path", parallel_safe=False)`.

    Raises InvalidArguments when a model could not use it: an impossible name, no docstring, a parameter
    without type or of an unsupported one, an unknown need, a target that is no parameter.
    """

    def make(function: Callable[..., Any]) -> Tool:
        made = _make(function, name=name or function.__name__, need=need, parallel_safe=parallel_safe)
        if target is not None and target not in {parameter.name for parameter in made.parameters}:
            raise InvalidArguments(f"Tool {made.name!r}: its target {target!r} is none of its parameters.")
        return replace(made, target=target)

    return make if function is None else make(function)


def _make(function: Callable[..., Any], *, name: str, need: Need | None, parallel_safe: bool | None) -> Tool:
    if not _NAME.fullmatch(name):
        raise InvalidArguments(f"Tool {name[:64]!r}: use 1 to 64 letters, digits, '_' and '-' as its name.")
    if need is not None and need not in get_args(Need):
        raise InvalidArguments(f"Tool {name!r}: its need must be one of {', '.join(get_args(Need))}.")
    description = inspect.getdoc(function)
    if not description:
        raise InvalidArguments(f"Tool {name!r} has no docstring; write what it does and when to use it.")
    parameters, context_name = read_signature(function, tool=name, context=ToolContext)
    return Tool(
        name=name,
        description=description,
        parameters=parameters,
        function=function,
        context_name=context_name,
        need=need,
        parallel_safe=parallel_safe,
    )
