"""Releases under load: what do callers see while traffic moves, versions go and the control plane is killed?

    ./dev bench rollout [--json FILE] [--quick]

Real processes: HAProxy, supervised versions of a function, callers that never try twice, and a control plane that is
killed with SIGKILL at each phase. Exit code 3 when a bar is missed: one request failed that no broken version answered
itself, a rollback by hand took 2 s or longer (95th percentile), or the split was off by more than one percent of the
requests.
"""

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path

from benchmarks.rollout.scene import FUNCTION, LONG, Scene, scene, until

from shipway.domain.deployment import Ask, Phase

BACK_SECONDS = 2.0
SHARE = 10  # percent that are asked for
OFF = 0.01
BAKE = timedelta(seconds=2)
ENDLESS = timedelta(hours=1)
KILLED_AT = (
    Phase.PREPARING,
    Phase.PRE_TRAFFIC,
    Phase.BAKING,
    Phase.PAUSED,
    Phase.HELD,
    Phase.SHIFTING,
    Phase.POST_TRAFFIC,
    Phase.ROLLING_BACK,
)


@dataclass(frozen=True)
class Row:
    """What one part showed. asked: requests while it lasted; lost: failed ones that no broken version answered."""

    part: str
    times: int
    asked: int
    lost: int
    value: str
    bar: str
    met: bool


def weight_changes(stage: Scene, times: int) -> tuple[str, str, bool]:
    """Move the split between two versions again and again."""
    stage.publish("2")
    for turn in range(times):
        percent = (turn * 7) % 101
        split = {stage.live: 100 - percent, "2": percent}
        stage.plane.gateway.set_weights(FUNCTION, {version: share for version, share in split.items() if share})
        stage.load.more(20, LONG)
    stage.plane.gateway.set_weights(FUNCTION, {stage.live: 100})
    stage.plane.functions.remove(FUNCTION, "2")
    return "", "", True


def replacements(stage: Scene, times: int) -> tuple[str, str, bool]:
    """Start a version, give it everything, take the one before down."""
    for turn in range(times):
        stage.publish(f"r{turn}")
        stage.take_over(f"r{turn}")
        stage.load.more(20, LONG)
    return "", "", True


def split(stage: Scene, times: int) -> tuple[str, str, bool]:
    """Count who answers so many requests."""
    stage.publish("s")
    stage.plane.gateway.set_weights(FUNCTION, {stage.live: 100 - SHARE, "s": SHARE})
    before = Counter(stage.load.versions)
    stage.load.more(times, LONG * 5)
    seen = stage.load.versions - before
    stage.plane.gateway.set_weights(FUNCTION, {stage.live: 100})
    stage.plane.functions.remove(FUNCTION, "s")
    share = seen["s"] / seen.total()
    return f"{share:.2%} of {SHARE} %", f"within {OFF:.0%}", abs(share - SHARE / 100) <= OFF


def rollbacks(stage: Scene, times: int) -> tuple[str, str, bool]:
    """Abort a release that bakes; the time runs until no request goes to it and its row says so."""
    took = []
    for turn in range(times):
        name = f"b{turn}"
        stage.begin(name, ENDLESS)
        with stage.driven(name) as control:
            stage.reach(name, Phase.BAKING)
            stage.load.more(20, LONG)
            began = stage.ask(name, Ask.ABORT)
            stage.reach(name, Phase.ROLLED_BACK)
            assert stage.plane.gateway.weights(FUNCTION) == {stage.live: 100}
            took.append(time.monotonic() - began)
            control.wait(LONG)
        stage.plane.functions.remove(FUNCTION, name)
    worst = sorted(took)[min(len(took) - 1, int(0.95 * len(took)))]
    return f"p95 {worst:.2f} s", f"under {BACK_SECONDS:g} s", worst < BACK_SECONDS


def kills(stage: Scene, times: int) -> tuple[str, str, bool]:
    """Kill the control plane at each phase; the next one ends what that one began."""
    ended = []
    for phase in KILLED_AT[:times]:
        name = f"k-{phase.replace('_', '-')}"
        asks = {Phase.PAUSED: Ask.PAUSE, Phase.HELD: Ask.HOLD, Phase.ROLLING_BACK: Ask.ABORT}
        stage.begin(name, ENDLESS if phase in asks else BAKE)
        with stage.driven(name, phase) as control:
            if phase in asks:
                stage.reach(name, Phase.BAKING)
                stage.ask(name, asks[phase])
            until(lambda dead=control: dead.poll() is not None, LONG, f"the death at {phase}")
        stage.load.more(20, LONG)
        ended.append(_follow(stage, name, phase))
    wanted = ["rolled_back" if phase is Phase.ROLLING_BACK else "succeeded" for phase in KILLED_AT[:times]]
    right = sum(one == other for one, other in zip(ended, wanted, strict=True))
    return f"{right} ended as they should", f"all {len(wanted)}", right == len(wanted)


