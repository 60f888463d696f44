"""The twelve states: which moves there are, and who is told."""

import pytest

from realtime_chat.core.errors import ChatError
from realtime_chat.core.lifecycle import MOVES, Lifecycle, State, Transition


def ready() -> Lifecycle:
    lifecycle = Lifecycle()
    for at, state in enumerate((State.CONNECTED, State.CONFIGURING, State.READY), start=1):
        lifecycle.enter(state, at=at)
    return lifecycle


@pytest.mark.parametrize("old", State)
@pytest.mark.parametrize("new", State)
def test_only_listed_moves_are_possible(old: State, new: State) -> None:  # T1, C29
    lifecycle = Lifecycle()
    lifecycle.state = old
    if old is new:
        assert lifecycle.enter(new, at=1) is None
    elif new in MOVES[old]:
        assert lifecycle.enter(new, at=1) == Transition(1, old, new)
    else:
        with pytest.raises(ChatError, match="cannot go from"):
            lifecycle.enter(new, at=1)
        assert lifecycle.state is old


def test_moves_are_kept_with_their_times() -> None:  # T3, T4
    lifecycle = ready()
    assert [(move.at, move.new) for move in lifecycle.history] == [
        (1, State.CONNECTED),
        (2, State.CONFIGURING),
        (3, State.READY),
    ]
    assert lifecycle.seconds_in_state(7.5) == 4.5
    assert lifecycle.seconds_in_state(0) == 0


def test_a_state_says_whether_it_is_alive_and_takes_input() -> None:  # T4
    lifecycle = ready()
    assert lifecycle.is_active
    takes = {state for state in State if _at(state).can_accept_input}
    assert takes == {State.READY, State.LISTENING, State.RESPONDING}
    assert {state for state in State if not _at(state).is_active} == {State.CLOSED, State.ERROR}


def _at(state: State) -> Lifecycle:
    lifecycle = Lifecycle()
    lifecycle.state = state
    return lifecycle


def test_who_watches_a_move_comes_before_who_watches_the_state() -> None:  # T3
    lifecycle, told = ready(), list[str]()
    lifecycle.on_state(State.LISTENING, lambda old, new: told.append(f"state {old} {new}"))
    lifecycle.on_move(State.READY, State.LISTENING, lambda old, new: told.append(f"move {old} {new}"))
    lifecycle.on_move(State.READY, State.PAUSED, lambda old, new: told.append("not this one"))
    move = lifecycle.enter(State.LISTENING, at=4)
    assert move is not None
    assert lifecycle.watched(move)
    for handler in lifecycle.handlers(move):
        handler(move.old, move.new)
    assert told == ["move ready listening", "state ready listening"]
