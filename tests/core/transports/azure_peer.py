"""An Azure OpenAI resource as a test plays it: OpenAI's dialect at Azure's path, with the key in Azure's header."""

from contextlib import AbstractAsyncContextManager

from websockets.http11 import Request

from realtime_chat.core.transports.openai.azure import azure_endpoint
from tests.core.transports.openai_peer import OpenAIPeer, behind
from tests.core.transports.ways import GOOD_KEY

DEPLOYMENT = "my deployment"
PATH = "/openai/v1/realtime?model=my%20deployment"


def admits(request: Request) -> bool:
    """A resource knows nothing of bearers that are no identity's, nor of other paths."""
    bearer = request.headers.get("Authorization")
    return request.path == PATH and request.headers.get("api-key") == GOOD_KEY and bearer is None


def peer() -> AbstractAsyncContextManager[OpenAIPeer]:
    """A resource on loopback that wants the good key."""
    return behind(admits, lambda host, key: azure_endpoint(host, DEPLOYMENT, key=key))
