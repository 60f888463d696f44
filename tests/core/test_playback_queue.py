"""The queue under every speaker: order, counts that are never wrong, silence at once."""

import struct
import threading
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.core.pcm import pcm_bytes
from realtime_chat.core.playback_queue import FOREVER, PlaybackQueue, Taken
from tests.audio.kit import level


def test_a_device_gets_exactly_what_it_asks_for_sound_first_then_silence():
    queue = PlaybackQueue()
    queue.push("a", level(5))
    assert queue.pull(pcm_bytes(20)) == level(5) + bytes(pcm_bytes(15))
    assert queue.taken() == {"a": Taken(pcm_bytes(5), pcm_bytes(5))}


def test_items_play_in_the_order_of_their_first_sound():
    queue = PlaybackQueue()
    queue.push("a", level(10, 1))
    queue.push("b", level(10, 2))
    queue.push("a", level(10, 3))
    assert queue.take(FOREVER) == level(10, 1) + level(10, 3) + level(10, 2)
    assert list(queue.taken()) == ["a", "b"]


def test_late_sound_of_an_item_plays_before_the_rest_of_the_next():
    queue = PlaybackQueue()
    queue.push("a", level(10, 1))
    queue.push("b", level(20, 2))
    queue.take(pcm_bytes(20))
    queue.push("a", level(5, 3))
    assert queue.take(FOREVER) == level(5, 3) + level(10, 2)


def test_sound_after_an_items_finish_is_not_lost():
    queue = PlaybackQueue()
    queue.push("a", level(10, 1))
    queue.finish("a")
    queue.take(FOREVER)
    queue.push("a", level(10, 2))
    assert queue.pending == pcm_bytes(10)
    assert queue.take(FOREVER) == level(10, 2)
    assert queue.taken() == {"a": Taken(pcm_bytes(20), pcm_bytes(20))}


def test_half_a_sample_does_not_turn_the_rest_into_noise():
    # J22: a misaligned chunk may not shift the sound after it
    queue = PlaybackQueue()
    queue.push("a", level(10, 1) + b"\x7f")
    queue.push("a", level(10, 2))
    assert queue.take(FOREVER) == level(10, 1) + level(10, 2)


def test_a_flush_tells_what_was_taken_and_leaves_silence():
    queue = PlaybackQueue()
    queue.push("a", level(30))
    queue.push("b", level(30))
    queue.pull(pcm_bytes(40))
    assert queue.flush() == {
        "a": Taken(pcm_bytes(30), pcm_bytes(30)),
        "b": Taken(pcm_bytes(10), pcm_bytes(30)),
    }
    assert queue.pull(pcm_bytes(20)) == bytes(pcm_bytes(20))
    assert queue.flush() == {}


