"""From an agent that was chosen to a session's setup (J1)."""

from dataclasses import replace

import msgspec

from realtime_chat.core.agents.profile import RealtimeProfile
from realtime_chat.core.agents.registry import Chosen
from realtime_chat.core.callbacks import Callbacks
from realtime_chat.core.options import SessionOptions
from realtime_chat.core.setup import SessionSetup


def configured(setup: SessionSetup, chosen: Chosen) -> SessionSetup:
    """The setup as this agent wants it: its name, its model, its wishes for the session, its hooks."""
    return replace(
        setup,
        agent=chosen.agent.name,
        profile=chosen.profile,
        model=chosen.model,
        options=_options(setup.options, chosen),
        callbacks=_together(setup.callbacks, chosen.profile.runtime),
    )


def _options(options: SessionOptions, chosen: Chosen) -> SessionOptions:
    wanted = chosen.profile.configure(options)
    if isinstance(chosen.profile, RealtimeProfile) and chosen.profile.intent == "transcription":
        heard = {**(wanted.transcription or {}), "model": chosen.model}
        wanted = msgspec.structs.replace(wanted, intent="transcription", transcription=heard)
    return wanted


def _together(of_caller: Callbacks, of_agent: Callbacks) -> Callbacks:
    """Both; a state or a deadline that both want is the caller's."""
    return Callbacks(
        on_state={**of_agent.on_state, **of_caller.on_state},
        on_deadline={**of_agent.on_deadline, **of_caller.on_deadline},
        cleanup=(*of_caller.cleanup, *of_agent.cleanup),
    )
