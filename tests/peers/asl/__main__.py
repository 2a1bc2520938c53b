"""Compares our state machine interpreter with two others: python -m tests.peers.asl [--count N] [--seed N]."""

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.peers.asl.case import Case, agree, ours
from tests.peers.asl.documents import generated
from tests.peers.asl.peers import Missing, ministack, npm

CORPUS = Path(__file__).parents[2] / "domain" / "asl" / "corpus"
Peer = Callable[[Sequence[Case]], list[dict[str, Any]]]


def corpus() -> list[Case]:
    """Return the settled cases."""
    return [Case(**case) for path in sorted(CORPUS.glob("*.json")) for case in json.loads(path.read_text())]


def compare(name: str, peer: Peer, cases: Sequence[Case]) -> int:
    """Print how often a peer agrees; return how many disagreements nothing explains."""
    agreed = known = 0
    open_questions = []
    for case, answer in zip(cases, peer(cases), strict=True):
        own = ours(case)
        if agree(own, answer):
            agreed += 1
        elif name in case.wrong:
            known += 1
        else:
            open_questions.append((case, own, answer))
    print(
        f"{name:10} {len(cases):5} cases  {agreed:5} agree  {known:3} settled against it  {len(open_questions):3} open"
    )
    for case, own, answer in open_questions[:5]:
        print(f"  {case.name}\n    ours  {json.dumps(own)[:300]}")
        print(f"    {name:5} {json.dumps(answer)[:300]}\n    {case.text[:1500]}")
    return len(open_questions)


def unsettled(cases: Sequence[Case]) -> int:
    """Print and count the settled cases that we answer differently."""
    wrong = [case for case in cases if case.expected is not None and not agree(ours(case), case.expected)]
    for case in wrong:
        print(f"  {case.name}: expected {case.expected}, ours {ours(case)}")
    return len(wrong)


def main() -> int:
    """Return 0 when every disagreement is settled, 1 otherwise, 4 when a peer cannot be had."""
    options = argparse.ArgumentParser(prog="python -m tests.peers.asl", description=__doc__)
    options.add_argument("--count", type=int, default=300, help="generated documents for each peer")
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    settled = corpus()
    by_paths = [case for case in settled if not case.jsonata]
    try:
        failed = unsettled(settled)
        print(f"{'ours':10} {len(settled):5} cases  {len(settled) - failed:5} as the specification has it")
        failed += compare("npm", npm, [*by_paths, *generated(chosen.seed, chosen.count, jsonata=False)])
        failed += compare("ministack", ministack, [*settled, *generated(chosen.seed, chosen.count, jsonata=True)])
    except Missing as missing:
        print(missing, file=sys.stderr)
        return 4
    except subprocess.CalledProcessError as error:
        print(f"a peer could not be installed or run: {error}\n{error.stderr or ''}", file=sys.stderr)
        return 4
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
