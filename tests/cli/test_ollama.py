"""Ollama on this machine: found where it usually is, told by doctor, used only when asked for; typed and spoken."""

from pathlib import Path

import pytest

from realtime_chat.cli.checks.ollama import ollama_findings
from realtime_chat.cli.flags import Flags
from realtime_chat.cli.ollama import ollama_models, ollama_url
from realtime_chat.cli.providers.choice import choose
from realtime_chat.cli.settings import Settings
from realtime_chat.cli.settings_tables import LocalSettings, ProviderSettings
from realtime_chat.core.errors import InvalidArguments
from tests.audio.kit import fmt_chunk, wav
from tests.cli.program import program, value
from tests.core.transports.chat_peer import peer
from tests.core.transports.http_server import Exchange, http_server
from tests.core.transports.ways import GOOD_KEY, Call, Calls, Says, Told
from tests.local.engines.voices import say


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("", "http://127.0.0.1:11434/v1"),
        ("0.0.0.0", "http://127.0.0.1:11434/v1"),
        (":8080", "http://127.0.0.1:8080/v1"),
        ("box.lan", "http://box.lan:11434/v1"),
        ("box.lan:8080", "http://box.lan:8080/v1"),
        ("http://box.lan", "http://box.lan:80/v1"),
        ("https://box.lan/ollama/", "https://box.lan:443/ollama/v1"),
        ("[::1]:8080", "http://[::1]:8080/v1"),
        ('"127.0.0.1:99999"', "http://127.0.0.1:11434/v1"),
        ("[what", "http://127.0.0.1:11434/v1"),
    ],
)
def test_its_address_is_the_one_that_its_own_programs_use(host: str, url: str) -> None:
    assert ollama_url({"OLLAMA_HOST": host}) == url


async def test_its_models_are_those_that_it_lists_and_whoever_is_not_there_has_none() -> None:
    async def lists(exchange: Exchange) -> None:
        await exchange.answer(200, {"object": "list", "data": [{"id": "qwen3"}, {"id": "llama3.2"}]})

    async def is_another(exchange: Exchange) -> None:
        await exchange.answer(200, b"<html>")

    async with http_server(lists) as server:
        environ = {"OLLAMA_HOST": server.url.removesuffix("/v1")}
        assert await ollama_models(environ) == ["qwen3", "llama3.2"]
    assert await ollama_models(environ) is None
    async with http_server(is_another) as server:
        assert await ollama_models({"OLLAMA_HOST": server.url.removesuffix("/v1")}) is None


async def test_doctor_tells_of_it_to_who_has_the_built_in_brain_and_it_is_never_chosen_by_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    async with peer() as served:
        monkeypatch.setenv("OLLAMA_HOST", served.server.url.removesuffix("/v1"))
        flags = Flags(mode="text")
        assert choose(flags, Settings(), {}).name == "local"
        assert await ollama_findings(flags, Settings()) == []  # it wants a key, so it does not serve us
        assert await ollama_findings(Flags(mode="text", url="ws://127.0.0.1:1/v1"), Settings()) == []

    async def lists(exchange: Exchange) -> None:
        await exchange.answer(200, {"data": [{"id": "qwen3"}]})

    async with http_server(lists) as server:
        monkeypatch.setenv("OLLAMA_HOST", server.url.removesuffix("/v1"))
        (finding,) = await ollama_findings(flags, Settings())
    assert (finding.detail, finding.cure) == (
        "Ollama runs here",
        "to talk with its models: --provider ollama -m qwen3",
    )


def test_typed_it_is_asked_itself_and_spoken_through_the_embedded_server() -> None:
    typed = choose(Flags(mode="text", provider="ollama", model="qwen3"), Settings(), {})
    assert (typed.transport, typed.spoken, typed.url) == ("stateless", False, "http://127.0.0.1:11434/v1")
    table = Settings(provider={"ollama": ProviderSettings(model="qwen3")})
    spoken = choose(Flags(mode="voice", provider="ollama"), table, {"OLLAMA_HOST": "box.lan"})
    assert (spoken.model, spoken.spoken, spoken.url) == ("qwen3", True, "http://box.lan:11434/v1")


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (Flags(mode="text", provider="ollama"), "-m NAME"),
        (Flags(mode="text", provider="ollama", model="m", transport="realtime"), "no realtime transport"),
    ],
)
def test_what_it_cannot_be_asked_is_refused(flags: Flags, words: str) -> None:
    # J3
    with pytest.raises(InvalidArguments, match=words):
        choose(flags, Settings(), {})


def test_what_runs_on_this_machine_is_free_and_nothing_else_is_said_to_be() -> None:
    def free(environ: dict[str, str], **local: str) -> bool:
        flags = Flags(mode="voice", provider="ollama" if not local else "local", model="m")
        table = LocalSettings.model_validate(local)
        return choose(flags, Settings(local=table), environ).is_free

    assert free({})
    assert not free({"OLLAMA_HOST": "https://ollama.example"})
    assert free({}, brain="chat")
    assert free({}, brain_url="https://models.example/v1")  # named, and not used
    assert not free({}, brain="chat", brain_url="https://models.example/v1")
    assert not free({}, tts="http", tts_url="https://voices.example/v1")


async def test_a_spoken_question_is_answered_aloud_by_its_model_with_our_tools(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = tmp_path / "q.wav"
    question.write_bytes(wav(say("what is twelve times seven"), fmt_chunk(24_000, 1)))
    async with peer() as served:
        monkeypatch.setenv("OLLAMA_HOST", served.server.url.removesuffix("/v1"))
        monkeypatch.setenv("OLLAMA_API_KEY", GOOD_KEY)
        served.replies.extend([Calls((Call("calculate", '{"expression": "12*7"}'),)), Says("It is 84.")])
        spoken = ("talk", "--in", str(question), "--out", str(tmp_path / "a.wav"), "--json")
        done = await program(tmp_path, *spoken, "--provider", "ollama", "-m", "tiny")
        answer = value(done)
    assert (answer["provider"], answer["model"], answer["text"]) == ("ollama", "tiny", "It is 84.")
    assert [call["arguments"] for call in answer["tool_calls"]] == [{"expression": "12*7"}]
    assert answer["usage"]["total"] == 24  # as the model's service counted
    assert served.heard[0] == Told("user", "what is twelve times seven")
    assert (tmp_path / "a.wav").stat().st_size > 24_000
