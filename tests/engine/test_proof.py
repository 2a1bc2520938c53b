"""The proof by kills, in short; the long one has a ./dev verb of its own."""

from pathlib import Path

from engine.proof import prove


def test_nothing_is_lost_or_done_twice_when_the_engine_is_killed(tmp_path: Path) -> None:
    sentence = prove(tmp_path, kills=6, seed=7)
    assert sentence.startswith("6 kills, 24 executions of 4 shapes: all outputs exact")
