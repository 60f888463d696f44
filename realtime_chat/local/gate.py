"""Who may come in: decided from the HTTP request, before any WebSocket exists."""

import hmac
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

import msgspec
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from realtime_chat.local.session_config import MODEL, SessionType

REALTIME = "/v1/realtime"
_MODELS = "/v1/models"


class Gate:
    """Checks path, origin and token, and answers what is no socket. The token never leaves this object."""

    def __init__(self, token: str) -> None:
        self._expected = f"Bearer {token}".encode()

    def answer(self, request: Request) -> Response | None:
        """The HTTP answer that ends this request, or None: go on with the WebSocket handshake."""
        if "Origin" in request.headers:  # only browsers send it, and no web page has business here
            return _refusal(
                HTTPStatus.FORBIDDEN, "origin_not_allowed", "Requests from web pages are refused."
            )
        if not self._knows(request.headers):
            message = "Missing or wrong token; send it as 'Authorization: Bearer TOKEN'."
            return _refusal(HTTPStatus.UNAUTHORIZED, "invalid_api_key", message)
        target = urlsplit(request.path)
        if target.path == _MODELS:
            return _json(HTTPStatus.OK, {"object": "list", "data": [_MODEL_CARD]})
        if target.path != REALTIME:
            message = f"Nothing is served here; the socket is at {REALTIME}."
            return _refusal(HTTPStatus.NOT_FOUND, "not_found", message)
        return None

    def _knows(self, headers: Headers) -> bool:
        sent = headers.get_all("Authorization")
        return len(sent) == 1 and hmac.compare_digest(sent[0].encode("utf-8", "replace"), self._expected)


def session_type(path: str) -> SessionType:
    """What kind of session the address of a socket asks for."""
    wanted = parse_qs(urlsplit(path).query).get("intent")
    return "transcription" if wanted == ["transcription"] else "realtime"


def full() -> Response:
    """The answer when every place is taken."""
    message = "All connections of this server are in use; close one and try again."
    return _refusal(HTTPStatus.SERVICE_UNAVAILABLE, "too_many_connections", message)


_MODEL_CARD = {"id": MODEL, "object": "model", "created": 0, "owned_by": "realtime-chat"}


def _refusal(status: HTTPStatus, code: str, message: str) -> Response:
    error = {"type": "invalid_request_error", "code": code, "message": message, "param": None}
    return _json(status, {"error": error})


def _json(status: HTTPStatus, value: object) -> Response:
    body = msgspec.json.encode(value)
    headers = Headers()
    headers["Content-Type"] = "application/json"
    headers["Content-Length"] = str(len(body))
    headers["Connection"] = "close"
    return Response(status.value, status.phrase, headers, body)
