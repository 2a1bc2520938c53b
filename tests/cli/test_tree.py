"""How an execution is drawn."""

from datetime import UTC, datetime, timedelta

import pytest

from shipway.cli import tree, words
from shipway.domain.pipeline import Cause, CauseKind, Execution, ExecutionStatus, Stage, StageStatus

START = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
NOW = START + timedelta(minutes=3)


def stage(
    name: str, status: StageStatus, *at: float, message: str = "", attempt: int = 1, steps: tuple[Stage, ...] = ()
) -> Stage:
    """Return a stage that started, and maybe ended, so many seconds after the start."""
    started, ended, *_ = [START + timedelta(seconds=each) for each in at] + [None, None]
    return Stage(name=name, status=status, started=started, ended=ended, message=message, attempt=attempt, steps=steps)


RUN = Execution(
    id="flights-3",
    pipeline="flights-pipeline",
    status=ExecutionStatus.RUNNING,
    cause=Cause(kind=CauseKind.DATA, by="ada", reason="s3://flights-data/data/march.csv"),
    started=START,
    stages=(
        stage("Source", StageStatus.SUCCEEDED, 0, 0.4, message="commit 1f3c2a9"),
        stage("Build", StageStatus.SUCCEEDED, 0.4, 12.8),
        stage(
            "Train",
            StageStatus.RUNNING,
            13,
            steps=(
                stage("Prepare", StageStatus.SUCCEEDED, 13, 40),
                stage(
                    "Train and baseline",
                    StageStatus.RUNNING,
                    40,
                    steps=(
                        stage("Baseline", StageStatus.CAUGHT, 40, 45, message="no header"),
                        stage("Train", StageStatus.RUNNING, 50, attempt=2, message="round 20"),
                    ),
                ),
                stage("Gate", StageStatus.PENDING),
            ),
        ),
        stage("DeployDev", StageStatus.PENDING),
    ),
)


def test_stages_and_the_states_inside_them_are_a_tree() -> None:
    assert tree.plain(RUN, NOW, ascii_only=False) == (
        "execution  flights-3\n"
        "status     running\n"
        "cause      data by ada: s3://flights-data/data/march.csv\n"
        "started    2026-03-01 09:30:00Z\n"
        "time       3m 00s\n"
        "\n"
        "├─ Source                 succeeded    0.4s  commit 1f3c2a9\n"
        "├─ Build                  succeeded   12.4s\n"
        "├─ Train                  running    2m 47s\n"
        "│  ├─ Prepare             succeeded   27.0s\n"
        "│  ├─ Train and baseline  running    2m 20s\n"
        "│  │  ├─ Baseline         caught       5.0s  no header\n"
        "│  │  └─ Train            running    2m 10s  attempt 2: round 20\n"
        "│  └─ Gate                pending\n"
        "└─ DeployDev              pending"
    )


def test_where_output_cannot_carry_lines_the_tree_is_ascii() -> None:
    drawn = tree.plain(RUN, NOW, ascii_only=True)
    assert drawn.isascii()
    assert "|  |  `- Train            running    2m 10s  attempt 2: round 20\n" in drawn


def test_colours_change_no_character() -> None:
    assert tree.coloured(RUN, NOW).plain == tree.plain(RUN, NOW)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-1, "0.0s"), (0.04, "0.0s"), (12.34, "12.3s"), (59.9, "59.9s"), (59.96, "1m 00s"), (60, "1m 00s"),
     (3599.6, "1h 00m"), (7380, "2h 03m"), (86399.9, "1d 00h"), (187200, "2d 04h")],
)  # fmt: skip
def test_durations_are_short(seconds: float, text: str) -> None:
    assert words.span(seconds) == text


@pytest.mark.parametrize(
    ("digest", "text"),
    [
        ("sha256:4cc0568a7dd0e7bb88cb", "4cc0568a7dd0"),
        ("1f3c2a9b5d7e8f001122", "1f3c2a9b5d7e"),
        ("files:22c97106e6d7", "files:22c97106e6d7"),
        ("c0ffee", "c0ffee"),
    ],
)
def test_digests_are_short(digest: str, text: str) -> None:
    assert words.short(digest) == text


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (3 * 2**30, "3.0 GiB"), (2**41, "2.0 TiB")]
)
def test_sizes_are_short(count: int, text: str) -> None:
    assert words.size(count) == text
