"""Keys that are given once: kept where only the user reads them, used in a told order, shown to nobody."""

import io
import json
import os
from collections.abc import Callable, Generator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend

from realtime_chat.cli import main
from realtime_chat.cli.commands.keys import keys_in_force
from realtime_chat.cli.flags import Flags
from realtime_chat.cli.kept_keys import KeptKeys
from realtime_chat.cli.providers.choice import KEYS, choose
from realtime_chat.cli.settings import Settings
from realtime_chat.cli.settings_tables import ProviderSettings
from realtime_chat.core.errors import ConfigError, InvalidArguments
from realtime_chat.local.child import Endpoint
from tests.cli.program import Run, written

KEY = "sk-canary-0123456789-abcd"
OTHER = "sk-other-0123456789-wxyz"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nobody's own keys."""
    file = tmp_path / "config" / "realtime-chat" / "keys.json"
    monkeypatch.setattr("realtime_chat.cli.paths.keys_file", lambda: file)
    monkeypatch.setenv("REALTIME_CHAT_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.chdir(tmp_path)
    for variable, _ in KEYS:
        monkeypatch.delenv(variable, raising=False)
    return tmp_path


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Run]:
    """`realtime-chat keys …`, with what is typed ahead."""

    def run(*arguments: str, given: str = "") -> Run:
        monkeypatch.setattr("sys.stdin", io.StringIO(given))
        code = main.run(["keys", *arguments])
        out, err = capsys.readouterr()
        return Run(code, out.encode(), err.encode())

    return run


def test_a_key_is_read_from_stdin_kept_for_its_owner_alone_and_never_shown(
    home: Path, keys: Callable[..., Run]
) -> None:
    kept = keys("set", "openai", given=f"{KEY}\n")
    assert (kept.code, KEY.encode() in kept.out + kept.err) == (0, False)
    (file,) = home.rglob("keys.json")
    assert str(file) in kept.out.decode()
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    listed = json.loads(keys("list", "--json").out)
    assert listed["keys"] == [{"provider": "openai", "key": "…abcd", "from": str(file)}]
    assert keys("remove", "openai").code == 0
    assert KEY.encode() not in written(home)
    again = keys("remove", "openai")
    assert (again.code, len(again.told)) == (2, 1)
    assert b"There is no key" in keys("list").out


@pytest.mark.parametrize("given", ["", "\n", "two words\n", "schlüssel\n", "x" * 9000])
def test_what_is_no_key_is_refused_and_nothing_is_kept(
    home: Path, keys: Callable[..., Run], given: str
) -> None:
    run = keys("set", "openai", given=given)
    assert (run.code, len(run.told)) == (2, 1)
    assert list(home.rglob("keys.json")) == []


def test_a_provider_without_keys_is_refused_by_name(keys: Callable[..., Run]) -> None:
    assert keys("set", "local").told == ["error: Keys are kept for: openai, azure, gemini."]


def test_a_variable_goes_before_a_kept_key_and_that_before_the_settings() -> None:
    settings = Settings(provider={"openai": ProviderSettings.model_validate({"api_key": "in-the-settings"})})
    flags = Flags(mode="text", provider="openai")

    def key(environ: dict[str, str]) -> str:
        choice = choose(flags, settings, environ)
        assert choice.api_key is not None
        return choice.api_key.reveal()

    assert key({}) == "in-the-settings"
    KeptKeys().set("openai", KEY)
    assert key({}) == KEY
    assert key({"OPENAI_API_KEY": OTHER}) == OTHER
    (row,) = keys_in_force(settings, {"OPENAI_API_KEY": OTHER})
    assert row == {"provider": "openai", "key": "…wxyz", "from": "OPENAI_API_KEY"}


def test_a_kept_key_chooses_its_provider_as_its_variable_would() -> None:
    assert choose(Flags(mode="text"), Settings(), {}).name == "local"
    KeptKeys().set("openai", KEY)
    choice = choose(Flags(mode="text"), Settings(), {})
    assert (choice.name, choice.why) == ("openai", "a key is kept for it")
    assert KEY not in repr(choice)


