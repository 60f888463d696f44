"""From flags and settings to what the assistant may do."""

from pathlib import Path

from realtime_chat.cli.settings import PermissionSettings
from realtime_chat.core.errors import ConfigError, InvalidArguments
from realtime_chat.tools.door import Permissions
from realtime_chat.tools.grants import GrantBook
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


def _rules(key: str, texts: list[str]) -> tuple[Rule, ...]:
    try:
        return tuple(read_rule(text) for text in texts)
    except InvalidArguments as error:
        raise ConfigError(f"Setting permissions.{key}: {error.message}") from None
