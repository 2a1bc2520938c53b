"""Verbs on labels, and on what they say about the model."""

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from shipway.cli import words
from shipway.cli.session import Session, verb
from shipway.cli.verbs.executions import BY
from shipway.domain.label import Accepted
from shipway.ports.model_quality import QualityWindow

SHOWN = 10  # conflicts and faults that are printed


@click.group()
def labels() -> None:
    """Tell what really happened."""


@labels.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@BY
@verb
def add(session: Session, file: str, by: str) -> None:
    """Keep the labels in FILE, each by the inference id of its answer; "-" reads standard input.

    CSV with a header, JSON lines, or SageMaker's ground truth records; columns or keys: inference, label, and perhaps
    row (of a request with several, from 0) and at. A label may come days late, or before its answer was captured.
    Telling one twice changes nothing; one that was told otherwise before stays as it was and is reported.
    """
    text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    with session.working("joining labels with answers"):
        accepted = session.target().quality.add(text, source="standard input" if file == "-" else file, by=by)
    session.show(accepted, _accepted(accepted))


@click.command()
@click.option("--days", type=click.IntRange(min=1, max=90), default=14, show_default=True, help="How far back.")
@verb
def quality(session: Session, days: int) -> None:
    """Show how good the model's answers were, as far as labels tell.

    Each day of answers with its labels, and the newest seven days together, compared with the release's evaluation: a
    metric fails when it is worse by more than monitoring.quality_tolerance, chance taken off.
    """
    found = session.target().quality.windows(days)
    headers = ("release", "window", "from", "answers", "labelled", "verdict", "what labels say")
    rows = [
        (
            str(each.release),
            each.name,
            f"{each.start:%Y-%m-%d}",
            str(each.predictions),
            f"{each.labels} ({each.coverage:.0%})",
            each.degradation.verdict.value,
            each.degradation.sentence,
        )
        for each in found
    ]
    session.table(found, headers, rows, "no answer has been captured yet")
    for line in _missing(found):
        session.note(line)


def _accepted(accepted: Accepted) -> str:
    known = "joined with their answers within the hour"
    if accepted.joined is not None:
        known = f"{accepted.joined} of them with a known answer"
    kept = f"{words.plural(accepted.new, 'label')} kept, {known}"
    lines = [f"{kept}; {accepted.repeated} known already"]
    lines += [f"conflict, the first stays: {each}" for each in accepted.conflicts[:SHOWN]]
    lines += [f"line {each.line} is no label: {each.problem}" for each in accepted.faults[:SHOWN]]
    left = max(0, len(accepted.conflicts) - SHOWN) + max(0, len(accepted.faults) - SHOWN)
    return "\n".join([*lines, *([f"... and {left} more"] if left else [])])


def _missing(found: Sequence[QualityWindow]) -> list[str]:
    """Return what is missing, in sentences."""
    days = [each for each in found if each.name == "1d"]
    bare = [each.predictions for each in days if not each.labels]
    odd = sum(each.odd for each in days)
    lines = [f"no label has come for {sum(bare)} answers of {words.plural(len(bare), 'day')}"] if bare else []
    return lines + ([f"{odd} labels do not fit what was predicted: see monitoring.predicts"] if odd else [])
