"""pipecat's service for this protocol in a pipeline, with one reader behind it: `pipecat_service.py PORT`."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from loguru import logger
from pipecat.frames.frames import InputAudioRawFrame, LLMContextFrame, LLMFullResponseEndFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.services.openai.realtime.llm import OpenAIRealtimeLLMService
from pipecat.workers.runner import WorkerRunner
from samples import FRAME, FRAMES, answer

logger.remove()


class Reader(FrameProcessor):
    """Tells when the answer ended."""

    def __init__(self) -> None:
        super().__init__()
        self.ended = asyncio.Event()

    async def process_frame(self, frame, direction) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, LLMFullResponseEndFrame):
            self.ended.set()
        await self.push_frame(frame, direction)


@asynccontextmanager
async def pipeline() -> AsyncIterator[tuple[PipelineWorker, OpenAIRealtimeLLMService, Reader]]:
    """Running and connected."""
    service = OpenAIRealtimeLLMService(
        api_key="none", base_url=f"ws://127.0.0.1:{sys.argv[1]}/v1/realtime?model=blast"
    )
    reader = Reader()
    worker = PipelineWorker(Pipeline([service, reader]))
    runner = WorkerRunner(handle_sigint=False)
    running = asyncio.create_task(runner.run(worker))
    await asyncio.sleep(1)
    yield worker, service, reader
    await worker.cancel()
    await running


async def events() -> float:
    """CPU seconds of one answer."""
    async with pipeline() as (worker, _, reader):
        began = time.process_time()
        await worker.queue_frame(LLMContextFrame(LLMContext([{"role": "user", "content": "go"}])))
        await reader.ended.wait()
        return time.process_time() - began


async def uplink() -> float:
    """CPU seconds of so many frames, from the service on."""
    async with pipeline() as (_, service, _):
        frame = InputAudioRawFrame(audio=FRAME, sample_rate=24_000, num_channels=1)
        began = time.process_time()
        for _ in range(FRAMES):
            await service._send_user_audio(frame)
        return time.process_time() - began


answer({"events": events, "uplink": uplink})