def test_a_flush_lets_the_sound_fade_instead_of_clicking():
    queue = PlaybackQueue(fade_ms=5)
    queue.push("a", level(100, 12000))
    queue.pull(pcm_bytes(10))
    assert queue.flush()["a"].taken == pcm_bytes(10)
    after = struct.unpack("<480h", queue.pull(pcm_bytes(20)))
    steps = [before - now for before, now in zip((12000, *after), after, strict=False)]
    assert all(0 <= step <= 12000 // 120 for step in steps)
    assert after[0] > 0
    assert set(after[120:]) == {0}
    assert queue.taken() == {}


def test_a_device_with_small_blocks_gets_the_fade_in_pieces_and_what_comes_next_behind_it():
    queue = PlaybackQueue(fade_ms=5)
    queue.push("a", level(100, 12000))
    queue.pull(pcm_bytes(10))
    queue.flush()
    queue.push("b", level(10, 7))
    first, second, rest = (queue.pull(pcm_bytes(ms)) for ms in (2, 2, 6))
    assert [len(first), len(second), len(rest)] == [pcm_bytes(2), pcm_bytes(2), pcm_bytes(6)]
    falling = struct.unpack("<120h", first + second + rest[: pcm_bytes(1)])
    assert all(before > now for before, now in zip((12000, *falling), falling, strict=False))
    assert rest[pcm_bytes(1) :] == level(5, 7)
    assert queue.taken()["b"].taken == pcm_bytes(5)


def test_a_fade_that_nothing_follows_ends_in_pieces_too():
    queue = PlaybackQueue(fade_ms=5)
    queue.push("a", level(100, 12000))
    queue.pull(pcm_bytes(10))
    queue.flush()
    pieces = [queue.pull(pcm_bytes(2)) for _ in range(4)]
    assert {len(piece) for piece in pieces} == {pcm_bytes(2)}
    assert [any(piece) for piece in pieces] == [True, True, True, False]


def test_a_fade_is_not_longer_than_the_sound_that_was_left():
    queue = PlaybackQueue(fade_ms=5)
    queue.push("a", level(11))
    queue.pull(pcm_bytes(10))
    queue.flush()
    after = struct.unpack("<240h", queue.pull(pcm_bytes(10)))
    assert set(after[24:]) == {0}
    assert after[22] > 0


def test_a_gap_within_an_item_is_an_underrun_and_its_end_is_none():
    queue = PlaybackQueue()
    queue.push("a", level(15))
    for _ in range(4):  # one dry spell, however long
        queue.pull(pcm_bytes(10))
    assert queue.underruns == 0  # it may be the end, of which nobody has told yet
    queue.push("a", level(15))
    for _ in range(4):
        queue.pull(pcm_bytes(10))
    assert queue.underruns == 1
    queue.forget()  # what was wholly taken is of no more use, but not because its end came
    queue.push("a", level(15))
    for _ in range(4):
        queue.pull(pcm_bytes(10))
    assert queue.underruns == 1
    queue.push("a", level(15))
    for _ in range(4):
        queue.pull(pcm_bytes(10))
    assert queue.underruns == 2
    queue.finish("a")
    queue.push("b", level(15))
    for _ in range(4):
        queue.pull(pcm_bytes(10))
    assert queue.underruns == 2


def test_silence_since_the_last_sound_is_counted():
    queue = PlaybackQueue()
    assert queue.silent_bytes >= FOREVER
    queue.push("a", level(15))
    queue.pull(pcm_bytes(10))
    assert queue.silent_bytes == 0
    queue.pull(pcm_bytes(10))
    queue.pull(pcm_bytes(10))
    assert queue.silent_bytes == pcm_bytes(15)
    queue.flush()
    assert queue.silent_bytes >= FOREVER


@dataclass
class Model:
    """What a listener may expect, by the plainest means."""

    queued: dict[str, bytearray] = field(default_factory=dict[str, bytearray])
    taken: dict[str, int] = field(default_factory=dict[str, int])

    def push(self, item_id: str, pcm: bytes) -> None:
        self.queued.setdefault(item_id, bytearray()).extend(pcm)
        self.taken.setdefault(item_id, 0)

    def pull(self, size: int) -> bytes:
        out = b""
        for item_id, sound in self.queued.items():
            part = bytes(sound[self.taken[item_id] : self.taken[item_id] + size - len(out)])
            self.taken[item_id] += len(part)
            out += part
        return out + bytes(size - len(out))

    def flush(self) -> dict[str, Taken]:
        report = {key: Taken(self.taken[key], len(sound)) for key, sound in self.queued.items()}
        self.queued.clear()
        self.taken.clear()
        return report


items = st.sampled_from(["a", "b", "c"])
moves = st.one_of(
    st.tuples(st.just("push"), items, st.integers(0, 400)),
    st.tuples(st.just("pull"), st.none(), st.integers(0, 400)),
    st.tuples(st.just("flush"), st.none(), st.none()),
)


@given(st.lists(moves, max_size=40))
def test_any_course_of_pushes_pulls_and_flushes_plays_and_counts_like_the_plain_model(
    course: list[tuple[str, str | None, int | None]],
):
    queue, model = PlaybackQueue(), Model()
    values = iter(range(1, 1 << 15))
    for move, item_id, samples in course:
        if move == "push":
            assert item_id is not None
            assert samples is not None
            pcm = b"".join(struct.pack("<h", next(values) % 30000) for _ in range(samples))
            queue.push(item_id, pcm)
            model.push(item_id, pcm)
        elif move == "pull":
            assert samples is not None
            assert queue.pull(2 * samples) == model.pull(2 * samples)
        else:
            assert queue.flush() == model.flush()
        assert queue.pending == sum(len(s) - model.taken[key] for key, s in model.queued.items())


def test_a_device_thread_and_a_session_thread_together_lose_and_miscount_nothing():
    queue = PlaybackQueue()
    out: list[bytes] = []
    done = threading.Event()

    def device() -> None:
        while not done.is_set() or queue.pending:
            out.append(queue.pull(96))

    thread = threading.Thread(target=device)
    thread.start()
    claimed = queued = 0
    for turn in range(60):
        for n in range(20):
            queue.push(f"item {turn}.{n % 3}", level(3))
            queued += len(level(3))
        if turn % 2:
            claimed += sum(taken for taken, _ in queue.flush().values())
    claimed_before_end = claimed
    done.set()
    thread.join(10)
    assert not thread.is_alive()
    claimed += sum(taken for taken, _ in queue.flush().values())
    came_out = sum(len(block) - 2 * struct.unpack(f"<{len(block) // 2}h", block).count(0) for block in out)
    assert claimed == came_out
    assert claimed_before_end <= claimed <= queued
