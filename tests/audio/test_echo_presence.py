"""Where the microphone does not hear the speaker, nothing is taken out of a voice."""

import numpy as np

from realtime_chat.audio.echo import BLOCK, EchoPath
from realtime_chat.audio.echo_presence import ABSENT, EchoPresence
from realtime_chat.core.pcm import FRAME_BYTES

ANSWER, ROOM, ECHO = -20.0, -55.0, -35.0


def presence(*frames: tuple[float, float, int]) -> EchoPresence:
    """(Far, near, how many)."""
    known = EchoPresence()
    for far, near, count in frames:
        for _ in range(count):
            known.feed(far, near)
    return known


def test_an_echo_is_assumed_until_an_answer_was_not_heard_for_a_while() -> None:
    assert presence((-96, ROOM, 100), (ANSWER, ROOM, ABSENT - 1)).present
    assert not presence((-96, ROOM, 100), (ANSWER, ROOM, ABSENT)).present


def test_one_that_is_heard_stays_also_in_a_loud_room() -> None:
    assert presence((-96, ROOM, 100), (ANSWER, ECHO, 200)).present
    assert presence((-96, -45, 100), (ANSWER, -37, 200)).present


def test_one_that_comes_up_is_believed_within_a_fifth_of_a_second() -> None:
    known = presence((-96, ROOM, 100), (ANSWER, ROOM, ABSENT), (ANSWER, ECHO, 3))
    assert not known.present
    known.feed(ANSWER, ECHO)
    assert known.present


def test_somebody_who_speaks_while_nothing_is_played_says_nothing_about_it() -> None:
    known = presence((-96, ROOM, 60), (ANSWER, ROOM, ABSENT), (-96, -20, 40))
    assert not known.present
    assert not presence((-96, ROOM, 60), (-96, -20, 40), (ANSWER, ROOM, ABSENT)).present


def test_other_devices_are_not_known_yet() -> None:
    known = presence((-96, ROOM, 100), (ANSWER, ROOM, ABSENT))
    known.forget()
    assert known.present


class Halving:
    """A canceller that harms what it lets through."""

    def far(self, block: bytes) -> None:
        """It need not know."""

    def near(self, block: bytes) -> bytes:
        return (np.frombuffer(block, "<i2") // 2).astype("<i2").tobytes()


def test_with_headphones_a_voice_comes_through_as_it_is() -> None:
    path = EchoPath(Halving)
    path.hands_free(True)
    answer = (np.random.default_rng(1).normal(0, 3000, BLOCK // 2)).astype("<i2").tobytes()
    voice = (np.random.default_rng(2).normal(0, 3000, FRAME_BYTES // 2)).astype("<i2").tobytes()
    assert path.cleaned(voice, path.mark()) != voice
    for _ in range(ABSENT):
        path.played(answer)
        path.played(answer)
        path.cleaned(bytes(FRAME_BYTES), path.mark())
    assert path.cleaned(voice, path.mark()) == voice
