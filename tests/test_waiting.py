"""The helpers that other tests lean on."""

import itertools
import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

import processes
from waiting import until, within


def test_the_first_true_value_comes_back() -> None:
    numbers = itertools.count()
    assert until(lambda: next(numbers) > 2 and "seen") == "seen"


def test_the_message_names_what_was_awaited_and_what_was_seen() -> None:
    with pytest.raises(AssertionError, match=r"waited 0.05 s for the moon; last seen: \[\]"):
        until(list, seconds=0.05, what="the moon")


def test_who_says_something_else_gets_what_was_seen_last() -> None:
    numbers = itertools.count()
    assert within(lambda: next(numbers) > 2 and "seen", seconds=10) == "seen"
    assert within(list, seconds=0) == []


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")
@pytest.mark.parametrize("sign", ["mark", "folder"])
def test_a_process_that_left_its_tree_is_found_and_ended(sign: str, tmp_path: Path) -> None:
    run = secrets.token_hex(8)
    environment = os.environ | {processes.MARK: run} if sign == "mark" else {"PATH": os.environ["PATH"]}
    where = Path("/") if sign == "mark" else tmp_path
    program = [sys.executable, "-I", "-c", "import time; time.sleep(60)"]
    with subprocess.Popen(program, env=environment, cwd=where, start_new_session=True) as process:
        folder = None if sign == "mark" else tmp_path
        left = until(lambda: processes.leftovers(run, folder))
        assert [found.pid for found in left] == [process.pid]
        processes.end(left)
    assert processes.leftovers(run, folder) == []
