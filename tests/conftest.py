"""What holds for every test: no frame that goes to a provider may differ from what the official SDK declares.

And the one server that several rooms talk with, as it is shipped.
"""

import json
import os
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import pytest
from hypothesis import Phase, settings

from realtime_chat.cli import paths
from realtime_chat.core.messages import Outgoing
from realtime_chat.core.transports.openai.codec import OpenAICodec
from realtime_chat.local.child import EmbeddedServer, Endpoint
from tests.strict_types import check_client_event

#: Nobody's own keyring is touched, by no child either.
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
#: How long an example takes says how busy the machine is.
settings.register_profile("unhurried", deadline=None)
settings.register_profile(  # for `make mutation`: the same examples each time, and a failure is enough
    "sure", deadline=None, derandomize=True, database=None, phases=(Phase.explicit, Phase.generate)
)
settings.load_profile("unhurried")


@pytest.fixture(autouse=True)
def strict_frames() -> Generator[None]:
    """Checks each frame of our codec as it is made."""
    with pytest.MonkeyPatch.context() as patch:
        encode = OpenAICodec.encode

        def checked(codec: OpenAICodec, message: Outgoing) -> bytes:
            frame = encode(codec, message)
            assert check_client_event(json.loads(frame)) == []
            return frame

        patch.setattr(OpenAICodec, "encode", checked)
        yield


@pytest.fixture(autouse=True)
def nobodys_keys() -> Generator[None]:
    """Of whoever runs the tests, no key is found in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paths, "keys_file", lambda: Path("/nowhere/keys.json"))
        yield


@pytest.fixture
async def embedded() -> AsyncGenerator[Endpoint]:
    """The embedded server in its own process, with all its engines."""
    server = EmbeddedServer()
    try:
        yield await server.start()
    finally:
        await server.stop()
