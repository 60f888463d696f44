"""Sound that comes in fits and starts is waited for just as long as it taught us to."""

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.core.jitter import LEAST_MS, MOST_MS, JitterBuffer
from realtime_chat.core.pcm import pcm_bytes, pcm_ms
from realtime_chat.core.playback_queue import PlaybackQueue

BLOCK_MS = 10


def sound(ms: int) -> bytes:
    return b"\x01\x01" * (pcm_bytes(ms) // 2)


@dataclass
class Listening:
    """A speaker that asks every 10 ms, and a network that brings sound at its own times."""

    queue: PlaybackQueue = field(default_factory=lambda: PlaybackQueue(jitter=JitterBuffer()))
    items: int = 0

    def hear(self, arrivals: list[tuple[int, int]]) -> tuple[int, int]:
        """One item of pieces (gap before it, length), in ms; when its first sound came out, and its underruns."""
        self.items += 1
        item_id, before, begun = f"a{self.items}", self.queue.underruns, -1
        due, waiting = 0, list(arrivals)
        if waiting:
            due = waiting[0][0]
        now = 0
        while waiting or self.queue.pending:
            while waiting and due <= now:
                self.queue.push(item_id, sound(waiting.pop(0)[1]))
                if waiting:
                    due += waiting[0][0]
                else:
                    self.queue.finish(item_id)
            if any(self.queue.pull(pcm_bytes(BLOCK_MS))) and begun < 0:
                begun = now
            now += BLOCK_MS
        self.queue.pull(pcm_bytes(BLOCK_MS))
        return begun, self.queue.underruns - before


#: All at once.
FAST = [(0, 400), (10, 2000)]


def test_sound_that_comes_fast_enough_is_heard_at_once() -> None:
    listening = Listening()
    assert listening.hear(FAST) == (0, 0)


def test_after_a_gap_was_heard_the_next_answers_wait_a_little_and_have_none() -> None:
    listening = Listening()
    late = [(0, 100), *[(100, 100)] * 3, (250, 100), *[(100, 100)] * 8]
    _, gaps = listening.hear(late)
    assert gaps == 1
    begun, gaps = listening.hear(late)
    assert gaps == 0
    assert 100 <= begun <= 250


def test_what_was_waited_for_in_vain_is_taken_back() -> None:
    listening = Listening()
    listening.hear([(0, 100), (400, 100)])
    slow = [(0, 20), *[(20, 20)] * 50]
    begins = [listening.hear(slow)[0] for _ in range(20)]
    assert begins[0] > 200
    assert begins == sorted(begins, reverse=True)
    assert begins[-1] <= LEAST_MS + BLOCK_MS


def test_a_short_answer_is_not_held_back_once_it_is_whole() -> None:
    listening = Listening()
    listening.hear([(0, 100), (400, 100)])
    assert listening.hear([(0, 30)]) == (0, 0)


def test_what_waits_never_waits_longer_than_the_longest_target() -> None:
    listening = Listening()
    for _ in range(3):
        listening.hear([(0, 100), (5000, 100)])
    queue = listening.queue
    queue.push("last", sound(10))
    blocks = [queue.pull(pcm_bytes(BLOCK_MS)) for _ in range(MOST_MS // BLOCK_MS + 2)]
    assert sum(map(any, blocks)) == 1


@given(
    st.lists(st.tuples(st.integers(0, 600), st.integers(1, 300)), min_size=1, max_size=12), st.integers(0, 3)
)
def test_whatever_the_network_does_all_is_heard_once_and_in_order(
    arrivals: list[tuple[int, int]], flushes: int
) -> None:
    listening = Listening()
    for _ in range(flushes):
        listening.hear([(0, 50), (300, 50)])
        listening.queue.flush()
    listening.hear(arrivals)
    taken = listening.queue.taken()[f"a{listening.items}"]
    assert pcm_ms(taken.taken) == pcm_ms(taken.queued) == sum(ms for _, ms in arrivals)
    assert LEAST_MS <= listening.queue._jitter.target_ms <= MOST_MS  # pyright: ignore