def _follow(stage: Scene, name: str, phase: Phase) -> Phase:
    """Return how the deployment ends under another control plane; take down what lost."""
    with stage.driven(name) as control:
        if phase is Phase.PAUSED:
            stage.ask(name, Ask.RESUME)
            stage.reach(name, Phase.BAKING)
            stage.ask(name, Ask.HOLD)
        if phase in (Phase.PAUSED, Phase.HELD):
            stage.reach(name, Phase.HELD)
            stage.ask(name, Ask.PROMOTE)
        end = stage.reach(name, Phase.SUCCEEDED, Phase.ROLLED_BACK)
        control.wait(LONG)
    loser = stage.live if end is Phase.SUCCEEDED else name
    assert loser not in stage.plane.gateway.weights(FUNCTION)
    stage.plane.functions.remove(FUNCTION, loser)
    stage.live = name if end is Phase.SUCCEEDED else stage.live
    return end


def broken(stage: Scene, times: int) -> tuple[str, str, bool]:
    """Release a version that answers nothing but errors."""
    gone = []
    for turn in range(times):
        name = f"broken{turn}"
        stage.begin(name, ENDLESS)
        with stage.driven(name) as control:
            stage.reach(name, Phase.BAKING)
            began = time.monotonic()
            stage.reach(name, Phase.ROLLED_BACK)
            gone.append(time.monotonic() - began)
            control.wait(LONG)
        seen = len(stage.load.failures)
        goal = stage.load.answered + 50
        until(lambda wanted=goal: stage.load.answered >= wanted, LONG, "answers after the rollback")
        assert len(stage.load.failures) == seen
        stage.plane.functions.remove(FUNCTION, name)
    return f"gone after at most {max(gone):.1f} s", "only its own errors", True


PARTS: tuple[tuple[str, Callable[[Scene, int], tuple[str, str, bool]], int, int], ...] = (
    ("weight changes", weight_changes, 50, 10),
    ("replacements", replacements, 20, 3),
    ("split", split, 10_000, 2_000),
    ("rollbacks by hand", rollbacks, 10, 2),
    ("control plane killed", kills, len(KILLED_AT), len(KILLED_AT)),
    ("broken versions", broken, 2, 1),  # the last: from here on there are failures, and they are its own
)


def measure(stage: Scene, *, quick: bool) -> list[Row]:
    """Return what each part showed."""
    rows = []
    for name, part, full, few in PARTS:
        times = few if quick else full
        asked, lost = stage.load.answered + len(stage.load.failures), len(stage.lost)
        value, bar, met = part(stage, times)
        asked, lost = stage.load.answered + len(stage.load.failures) - asked, len(stage.lost) - lost
        rows.append(Row(name, times, asked, lost, value, bar, met and lost == 0))
        print(line(rows[-1]), flush=True)
    return rows


def line(row: Row) -> str:
    """Return one line of the table."""
    said = f"{row.value} ({row.bar})" if row.bar else ""
    return f"{row.part:22}{row.times:>7}{row.asked:>10}{row.lost:>8}  {'ok' if row.met else 'MISSED':8}{said}"


def main() -> int:
    """Measure, print the table, write it as JSON when asked to; 3 when a bar is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--quick", action="store_true", help="fewer of each, to see that it works")
    options = parser.parse_args()
    print(f"{'':22}{'times':>7}{'requests':>10}{'failed':>8}")
    with tempfile.TemporaryDirectory(prefix="shipway-bench-") as folder, scene(Path(folder)) as stage:
        rows = measure(stage, quick=options.quick)
        for said in stage.lost[:5]:
            print(f"failed: {said}")
    if options.json:
        options.json.write_text(json.dumps({"rows": [asdict(row) for row in rows]}, indent=2) + "\n")
    return 0 if all(row.met for row in rows) else 3


if __name__ == "__main__":
    sys.exit(main())
