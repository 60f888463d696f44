"""What a peer says is shown without the key that it was asked with, and otherwise as it is."""

import pytest

from realtime_chat.core.transports.foreign import Veil


@pytest.mark.parametrize("key", ["sk-proj-0123456789abcdef", "0123456789abcdef0123456789", "AIza_0123456789"])
@pytest.mark.parametrize("header", ["Authorization", "api-key", "x-goog-api-key"])
def test_a_key_is_taken_out_wherever_it_stands(key: str, header: str) -> None:
    value = f"Bearer {key}" if header == "Authorization" else key
    said = f'{{"type": "error", "message": "{key} and {key}"}}'.encode()
    assert Veil({header: value}).over(said) == b'{"type": "error", "message": "[secret] and [secret]"}'


@pytest.mark.parametrize("key", ["none", "EMPTY", "ollama", "lm-studio", ""])
def test_a_key_that_is_a_word_stays_a_word_in_what_is_said(key: str) -> None:
    said = b"none of them is EMPTY, says ollama in lm-studio"
    assert Veil({"Authorization": f"Bearer {key}"}).over(said) == said


def test_an_id_that_we_send_to_be_found_again_is_no_secret() -> None:
    assert Veil({"X-Correlation-Id": "0123456789abcdef0123"}).words == ()
