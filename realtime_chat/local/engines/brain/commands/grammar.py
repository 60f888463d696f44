"""The same sentences as a graph of words for a recogniser: what can be heard is what can be acted on."""

import functools
from typing import assert_never

from hassil import (
    Alternative,
    Expression,
    ListReference,
    RuleReference,
    Sequence,
    TextChunk,
    parse_sentence,
)

from realtime_chat.local.engines.brain.commands.catalog import COMMANDS, LEADS, TAILS
from realtime_chat.local.engines.brain.commands.slots import RULES, SLOTS
from realtime_chat.local.engines.word_graph import GraphBuilder, WordGraph

_Known = TextChunk | Alternative | Sequence | RuleReference | ListReference


@functools.cache
def spoken_graph() -> WordGraph:
    """All that can be said to the commands brain: `[lead] command [tail]`.

    One command at a time: with `and` and a second one there are so many sentences that some of them fits anything.
    """
    builder = GraphBuilder()
    return builder.graph(
        _optional(builder, LEADS, _commands(builder, _optional(builder, TAILS, builder.END)))
    )


def _commands(builder: GraphBuilder, then: int) -> int:
    sentences = [sentence for command in COMMANDS for sentence in command.sentences]
    return builder.either(_parsed(builder, sentence, then) for sentence in sentences)


def _optional(builder: GraphBuilder, phrases: tuple[str, ...], then: int) -> int:
    return builder.either([then, *(_words(builder, phrase, then) for phrase in phrases)])


def _parsed(builder: GraphBuilder, template: str, then: int) -> int:
    return _expression(builder, parse_sentence(template).expression, then)


def _words(builder: GraphBuilder, text: str, then: int) -> int:
    for word in reversed(text.split()):
        then = builder.word(word, then)
    return then


def _expression(builder: GraphBuilder, expression: Expression, then: int) -> int:
    """The graph of a template, then what follows. Raises TypeError or KeyError for what cannot be heard."""
    if not isinstance(expression, _Known):
        raise TypeError(f"{type(expression).__name__} has no place in a spoken sentence")
    match expression:
        case TextChunk():
            return _words(builder, expression.text, then)
        case Alternative():
            return builder.either(_expression(builder, item, then) for item in expression.items)
        case Sequence():
            for item in reversed(expression.items):
                then = _expression(builder, item, then)
            return then
        case RuleReference():
            return _parsed(builder, RULES[expression.rule_name], then)
        case ListReference():
            spoken = SLOTS[expression.list_name].spoken
            if spoken is None:
                raise KeyError(f"nobody can say a {expression.list_name}")
            return _parsed(builder, spoken, then)
        case _:
            assert_never(expression)
