"""How long one waits for an answer, as the program tells it afterwards."""

from pathlib import Path

from tests.cli.program import program, value
from tests.cli.test_spoken import recording


async def test_a_spoken_question_tells_how_long_each_stage_of_its_answer_took(tmp_path: Path) -> None:
    question = recording(tmp_path / "q.wav", "what is twelve times seven")
    talk = await program(tmp_path, "talk", "--in", str(question), "--out", str(tmp_path / "a.wav"), "--json")
    session_id = value(talk)["session_id"]
    session = value(await program(tmp_path, "sessions", "show", session_id, "--json"))
    latency = session["turns"][0]["latency"]
    stages = [latency[name] for name in ("commit_ms", "first_token_ms", "first_audio_ms", "first_audible_ms")]
    assert 0 <= stages[0] <= min(stages[1:3])
    assert stages[2] <= stages[3]
    assert session["metrics"]["latency"] == {"turns": 1, "p50": latency, "p95": latency}
    shown = await program(tmp_path, "sessions", "show", session_id)
    waited = f"first word after {stages[1]:,} ms, first sound after {stages[3]:,} ms (the middle of 1 turn)"
    assert f"Waited: {waited}" in shown.out.decode().splitlines()
