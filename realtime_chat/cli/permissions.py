"""From flags and settings to what the assistant may do."""

import os
import shlex
from pathlib import Path

from realtime_chat.cli.settings_tables import HookSettings, PermissionSettings
from realtime_chat.core.errors import ConfigError, InvalidArguments
from realtime_chat.tools.door import Permissions
from realtime_chat.tools.grants import GrantBook
from realtime_chat.tools.hooks import Command, Hooks
from realtime_chat.tools.permission import PermissionMode, Policy, Rule, read_rule


def permissions(
    settings: PermissionSettings, mode: PermissionMode | None, *, workspace: Path, data_dir: Path
) -> Permissions:
    """`mode` is the flag's, which wins. Raises ConfigError for a rule that cannot be read."""
    policy = Policy(
        mode=mode or settings.mode,
        deny=_rules("deny", settings.deny),
        ask=_rules("ask", settings.ask),
        allow=_rules("allow", settings.allow),
    )
    return Permissions(policy=policy, book=GrantBook(data_dir, workspace), workspace=workspace)


def hooks(settings: HookSettings) -> Hooks:
    """Raises ConfigError for a command that cannot be read."""
    return Hooks(
        pre_tool_use=commands("pre_tool_use", settings.pre_tool_use),
        post_tool_use=commands("post_tool_use", settings.post_tool_use),
        timeout_s=settings.timeout_s,
    )


def commands(key: str, lines: list[str]) -> tuple[Command, ...]:
    """The commands of a setting in [hooks]. Raises ConfigError for one that cannot be read."""
    try:
        found = [tuple(os.path.expanduser(word) for word in shlex.split(line)) for line in lines]
    except ValueError as error:
        raise ConfigError(f"Setting hooks.{key} has a command that cannot be read ({error}).") from None
    if not all(found):
        raise ConfigError(f"Setting hooks.{key} has an empty command; leave it out.")
    return tuple(found)


def _rules(key: str, texts: list[str]) -> tuple[Rule, ...]:
    try:
        return tuple(read_rule(text) for text in texts)
    except InvalidArguments as error:
        raise ConfigError(f"Setting permissions.{key}: {error.message}") from None
