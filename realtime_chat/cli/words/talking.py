"""How one talks: aloud or in writing, hands-free or not, through which devices, with which model."""

import asyncio
from collections.abc import Mapping, Sequence

from realtime_chat.cli.images import file_and_words, picture
from realtime_chat.cli.words.desk import GoOn
from realtime_chat.cli.words.hand import Actions, Hand, name_in
from realtime_chat.cli.words.stage import Pick
from realtime_chat.core.commands import SetTools, SetVoice, UpdateInstructions
from realtime_chat.core.errors import ChatError, InvalidArguments
from realtime_chat.core.events import Mode


class TalkWords:
    """They change the running talk, or leave it for the same one with other flags."""

    def __init__(self, hand: Hand) -> None:
        self._hand = hand

    @property
    def actions(self) -> Actions:
        """By word."""
        return {
            "voice": self._voice,
            "text": lambda _: self._mode("text"),
            "mute": self._mute,
            "pause": self._pause,
            "vad": lambda _: self._hands_free(True),
            "ptt": lambda _: self._hands_free(False),
            "volume": self._volume,
            "devices": self._devices,
            "model": self._model,
            "provider": self._provider,
            "agent": self._agent,
            "instructions": self._instructions,
            "tools": self._tools,
            "image": self._image,
        }

    async def _voice(self, name: str) -> None:
        voices = self._hand.desk.voices
        if not name and voices and self._hand.status.mode == "voice":
            self._pick("Voice", voices, self._hand.history.voice, "voice")
            return
        if name:
            await self._hand.conversation.change(self._hand.session_id, SetVoice(voice=name_in(name)))
            self._hand.stage.say(f"The voice is {name}, at the next quiet moment.")
        await self._mode("voice")

    async def _mode(self, mode: Mode) -> None:
        if self._hand.status.mode != mode:
            await self._hand.asking.other_mode()

    async def _mute(self, _: str) -> None:
        if self._hand.status.mode != "voice":
            self._hand.stage.say("In text mode the microphone is closed already; /voice opens it.")
        elif not self._hand.status.hands_free:
            self._hand.stage.say(
                "Push-to-talk: the microphone is open only while you talk. /vad is hands-free."
            )
        else:
            await self._hand.asking.talk()

    async def _pause(self, _: str) -> None:
        paused = self._hand.status.status == "paused"
        await self._hand.conversation.set_paused(self._hand.session_id, not paused)

    async def _hands_free(self, on: bool) -> None:
        status = self._hand.status
        if status.mode != "voice" or not self._hand.asking.hears:
            raise InvalidArguments("Hands-free or not is for voice mode, with a microphone.")
        if status.hands_free != on:
            await self._hand.asking.other_turns()
        by_key = f"Push-to-talk: {self._hand.stage.talk_key} begins and ends what you say."
        self._hand.stage.say("Hands-free: it listens all the time." if on else by_key)

    async def _volume(self, percent: str) -> None:
        volume = self._hand.status.volume
        if volume is None:
            raise InvalidArguments("There is no speaker.")
        if not percent:
            self._hand.stage.say(f"The volume is {volume} %.")
            return
        wanted = percent.removesuffix("%").strip()
        if not wanted.isdecimal() or int(wanted) > 100:
            raise InvalidArguments("/volume takes a number from 0 to 100.")
        self._hand.conversation.set_volume(self._hand.session_id, int(wanted))
        self._hand.stage.say(f"The volume is {int(wanted)} % now.")

    async def _devices(self, name: str) -> None:
        if name:
            direction, _, device = name.partition(" ")
            flag = {"in": "input_device", "out": "output_device"}.get(direction)
            if flag is None or not device:
                raise InvalidArguments("Say which: /devices in NAME, or /devices out NAME.")
            await self._go_on({flag: device})
            return
        await self._hand.stage.show("devices")

    async def _model(self, name: str) -> None:
        if name:
            await self._go_on({"model": name_in(name)})
            return
        status = self._hand.status
        if self._hand.desk.models:
            self._pick("Model", self._hand.desk.models, status.model, "model")
            return
        self._hand.stage.say(f"{status.provider} · {status.model}. /model NAME goes on with another one.")

    async def _provider(self, name: str) -> None:
        """With its own model and voice; the new one is told what was said."""
        desk = self._hand.desk
        if not name:
            self._pick("Provider", desk.providers, desk.provider, "provider")
        else:
            await self._go_on({"provider": name, "url": None, "model": None, "voice": None})

    async def _agent(self, name: str) -> None:
        desk = self._hand.desk
        if not name:
            self._pick("Agent", desk.agents, desk.agent, "agent")
        else:
            await self._go_on(desk.with_agent(name))

    async def _go_on(self, flags: Mapping[str, str | None]) -> None:
        """Leave for the same talk with these. Raises as the next run would, while this one still is."""
        left = GoOn(session_id=self._hand.session_id, flags=flags)
        await self._hand.desk.check(left)
        self._hand.stage.leave(left)

    async def _instructions(self, text: str) -> None:
        if text:
            await self._hand.conversation.change(self._hand.session_id, UpdateInstructions(instructions=text))
            self._hand.stage.say("The assistant was told so; it holds from the next answer on.")
        else:
            self._hand.stage.say(self._hand.history.instructions or "There are no instructions.")

    async def _tools(self, text: str) -> None:
        hand = self._hand
        if not text:
            hand.tell(hand.desk.tools() or ["There are no tools."])
            return
        how, _, name = text.partition(" ")
        known = {one.name: one for one in hand.desk.schemas()}
        if how not in ("on", "off") or name not in known:
            raise InvalidArguments("Say which: /tools on NAME, or /tools off NAME. /tools lists them.")
        used = {*hand.status.tools}
        wanted = used | {name} if how == "on" else used - {name}
        tools = tuple(one for one in known.values() if one.name in wanted)
        await hand.conversation.change(hand.session_id, SetTools(tools=tools))
        hand.stage.say(f"{name} is {how}; it holds from the next answer on.")

    async def _image(self, text: str) -> None:
        file, words = file_and_words(text)
        if not file:
            raise InvalidArguments("Say which: /image FILE, and after it what you want to know.")
        await self._hand.asking.send(words, [await asyncio.to_thread(picture, file)])

    def _pick(self, title: str, names: Sequence[str], current: str, word: str) -> None:
        """What is chosen is as if it had been typed."""

        async def use(name: str) -> None:
            try:
                if name != current:
                    await self.actions[word](name)
            except ChatError as error:
                self._hand.stage.say(error.message)

        self._hand.stage.pick(Pick(word, title, names, current, use))
