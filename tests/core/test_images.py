"""Pictures that go with a question: checked, kept beside the log, told again to the next connection."""

from base64 import b64encode
from pathlib import Path

import msgspec
import pytest

from realtime_chat.core import messages as wire
from realtime_chat.core import session_id as ids
from realtime_chat.core.clock import VirtualClock
from realtime_chat.core.conversation import Conversation
from realtime_chat.core.errors import InvalidArguments
from realtime_chat.core.events import ImageRef
from realtime_chat.core.history import UserEntry
from realtime_chat.core.images import MAX_IMAGE_BYTES, Picture, image_of
from realtime_chat.core.messages import Image, Item
from realtime_chat.core.options import SessionOptions
from realtime_chat.core.ports import Capabilities
from realtime_chat.core.setup import SessionSetup
from realtime_chat.core.store.directory import SessionStore
from realtime_chat.core.transports.openai.codec import OpenAICodec
from realtime_chat.core.transports.scripted import ScriptedTransport, expect
from tests.core.driving import ASKED, DONE, READY, WORDS, driver

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4
#: A connection that is told a question and its answer.
AGAIN = [*READY[:2], expect(wire.CreateItem), expect(wire.CreateItem), READY[2]]
JPEG = b"\xff\xd8\xff\xe0" + bytes(100)
CAT = Picture(name="cat.png", image=Image(media_type="image/png", data=PNG))


def setup_of(transport: ScriptedTransport) -> SessionSetup:
    return SessionSetup(transport=lambda: transport, options=SessionOptions(turn_detection="none"))


def told(transport: ScriptedTransport) -> list[Item]:
    return [each.item for each in transport.sent if isinstance(each, wire.CreateItem)]


def pictures(folder: Path) -> list[Path]:
    return list(folder.glob("*.png"))


async def shown(conversation: Conversation, setup: SessionSetup) -> str:
    """A talk in which a picture was asked about; its id."""
    session_id = await conversation.start(setup)
    turn_id = await conversation.send(session_id, "What is this?", [CAT])
    await conversation.await_turn(session_id, turn_id)
    await conversation.close(session_id)
    return session_id


@pytest.mark.parametrize(("data", "kind"), [(PNG, "image/png"), (JPEG, "image/jpeg")])
def test_a_picture_is_known_by_how_it_begins(data: bytes, kind: str) -> None:
    assert image_of(data).media_type == kind


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"<svg/>", PNG[1:], b"\x89PNG"])
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidArguments, match="PNG or JPEG"):
        image_of(data)


def test_a_picture_that_is_too_big_is_refused() -> None:
    with pytest.raises(InvalidArguments, match="10 MiB"):
        image_of(PNG + bytes(MAX_IMAGE_BYTES))


async def test_a_picture_goes_out_with_its_question_and_is_logged_by_name_not_by_content(
    tmp_path: Path,
) -> None:
    transport = ScriptedTransport([*READY, *ASKED, WORDS, DONE])
    async with driver(tmp_path) as conversation:
        session_id = await shown(conversation, setup_of(transport))
        (asked, *_) = conversation.history(session_id).items
    (item,) = told(transport)
    assert (item.text, item.images) == ("What is this?", (CAT.image,))
    assert isinstance(asked, UserEntry)
    assert asked.shown == "What is this?\n[cat.png, PNG, 1 kB]"
    (ref,) = asked.images
    kept = tmp_path / f"{session_id}.{ref.file}"
    assert kept.read_bytes() == PNG
    assert kept.stat().st_mode & 0o777 == 0o600
    assert PNG[8:40] not in (tmp_path / f"{session_id}.jsonl").read_bytes()


async def test_the_next_connection_is_shown_the_picture_again(tmp_path: Path) -> None:
    first, second = ScriptedTransport([*READY, *ASKED, WORDS, DONE]), ScriptedTransport(AGAIN)
    async with driver(tmp_path) as conversation:
        session_id = await shown(conversation, setup_of(first))
        await conversation.start(setup_of(second), session_id)
    assert told(second)[0].images == (CAT.image,)


async def test_a_picture_that_is_gone_is_told_by_its_name(tmp_path: Path) -> None:
    first, second = ScriptedTransport([*READY, *ASKED, WORDS, DONE]), ScriptedTransport(AGAIN)
    async with driver(tmp_path) as conversation:
        session_id = await shown(conversation, setup_of(first))
        (kept,) = pictures(tmp_path)
        kept.write_bytes(b"something else")
        await conversation.start(setup_of(second), session_id)
    (asked, _) = told(second)
    assert (asked.text, asked.images) == ("What is this?\n[cat.png, PNG, 1 kB]", ())


async def test_a_model_without_eyes_is_shown_nothing_and_told_so_once_it_takes_over(tmp_path: Path) -> None:
    blind = Capabilities(image_input=False)
    first, second = (
        ScriptedTransport([*READY, *ASKED, WORDS, DONE]),
        ScriptedTransport(AGAIN, capabilities=blind),
    )
    async with driver(tmp_path) as conversation:
        session_id = await shown(conversation, setup_of(first))
        await conversation.start(setup_of(second), session_id)
        with pytest.raises(InvalidArguments, match="cannot see"):
            await conversation.send(session_id, "And this?", [CAT])
        assert conversation.status(session_id).turn_id is None
    (asked, _) = told(second)
    assert (asked.text, asked.images) == ("What is this?\n[a picture that you cannot see]", ())


async def test_pictures_go_with_a_fork_and_go_away_with_their_session(tmp_path: Path) -> None:
    async with driver(tmp_path) as conversation:
        session_id = await shown(conversation, setup_of(ScriptedTransport([*READY, *ASKED, WORDS, DONE])))
        store = conversation.supervisor.store
        fork = store.fork(session_id)
        assert store.delete(session_id)
        assert [file.name.partition(".")[0] for file in pictures(tmp_path)] == [fork]
        second = ScriptedTransport(AGAIN)
        await conversation.start(setup_of(second), fork)
    assert told(second)[0].images == (CAT.image,)
    assert store.delete(fork)
    assert pictures(tmp_path) == []


def test_a_picture_is_a_data_address_on_the_wire() -> None:
    item = Item(item_id="", kind="message", role="user", text="", images=(CAT.image,))
    frame = msgspec.json.decode(OpenAICodec().encode(wire.CreateItem(item=item)))
    (part,) = frame["item"]["content"]
    assert part == {"type": "input_image", "image_url": f"data:image/png;base64,{b64encode(PNG).decode()}"}


@pytest.mark.parametrize("name", ["../../etc/passwd", "image-0123456789abcdef.png/..", "", "image-x.png"])
def test_a_log_that_names_another_file_gets_nothing_of_it(tmp_path: Path, name: str) -> None:
    # P25
    store = SessionStore(tmp_path, VirtualClock())
    (tmp_path / "secret.png").write_bytes(PNG)
    ref = ImageRef(name="cat.png", media_type="image/png", size=1, file=name)
    assert store.images.load(ids.generate(VirtualClock().wall()), ref) is None