def test_a_short_key_shows_nothing_of_itself() -> None:
    KeptKeys().set("openai", "short")
    (row,) = keys_in_force(Settings(), {})
    assert row["key"] == "…"


@pytest.mark.parametrize("content", [b"{oh", b"[]", b'{"openai": {"kee": 1}}'])
def test_a_damaged_file_is_named_and_shows_nothing(content: bytes) -> None:
    kept = KeptKeys()
    kept.file.parent.mkdir(parents=True)
    kept.file.write_bytes(content)
    with pytest.raises(ConfigError, match=r"keys\.json cannot be read \(it is damaged\)"):
        kept.get("openai")


def test_keys_that_others_may_read_are_noticed() -> None:
    kept = KeptKeys()
    kept.set("openai", KEY)
    assert not kept.is_open_to_others
    kept.file.chmod(0o644)
    assert kept.is_open_to_others == (os.name == "posix")
    kept.set("openai", OTHER)
    assert not kept.is_open_to_others


def test_nothing_is_forgotten_that_was_not_kept() -> None:
    with pytest.raises(InvalidArguments, match="No key of azure"):
        KeptKeys().remove("azure")


class InMemory(KeyringBackend):
    """A system's keyring, as the library sees it."""

    priority = 1  # pyright: ignore[reportAssignmentType]

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.held[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.held[service, username]


@pytest.fixture
def ring() -> Generator[InMemory]:
    """One that works."""
    before, mine = keyring.get_keyring(), InMemory()
    keyring.set_keyring(mine)
    yield mine
    keyring.set_keyring(before)


def test_the_systems_keyring_keeps_it_where_there_is_one(ring: InMemory) -> None:
    kept = KeptKeys()
    assert kept.set("openai", KEY) == "keyring"
    assert KEY.encode() not in kept.file.read_bytes()
    assert (kept.get("openai"), kept.places()) == (KEY, {"openai": "keyring"})
    kept.remove("openai")
    assert (ring.held, kept.places()) == ({}, {})


def test_a_key_that_is_gone_from_the_keyring_is_told_hides_no_other_and_can_be_forgotten(
    ring: InMemory,
) -> None:
    kept = KeptKeys()
    kept.set("openai", KEY)
    kept.set("azure", OTHER)
    del ring.held["realtime-chat", "openai"]
    with pytest.raises(ConfigError, match="does not give the key of openai; unlock it"):
        kept.get("openai")
    gone, there = keys_in_force(Settings(), {})
    assert (gone["key"], gone["from"]) == ("…", "the system's keyring, which does not give it")
    assert (there["provider"], there["key"]) == ("azure", "…wxyz")
    kept.remove("openai")
    assert kept.places() == {"azure": "keyring"}


def test_of_two_variables_the_one_that_is_used_is_told() -> None:
    both = {"GEMINI_API_KEY": KEY, "GOOGLE_API_KEY": OTHER}
    (row,) = keys_in_force(Settings(), both)
    assert (row["key"], row["from"]) == ("…abcd", "GEMINI_API_KEY")
    choice = choose(Flags(mode="text", provider="gemini"), Settings(), both)
    assert choice.key() == KEY


def test_a_key_that_is_refused_is_named_by_where_it_stands(
    home: Path, embedded: Endpoint, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REALTIME_CHAT_DATA_DIR", str(home / "data"))

    def told() -> str:
        assert main.run(["text", "hello", "--url", embedded.url]) == 1
        return capsys.readouterr().err.strip()

    (home / "config.toml").write_text(f'[provider.openai]\napi_key = "{OTHER}"\n')
    assert told().endswith("refused the key (HTTP 401). Check api_key in [provider.openai].")
    KeptKeys().set("openai", KEY)
    assert told().endswith("Check the key that `realtime-chat keys set openai` kept.")
    monkeypatch.setenv("OPENAI_API_KEY", OTHER)
    assert told().endswith("Check OPENAI_API_KEY.")
