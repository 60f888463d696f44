"""The model of an agent beside a talk: one question, one answer, over a way that keeps nothing."""

from realtime_chat.core.agents.stateless import Question
from realtime_chat.core.errors import ChatError
from realtime_chat.core.options import SessionOptions
from realtime_chat.core.ports import TransportFactory
from realtime_chat.core.query import query


class Asking:
    """An `Inference` by `query`."""

    def __init__(self, transport: TransportFactory) -> None:
        self._transport = transport

    async def __call__(self, question: Question) -> str:
        """The whole answer. Raises ChatError."""
        options = SessionOptions(instructions=question.instructions)
        result = await query(self._transport, question.text, options=options)
        if result.error is not None:
            raise ChatError.of(result.error)
        return result.text
