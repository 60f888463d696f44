"""Where a service is, and who we are there."""

import pytest

from realtime_chat.core.errors import ChatError, ConfigError, InvalidArguments
from realtime_chat.core.transports.addresses import is_loopback
from realtime_chat.core.transports.openai.endpoint import realtime_url
from realtime_chat.core.transports.openai.provider import OpenAIEndpoint, openai_transport


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("https://api.openai.com/v1", "wss://api.openai.com/v1/realtime?model=m"),
        ("https://api.openai.com/v1/", "wss://api.openai.com/v1/realtime?model=m"),
        (" wss://host/v1/realtime ", "wss://host/v1/realtime?model=m"),
        ("HTTP://127.0.0.1:8000/v1", "ws://127.0.0.1:8000/v1/realtime?model=m"),
        ("ws://localhost:8000", "ws://localhost:8000/v1/realtime?model=m"),
        ("http://[::1]:9/v1", "ws://[::1]:9/v1/realtime?model=m"),
        ("https://x.example/openai/v1?api=1", "wss://x.example/openai/v1/realtime?api=1&model=m"),
        ("wss://h/v1/realtime?model=own", "wss://h/v1/realtime?model=own"),
        ("wss://h/api/v1/realtime/session?key=1", "wss://h/api/v1/realtime/session?key=1&model=m"),
    ],
)
def test_any_usual_base_leads_to_the_socket(base: str, url: str) -> None:
    assert realtime_url(base, "m") == url


def test_the_model_is_quoted_and_may_be_left_to_the_server() -> None:
    # M30
    assert realtime_url("ws://h/v1", "a b/c&d=é") == "ws://h/v1/realtime?model=a%20b%2Fc%26d%3D%C3%A9"
    assert realtime_url("ws://h/v1", "") == "ws://h/v1/realtime"


@pytest.mark.parametrize(
    "base",
    [
        "https://user:canary@h/v1",
        "https://canary@h/v1",
        "ftp://canary/v1",
        "canary.example/v1",
        "",
        "https:///canary",
        "https://h:canary/v1",
        "https://[canary/v1",
        "https://h/canary\x1b[31m",
        "https://h/v1\ncanary",
        "https://h/v1#canary",
    ],
)
def test_a_url_that_cannot_serve_is_refused_and_not_echoed(base: str) -> None:
    with pytest.raises(InvalidArguments) as caught:
        realtime_url(base, "m")
    assert "canary" not in caught.value.message
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("localhost", True),
        ("LOCALHOST.", True),
        ("x.localhost", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("0.0.0.0", True),
        ("192.168.1.2", False),
        ("localhost.example.com", False),
        ("api.openai.com", False),
        ("", False),
    ],
)
def test_this_machine_is_told_from_others(host: str, here: bool) -> None:
    assert is_loopback(host) is here


def endpoint(base_url: str, key: str | None) -> OpenAIEndpoint:
    return OpenAIEndpoint(model="m", base_url=base_url, api_key=lambda: key, key_name="MY_KEY")


@pytest.mark.parametrize("key", [None, "", "  "])
def test_a_foreign_service_needs_a_key_before_any_socket(key: str | None) -> None:
    # M30
    with pytest.raises(ConfigError, match="MY_KEY") as caught:
        openai_transport(endpoint("https://api.openai.com/v1", key))
    assert caught.value.info.kind == "missing_api_key"
    assert caught.value.exit_code == 2


def test_a_server_on_this_machine_needs_none() -> None:
    # M30
    assert not openai_transport(endpoint("http://127.0.0.1:1/v1", None)).is_closed


@pytest.mark.parametrize("key", ["two words", "line\nbreak", "é"])
def test_a_key_that_no_header_can_carry_is_refused_without_showing_it(key: str) -> None:
    with pytest.raises(ChatError) as caught:
        openai_transport(endpoint("https://api.openai.com/v1", key))
    assert key not in caught.value.message


def test_a_key_shows_in_no_repr() -> None:
    where = endpoint("https://api.openai.com/v1", "sk-canary")
    assert "canary" not in repr(where) + repr(openai_transport(where))
