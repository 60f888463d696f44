"""Azure OpenAI from the command line: what must be given, what wins, and what goes out."""

from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request

from realtime_chat.cli.flags import Flags
from realtime_chat.cli.providers.choice import ProviderChoice, choose, provider
from realtime_chat.cli.settings import Settings
from realtime_chat.cli.settings_tables import ProviderSettings
from realtime_chat.core.errors import InvalidArguments, Rejected
from realtime_chat.core.options import SessionOptions
from realtime_chat.core.ports import Transport
from realtime_chat.core.setup import SessionSetup
from realtime_chat.core.transports.openai.azure import azure_base
from tests.core.driving import driver
from tests.core.transports.azure_peer import DEPLOYMENT, PATH
from tests.core.transports.openai_peer import OpenAIPeer
from tests.core.transports.peer import refusing_server, websocket_server
from tests.core.transports.ways import Says

HOME = "https://mine.openai.azure.com"
ENVIRON = {"AZURE_OPENAI_API_KEY": "k-1", "AZURE_OPENAI_ENDPOINT": HOME}


def chosen(environ: dict[str, str], settings: Settings | None = None, **flags: str) -> ProviderChoice:
    return choose(Flags(mode="text", **flags), settings or Settings(), environ)  # pyright: ignore[reportArgumentType]


def test_its_key_in_the_environment_chooses_it_after_openais() -> None:
    choice = chosen(ENVIRON, model="d")
    assert (choice.name, choice.url, choice.model) == ("azure", f"{HOME}/openai/v1", "d")
    assert choice.api_key is not None
    assert choice.api_key.reveal() == "k-1"
    assert "k-1" not in repr(choice)
    assert chosen({**ENVIRON, "OPENAI_API_KEY": "k-2"}).name == "openai"


def test_without_an_address_or_a_deployment_the_exact_thing_is_asked_for() -> None:
    with pytest.raises(InvalidArguments, match="set AZURE_OPENAI_ENDPOINT"):
        chosen({}, provider="azure", model="d")
    with pytest.raises(
        InvalidArguments, match=r"name of your deployment: give --model, or model in \[provider.azure\]"
    ):
        chosen(ENVIRON)


def test_an_identitys_token_does_for_a_key_and_only_where_there_is_none_beside_it() -> None:
    token = {"AZURE_OPENAI_ENDPOINT": HOME, "AZURE_OPENAI_AD_TOKEN": "t-1"}
    choice = chosen(token, provider="azure", model="d")
    assert choice.api_key is None
    assert choice.token is not None
    assert choice.token.reveal() == "t-1"
    assert chosen({**ENVIRON, **token}, model="d").token is None


def test_words_are_written_down_only_by_a_deployment_that_was_named() -> None:
    assert chosen(ENVIRON, model="d").transcription_model is None
    table = ProviderSettings(model="d", transcription_model="scribe", url="https://elsewhere.azure.com")
    choice = chosen(ENVIRON, Settings(provider={"azure": table}))
    assert (choice.transcription_model, choice.model, choice.url) == ("scribe", "d", f"{HOME}/openai/v1")


@pytest.mark.parametrize(
    ("address", "base"),
    [
        (HOME, f"{HOME}/openai/v1"),
        (f"{HOME}/", f"{HOME}/openai/v1"),
        (f"{HOME}/openai", f"{HOME}/openai/v1"),
        (f"{HOME}/openai/v1/", f"{HOME}/openai/v1"),
        ("https://gate.way/azure/v1", "https://gate.way/azure/v1"),
    ],
)
def test_a_resource_is_found_by_any_of_its_usual_addresses(address: str, base: str) -> None:
    assert azure_base(address) == base


@pytest.mark.parametrize(
    ("variable", "header", "word"),
    [
        ("AZURE_OPENAI_API_KEY", "api-key", "s3cret"),
        ("AZURE_OPENAI_AD_TOKEN", "Authorization", "Bearer s3cret"),
    ],
)
async def test_a_whole_turn_goes_through_its_own_door(
    tmp_path: Path, variable: str, header: str, word: str
) -> None:
    # M27, check 21
    doors: list[Request] = []
    service = OpenAIPeer(no_transport)

    async def admit(socket: ServerConnection) -> None:
        assert socket.request is not None
        doors.append(socket.request)
        await service.talk(socket)

    async with websocket_server(admit) as url:
        host = url.removesuffix("/v1/realtime")
        choice = chosen({variable: "s3cret"}, provider="azure", url=host, model=DEPLOYMENT)
        async with provider("azure").ways(choice, Settings(), "run-1") as transport, driver(tmp_path) as talk:
            quiet = SessionOptions(turn_detection="none")
            session_id = await talk.start(SessionSetup(transport=transport, options=quiet))
            service.replies.append(Says("Hello to you."))
            turn_id = await talk.send(session_id, "Hello.")
            assert (await talk.await_turn(session_id, turn_id)).status == "completed"
    (door,) = doors
    assert door.path == PATH
    assert door.headers[header] == word
    assert len({"api-key", "authorization"} & {name.lower() for name in door.headers}) == 1
    assert door.headers["X-Correlation-Id"] == "run-1"


@pytest.mark.parametrize("variable", ["AZURE_OPENAI_API_KEY", "AZURE_OPENAI_AD_TOKEN"])
async def test_a_refused_key_is_told_by_the_name_of_its_variable(variable: str) -> None:
    async with refusing_server(401) as (url, _):
        host = url.removesuffix("/v1/realtime")
        choice = chosen({variable: "s3cret"}, provider="azure", url=host, model="d")
        async with provider("azure").ways(choice, Settings(), "") as transport:
            with pytest.raises(Rejected, match=f"Check {variable}"):
                await transport().connect()


def no_transport(key: str) -> Transport:
    raise AssertionError(f"{key} was not to be used.")
