"""What may be asked beside a talk: whether it could go on with another provider."""

from pathlib import Path

import pytest

from realtime_chat.cli.compose import composed
from realtime_chat.cli.desk import desk_of
from realtime_chat.cli.flags import Flags
from realtime_chat.cli.settings import Settings
from realtime_chat.core.errors import ConfigError, InvalidArguments


async def test_a_provider_is_tried_without_a_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # M30: what keeps the next talk from beginning is told in this one
    for name in ("OPENAI_API_KEY", "AZURE_OPENAI_API_KEY", "AZURE_OPENAI_ENDPOINT", "GEMINI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    flags, settings = Flags(mode="text", data_dir=tmp_path), Settings()
    async with composed(flags, settings) as composition:
        desk = desk_of(composition, flags, settings)
        assert {"openai", "azure", "gemini", "local", "ollama"} == set(desk.providers)
        await desk.check_provider("local")
        with pytest.raises(ConfigError, match="OPENAI_API_KEY"):
            await desk.check_provider("openai")
        with pytest.raises(ConfigError, match="GEMINI_API_KEY"):
            await desk.check_provider("gemini")
        with pytest.raises(InvalidArguments, match="there are"):
            await desk.check_provider("nobody")
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test-of-a-desk")
        await desk.check_provider("openai")
