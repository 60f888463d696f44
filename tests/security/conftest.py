"""A user with keys, and a service that repeats them."""

import os
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.security.running import VARIABLES
from tests.security.tattler import Tattler, tattler


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Path]:
    """A user's folders, keys everywhere, and a umask that keeps nothing from anybody."""
    for name, key in VARIABLES.items():
        monkeypatch.setenv(name, key)
    for name, folder in (("CONFIG", "config"), ("DATA", "data"), ("STATE", "state"), ("CACHE", "cache")):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / folder))
    for name in ("REALTIME_CHAT_CONFIG", "REALTIME_CHAT_DATA_DIR", "AZURE_OPENAI_AD_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    keys = tmp_path / "config" / "realtime-chat" / "keys.json"
    monkeypatch.setattr("realtime_chat.cli.paths.keys_file", lambda: keys)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    before = os.umask(0)
    yield tmp_path
    os.umask(before)


@pytest.fixture
def service() -> Generator[Tattler]:
    with tattler() as playing:
        yield playing
