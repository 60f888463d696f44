"""A projection of a session as one JSON file (T13, T14): for export and a quick look, never the authority (P17)."""

import os
from pathlib import Path
from typing import Any

import msgspec

from realtime_chat.core.history import History
from realtime_chat.core.json_text import NotJson, read_json
from realtime_chat.core.message_parts import Item
from realtime_chat.core.replay import replay_items
from realtime_chat.core.statistics import metrics_of


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """`last_seq` says which log it was taken of; an older one than the log's is stale."""

    session_id: str
    created_at: str
    config: dict[str, Any]
    conversation_items: list[dict[str, Any]]
    metrics: dict[str, Any]
    last_seq: int


def snapshot_of(history: History) -> Snapshot:
    """Project a folded history; one conversation item for each that a new connection would be given."""
    return Snapshot(
        session_id=history.session_id,
        created_at=history.created_at,
        config={
            "agent": history.agent,
            "provider": history.provider,
            "model": history.model,
            "voice": history.voice,
            "instructions": history.instructions,
            "tools": list(history.tools),
        },
        conversation_items=[_words(item) for item in replay_items(history)],
        metrics=msgspec.to_builtins(metrics_of(history)),
        last_seq=history.last_seq,
    )


def _words(item: Item) -> dict[str, Any]:
    """Of pictures their lines: their content is not for a quick look."""
    return {name: value for name, value in msgspec.to_builtins(item).items() if name != "images"}


def save(path: Path, snapshot: Snapshot) -> None:
    """Replace the file in one step (0600). Raises OSError."""
    fresh = path.with_suffix(".snapshot.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.encode(snapshot))
    fresh.replace(path)


def load(path: Path) -> Snapshot | None:
    """None when there is none, or when it cannot be read: the log tells all that it could."""
    try:
        return read_json(path.read_bytes(), Snapshot)
    except (OSError, NotJson):
        return None
