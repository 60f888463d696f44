"""A key is in no file but its own, in no output and in no error: whatever is run, and whatever a service repeats.

And whatever is written is for the user's eyes alone, also where the user's own umask would let everybody read.
"""

import stat
from pathlib import Path

from tests.audio.kit import wav
from tests.core.test_images import PNG
from tests.security.running import CANARIES, KEPT, SET, VARIABLES, ran
from tests.security.tattler import WAYS, Tattler, providers


def holding(home: Path, key: str) -> list[str]:
    """The files in which it is."""
    files = [file for file in home.rglob("*") if file.is_file()]
    return [str(file.relative_to(home)) for file in files if key.encode() in file.read_bytes()]


def test_no_key_is_told_or_written_whatever_a_service_repeats(home: Path, service: Tattler) -> None:
    # M30, J24
    told: list[str] = []
    for way in WAYS:
        service.way = way
        for name, led in providers(service):
            code = 0 if way == "answers" and name != "azure" and name != "gemini" else None
            more = ["--debug", "--events", "-v", "--no-tools", "--trace", str(home / "trace.json")]
            told.append(ran("text", "hello", *led, *more, code=code))
    assert any("refused the key" in one for one in told)
    assert "[secret]" in told[-1], told[-1]
    for key in CANARIES:
        assert holding(home, key) == []


def test_a_kept_key_is_in_its_own_file_and_nowhere_else(home: Path, service: Tattler) -> None:
    ran("keys", "set", "openai", given=f"{KEPT}\n")
    ran("keys", "list")
    ran("keys", "list", "--json")
    (home / "settings.toml").write_text(f'[provider.azure]\napi_key = "{SET}"\n')
    ran("config", "show", "--config", str(home / "settings.toml"))
    ran("doctor", "--config", str(home / "settings.toml"), code=None)
    ran("doctor", "--json", "--config", str(home / "settings.toml"), code=None)
    ran("agents")
    ran("tools", "list")
    ran("voices", "--provider", "openai")
    assert holding(home, KEPT) == ["config/realtime-chat/keys.json"]
    assert holding(home, SET) == ["settings.toml"]
    assert [key for key in VARIABLES.values() if holding(home, key)] == []


def test_whatever_is_written_is_for_the_users_eyes_alone(home: Path, service: Tattler) -> None:
    # P25; recordings and their export have tests of their own, and `--out` is a file like any other
    question, picture = home / "work" / "q.wav", home / "work" / "p.png"
    question.write_bytes(wav(bytes(48_000)))
    picture.write_bytes(PNG)
    (home / "work" / "realtime-chat.toml").write_text('[permissions]\nmode = "ask"\n')
    given = {one for one in home.rglob("*") if one.is_file()}
    led = dict(providers(service))["openai"]
    ran("config", "init")
    ran("config", "trust", "--yes")
    ran("keys", "set", "openai", given=f"{KEPT}\n")
    ran("text", "hello", *led, "--image", str(picture), "--trace", str(home / "trace.json"))
    ran("talk", *led, "--in", str(question), "--out", str(home / "a.wav"))
    ran("tools", "call", "add_note", "--args", '{"text": "milk"}')
    ran("sessions", "search", "hello")
    first, _ = sorted((home / "data").rglob("*.jsonl"))
    ran("sessions", "fork", first.stem)
    ran("sessions", "export", first.stem, "--out", str(home / "talk.md"))
    made = {one for one in home.rglob("*") if one.is_file()} - given - {home / "a.wav"}
    names = {one.name for one in made}
    assert {
        "config.toml",
        "keys.json",
        "trace.json",
        "talk.md",
        "notes.txt",
        "confirmed-projects.json",
    } <= names, names
    assert {".jsonl", ".json", ".png", ".lock", ".sqlite"} <= {one.suffix for one in made}, names
    open_files = [str(one) for one in made if stat.S_IMODE(one.stat().st_mode) & 0o077]
    assert open_files == []
    folders = [one for one in home.rglob("*") if one.is_dir() and one != home / "work"]
    ours = [one for one in folders if "realtime-chat" in one.parts]
    assert [str(one) for one in ours if stat.S_IMODE(one.stat().st_mode) & 0o077] == []
    assert ours
