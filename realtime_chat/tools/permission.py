"""What may run: rules, a mode and grants judge each call before it starts. Pure: no file, no screen, no clock.

The first that decides wins (X18): a deny rule, read-only, a grant, an ask rule, an allow rule, the mode. No
decision lifts the fence around the workspace: the tools themselves hold it in every mode (P18).
"""

import json
import posixpath
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Literal, TypeAlias, assert_never, cast

from realtime_chat.core.errors import InvalidArguments
from realtime_chat.tools.base import Need

#: auto: everything runs; ask: what could do harm waits for a human's word; read-only: only reading runs.
PermissionMode: TypeAlias = Literal["auto", "ask", "read-only"]

_RULE = re.compile(r"(?P<tool>[\w*?\[\]!-]+)(?:\((?P<inside>.*)\))?", re.DOTALL)
_ARGUMENT = re.compile(r"(?P<name>[A-Za-z_]\w*)=(?P<pattern>.*)", re.DOTALL)
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
#: What lets a shell do more than the words say. No pattern allows it.
_SHELL = re.compile(r"[;&|<>$`\n\r()]")
_WORDS: dict[Need | None, str] = {
    "read": "It reads.",
    "own": "It changes your notes, lists or timers.",
    "write": "It changes something.",
    "run": "It runs a program.",
    "network": "It talks over the network.",
    None: "It does not say what it touches.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A call as it would run. `target` names the argument that says where it acts: a path, an address, a command.

    `place`: where a path really leads, from the workspace, links followed and detours taken out; None for other
    targets, and outside.
    """

    tool: str
    need: Need | None
    arguments: Mapping[str, Any]
    target: str | None = None
    place: str | None = None


@dataclass(frozen=True, slots=True)
class Allowed:
    """It may run. By a rule, a grant, the mode, or its need, which nobody asks about."""

    by: Literal["rule", "grant", "mode", "need"]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Denied:
    """It may not run."""

    by: Literal["rule", "mode"]
    reason: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A human must say."""

    reason: str


Decision: TypeAlias = Allowed | Denied | Asked


@dataclass(frozen=True, slots=True)
class Grant:
    """What a human's word covers beyond the one call: calls of `tool` that have the same scope."""

    tool: str
    arguments: str  # JSON, keys in order
    others_vary: bool = False

    @property
    def words(self) -> str:
        """For the card, where it is shown before it is given."""
        return (
            f"{self.tool} with {self.arguments}, whatever its other arguments are"
            if self.others_vary
            else f"{self.tool} with exactly these arguments"
        )


def scope_of(wanted: Wanted) -> Grant:
    """All that a grant for this call covers: the tool and its arguments; of a tool that writes, its place alone."""
    if wanted.need == "write" and wanted.target is not None and wanted.place is not None:
        return Grant(wanted.tool, _json({wanted.target: wanted.place}), others_vary=True)
    return Grant(wanted.tool, _json(wanted.arguments))


@dataclass(frozen=True, slots=True)
class Rule:
    """TOOL, TOOL(PATTERN) or TOOL(ARGUMENT=PATTERN). `*` stands for anything, also in TOOL.

    PATTERN alone is held against the target, or, where the tool names none, against all arguments as JSON.
    """

    text: str
    tool: str
    argument: str | None = None
    pattern: str | None = None

    def catches(self, wanted: Wanted) -> bool:
        """For deny and ask: in doubt, yes. Case, unicode forms and detours in a path do not slip through."""
        if not fnmatchcase(_folded(wanted.tool), _folded(self.tool)):
            return False
        if self.pattern is None:
            return True
        name = self.argument or wanted.target
        if not _given(wanted, name):
            return self.argument is None
        pattern = _folded(self.pattern)
        return any(fnmatchcase(_folded(form), pattern) for form in _wide_forms(wanted, name))

    def covers(self, wanted: Wanted) -> bool:
        """For allow: in doubt, no. No pattern allows a shell's own signs, or an address of another host."""
        if not fnmatchcase(wanted.tool, self.tool):
            return False
        if self.pattern is None:
            return True
        name = self.argument or wanted.target
        if not _given(wanted, name):
            return False
        text = _narrow_form(wanted, name)
        if wanted.need == "run" and _SHELL.search(text):
            return False
        if _ADDRESS.match(text) and self.pattern != "*":
            return _same_address(text, self.pattern)
        return fnmatchcase(text, self.pattern)


def read_rule(text: str) -> Rule:
    """The rule that is written so. Raises InvalidArguments."""
    found = _RULE.fullmatch(text.strip())
    if found is None:
        raise InvalidArguments(
            f"Permission rule {text[:80]!r}: write TOOL, TOOL(PATTERN) or TOOL(ARGUMENT=PATTERN)."
        )
    tool, inside = found["tool"], found["inside"]
    if inside is None:
        return Rule(text, tool)
    named = _ARGUMENT.fullmatch(inside)
    return Rule(text, tool, named["name"], named["pattern"]) if named else Rule(text, tool, None, inside)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the user settled beforehand. The driver's default is auto, without rules (P18)."""

    mode: PermissionMode = "auto"
    deny: tuple[Rule, ...] = ()
    ask: tuple[Rule, ...] = ()
    allow: tuple[Rule, ...] = ()


def judge(policy: Policy, grants: Collection[Grant], wanted: Wanted) -> Decision:
    """The decision on one call, with its reason."""
    if (rule := _first(policy.deny, wanted)) is not None:
        return Denied("rule", f"The rule {rule.text} denies it.")
    if policy.mode == "read-only" and wanted.need != "read":
        return Denied("mode", f"This session is read-only. {_WORDS[wanted.need]}")
    if scope_of(wanted) in grants:
        return Allowed("grant", f"You allowed {scope_of(wanted).words}.")
    if (rule := _first(policy.ask, wanted)) is not None:
        return Asked(f"{_WORDS[wanted.need]} The rule {rule.text} asks for your word.")
    covering = next((rule for rule in policy.allow if rule.covers(wanted)), None)
    if covering is not None:
        return Allowed("rule", f"The rule {covering.text} allows it.")
    return _by_mode(policy.mode, wanted)


def _by_mode(mode: PermissionMode, wanted: Wanted) -> Decision:
    if wanted.need in ("read", "own"):
        return Allowed("need")
    match mode:
        case "auto":
            return Allowed("mode")
        case "ask" | "read-only":
            return Asked(_WORDS[wanted.need])
        case _:
            assert_never(mode)


def _first(rules: tuple[Rule, ...], wanted: Wanted) -> Rule | None:
    return next((rule for rule in rules if rule.catches(wanted)), None)


def _given(wanted: Wanted, name: str | None) -> bool:
    """Whether there is anything to hold a pattern against; a path that is left out may have its usual place."""
    return name is None or name in wanted.arguments or (name == wanted.target and wanted.place is not None)


def _narrow_form(wanted: Wanted, name: str | None) -> str:
    if name is None:
        return _json(wanted.arguments)
    if name == wanted.target and wanted.place is not None:
        return wanted.place
    value = wanted.arguments[name]
    return value if isinstance(value, str) else _json(value)


def _wide_forms(wanted: Wanted, name: str | None) -> Iterator[str]:
    """The narrow form, every text inside the value, and each of these without detours."""
    yield _narrow_form(wanted, name)
    for leaf in _leaves(wanted.arguments if name is None else wanted.arguments.get(name)):
        yield leaf
        yield posixpath.normpath(leaf.replace("\\", "/"))


def _same_address(text: str, pattern: str) -> bool:
    """Host against host and the rest against the rest, so that no `*` reaches over the border between them."""
    host, _, rest = text.partition("://")[2].partition("/")
    scheme_pattern, _, address = pattern.partition("://")
    host_pattern, slash, rest_pattern = address.partition("/")
    return (
        not re.search(r"[@\\?#\s]", host)
        and fnmatchcase(text.partition("://")[0].lower(), scheme_pattern)
        and fnmatchcase(host.lower(), host_pattern)
        and fnmatchcase(rest, rest_pattern if slash else "*")
    )


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in cast("Mapping[Any, Any]", value).values():
            yield from _leaves(each)
    elif isinstance(value, list):
        for each in cast("list[Any]", value):
            yield from _leaves(each)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
