"""The verdict of a replay: may the new version meet real callers?"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from shipway.domain.replay.answers import Answer, Leaf, Reading, Recorded, Row, broken, read, rows_of
from shipway.domain.replay.slices import Slice, striking
from shipway.domain.values import JsonObject

BROKEN = 0.01  # share of requests that the new version may fail or answer in another shape: a stray one in a hundred
TOLERANCE = 0.05  # numbers count as different when further apart than this share of the old answers' range
VARIED = 10  # predictions off the most frequent one: from so many on, an answer that never changes is a dead model


class Outcome(StrEnum):
    """What a replay says."""

    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a new version may do. max_answer_difference: share of predictions that may differ, 0..1; 1 allows all."""

    max_answer_difference: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One request and both answers to it."""

    request: Recorded
    old: Answer
    new: Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a replay found.

    requests: that the old version answered well. errors: of these the new one did not. reshaped: of these it answered
    in another shape. predictions: rows whose answers were compared. differing: rows whose answers differ.
    """

    outcome: Outcome
    sentence: str
    requests: int = 0
    errors: int = 0
    reshaped: int = 0
    predictions: int = 0
    differing: int = 0
    slices: tuple[Slice, ...] = ()

    @property
    def document(self) -> JsonObject:
        """The report as JSON."""
        numbers = ("requests", "errors", "reshaped", "predictions", "differing")
        facts: JsonObject = {name: getattr(self, name) for name in numbers}
        where: list[JsonObject] = [
            {"feature": each.feature, "values": each.values, "rows": each.rows, "differing": each.differing}
            for each in self.slices
        ]
        return {"outcome": self.outcome.value, "sentence": self.sentence, **facts, "slices": [*where]}


@dataclass(frozen=True, slots=True)
class _Pair:
    """Both readings of one well answered request, with the rows that were asked."""

    rows: Sequence[Row]
    old: Reading
    new: Reading


def compare(cases: Sequence[Case], columns: Sequence[str] = (), limits: Limits | None = None) -> Report:
    """Return what the answers of two versions to the same requests say about the new one.

    columns: names of the features in their order, for requests that do not name them. Requests that the old version
    did not answer well say nothing. A retrained model may answer differently; it may not fail, break the answer's
    shape, or give one and the same answer to everything.
    """
    asked = [case for case in cases if case.old.good]
    if not asked:
        return Report(outcome=Outcome.INCONCLUSIVE, sentence="replay: no recorded request that could be compared")
    errors = [case for case in asked if not case.new.good]
    pairs, problems = _pairs([case for case in asked if case.new.good], columns)
    units = _units(pairs)
    report = Report(
        outcome=Outcome.PASS,
        sentence="",
        requests=len(asked),
        errors=len(errors),
        reshaped=len(problems),
        predictions=len(units),
        differing=sum(differs for _, differs in units),
        slices=striking(units),
    )
    return _judged(report, errors, problems, pairs, limits or Limits())


def _judged(
    report: Report, errors: Sequence[Case], problems: Sequence[str], pairs: Sequence[_Pair], limits: Limits
) -> Report:
    """Return the report with its outcome and a sentence that gives the reason."""
    share = report.differing / report.predictions if report.predictions else 0.0
    where = f"; they concentrate at {', '.join(map(str, report.slices))}" if report.slices else ""
    compared = f"{report.differing} of {report.predictions} predictions differ ({share:.1%}){where}"
    allowed = BROKEN * report.requests
    outcome = Outcome.FAIL
    if report.errors > allowed:
        status = Counter(case.new.status for case in errors).most_common(1)[0][0]
        how = f"status {status}" if status else "no answer"
        said = f"the new version fails {report.errors} of {report.requests} recorded requests (most often: {how})"
    elif report.reshaped > allowed:
        problem = Counter(problems).most_common(1)[0][0]
        said = f"{report.reshaped} of {report.requests} answers have another shape: {problem}"
    elif _constant(pairs):
        said = f"the new version gives one and the same answer to {report.predictions} different rows"
    elif report.predictions and share > limits.max_answer_difference:
        said = f"{compared}, {limits.max_answer_difference:.1%} are allowed"
    else:
        outcome, said = Outcome.PASS, f"{report.requests} recorded requests answered, {compared}"
    return Report(
        outcome=outcome,
        sentence=f"replay: {said}",
        requests=report.requests,
        errors=report.errors,
        reshaped=report.reshaped,
        predictions=report.predictions,
        differing=report.differing,
        slices=report.slices,
    )


def _pairs(cases: Sequence[Case], columns: Sequence[str]) -> tuple[list[_Pair], list[str]]:
    """Return the answers that can be compared, and what is wrong with the shape of each other one."""
    pairs, problems = [], []
    for case in cases:
        pair = _Pair(rows_of(case.request, columns), read(case.old), read(case.new))
        problem = broken(pair.old, pair.new, len(pair.rows))
        if problem:
            problems.append(problem)
        else:
            pairs.append(pair)
    return pairs, problems


def _units(pairs: Sequence[_Pair]) -> list[tuple[Row, bool]]:
    """Return the features of each row and whether its predictions differ; requests without such rows count as one."""
    tolerances = _tolerances(pairs)
    units: list[tuple[Row, bool]] = []
    for pair in pairs:
        paths = [path for path in pair.old.leaves if path in tolerances]
        by_row = [path for path in paths if len(pair.old.leaves[path]) == len(pair.rows)]
        for at, row in enumerate(pair.rows if by_row else ()):
            units.append((row, any(_differs(pair, path, at, tolerances[path]) for path in by_row)))
        if not by_row and paths:
            ends = {path: len(pair.old.leaves[path]) for path in paths}
            differs = any(_differs(pair, path, at, tolerances[path]) for path, end in ends.items() for at in range(end))
            units.append((pair.rows[0] if len(pair.rows) == 1 else {}, differs))
    return units


def _tolerances(pairs: Sequence[_Pair]) -> Mapping[str, float]:
    """Return path -> how far apart numbers may be; without paths whose texts never repeat: those name the answer."""
    gathered: dict[str, list[Leaf]] = {}
    for pair in pairs:
        for path, values in pair.old.leaves.items():
            gathered.setdefault(path, []).extend(values)
    found = {}
    for path, every in gathered.items():
        texts = [value for value in every if isinstance(value, str)]
        if len(texts) == len(every) >= VARIED and len(set(texts)) == len(texts):
            continue
        numbers = [value for value in every if isinstance(value, int | float)]
        found[path] = TOLERANCE * (max(numbers) - min(numbers)) if numbers else 0.0
    return found


def _differs(pair: _Pair, path: str, at: int, tolerance: float) -> bool:
    values = pair.new.leaves[path]
    if at >= len(values):
        return True
    old, new = pair.old.leaves[path][at], values[at]
    if isinstance(old, int | float) and isinstance(new, int | float) and not isinstance(old, bool):
        return not abs(old - new) <= tolerance + 1e-9 * abs(old)
    return old != new


def _constant(pairs: Sequence[_Pair]) -> bool:
    """Tell whether the new version's answers never change where the old one's do."""
    varied = []
    for path in _tolerances(pairs):
        old = Counter(value for pair in pairs for value in pair.old.leaves.get(path, ()))
        if old.total() - max(old.values()) >= VARIED:
            varied.append({value for pair in pairs for value in pair.new.leaves.get(path, ())})
    return bool(varied) and all(len(values) == 1 for values in varied)
