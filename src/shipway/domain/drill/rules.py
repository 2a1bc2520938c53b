"""What the drill saw of each candidate, and whether that is what must become of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from shipway.domain.drill.catalogue import Candidate, Expect
from shipway.domain.verdict import Test

RIGHT = 0.05  # how far an answer may be from the live model's before a caller would call it wrong: a mild change is not
MARGIN = 1.5  # seconds: a process is looked at once a second, a second of evidence is read when it is over


class End(StrEnum):
    """What became of a candidate."""

    LIVE = "went live"
    BACK = "went back"
    STOPPED = "stopped"
    HELD = "held"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the drill saw of one candidate.

    by: what found it, "" when nothing did; sentence: why it ended as it did. exposed: whether callers' requests
    reached it. after: seconds from the exposure (of a rollback by hand: from the order) to the decision.
    sent: requests meanwhile; lost: what callers saw instead of a good answer -> how often, rows that no model can
    answer and the callers' own mistakes left out. stray: of those, the ones that the candidate had not answered.
    late: of those, the ones that began after it had gone. left: what of it was still there at the end;
    cleared: seconds from the moment it had gone until it was taken down.
    rate: share of its answers that were 5xx, 0..1; detectable: the smallest such share that the verdict finds with
    the evidence there was; allowed: the share that the project lets pass.
    """

    end: End
    by: str
    sentence: str
    exposed: bool
    after: float | None
    sent: int
    lost: Mapping[str, int]
    stray: int = 0
    late: int = 0
    left: Sequence[str] = ()
    cleared: float | None = None
    rate: float = 0.0
    detectable: float | None = None
    allowed: float = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the drill's table. good: whether it went as it must; why: what did not, or what is worth saying."""

    candidate: Candidate
    seen: Seen
    good: bool
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a drill found. bake, seconds: of one bake and of the whole drill; rate: requests a second."""

    rows: Sequence[Row]
    bake: float
    rate: float
    percent: int
    seconds: float

    @property
    def missed(self) -> list[str]:
        """The names of the candidates that did not go as they must."""
        return [row.candidate.name for row in self.rows if not row.good]


def assessed(candidate: Candidate, seen: Seen, bake: float) -> Row:
    """Return the candidate's line. bake: seconds."""
    wrong = _unclean(seen) or _RULES[candidate.expect](candidate, seen, bake)
    return Row(candidate=candidate, seen=seen, good=not wrong, why=wrong or _remark(candidate, seen))


def limit_of(candidate: Candidate, bake: float) -> float:
    """Return the seconds from the exposure within which a candidate must be found; by hand, from the order on."""
    if candidate.expect is Expect.BY_HAND:
        return candidate.limit * bake + MARGIN
    return (candidate.turns_bad + candidate.limit) * bake + MARGIN


def found_by(sentence: str, test: Test | None) -> str:
    """Return what sent a deployment back, from its last sentence and the test that rejected it, if one did."""
    if test is not None:
        return f"verdict: {'hard cap' if test is Test.CAP else test}"
    for words, name in _FINDERS.items():
        if words in sentence:
            return name
    return "a person" if sentence.startswith(("aborted", "rolled back by")) else ""


_FINDERS = {
    "replay": "replay",
    "smoke": "smoke test",
    "keeps ending": "crash loop",
    "preparing failed": "start",
    "failed to start": "start",
    "real rows with": "smoke test",
    "pre_traffic": "hook",
    "post_traffic": "hook",
    "alarm": "alarm",
}


def _unclean(seen: Seen) -> str:
    if seen.left:
        return f"left behind: {', '.join(seen.left)}"
    if seen.stray:
        return f"{seen.stray} requests failed that the new version had not answered"
    if seen.late:
        return f"{seen.late} requests failed after it had gone"
    return ""


def _through(_candidate: Candidate, seen: Seen, _bake: float) -> str:
    if seen.end is not End.LIVE:
        return f"a healthy release {seen.end}: {seen.sentence}"
    lost = sum(seen.lost.values())
    return f"{lost} requests of a healthy release were lost" if lost else ""


def _before(_candidate: Candidate, seen: Seen, _bake: float) -> str:
    if seen.end is End.LIVE:
        return f"nothing found it: {seen.sentence}"
    return "callers met it before it was found" if seen.exposed else ""


def _back(candidate: Candidate, seen: Seen, bake: float) -> str:
    if seen.end is End.LIVE:
        return f"nothing found it: {seen.sentence}"
    if seen.end is End.HELD:
        return f"it was held for a person: {seen.sentence}"
    limit = limit_of(candidate, bake)
    if seen.exposed and seen.after is not None and seen.after > limit:
        return f"found after {seen.after:.1f} s, {limit:.1f} s are allowed"
    return ""


def _told(_candidate: Candidate, seen: Seen, _bake: float) -> str:
    if seen.end is End.LIVE and seen.rate > max(seen.allowed, seen.detectable or 0):
        return f"it passed with {100 * seen.rate:.1f} % errors, {100 * seen.allowed:.3g} % are allowed"
    return ""


def _by_hand(candidate: Candidate, seen: Seen, bake: float) -> str:
    if seen.end is not End.BACK or seen.after is None:
        return f"rolling back by hand did not work: {seen.sentence}"
    limit = limit_of(candidate, bake)
    return f"the rollback took {seen.after:.1f} s, {limit:.1f} s are allowed" if seen.after > limit else ""


_RULES = {
    Expect.THROUGH: _through,
    Expect.BEFORE: _before,
    Expect.BACK: _back,
    Expect.TOLD: _told,
    Expect.BY_HAND: _by_hand,
}


def _remark(candidate: Candidate, seen: Seen) -> str:
    if candidate.deaf and seen.cleared is not None:
        return f"killed {seen.cleared:.0f} s after it had gone back; nothing of it is left"
    if candidate.expect is Expect.BY_HAND:
        return "after the bake nothing sends it back: this takes a person, and rollback"
    if candidate.expect is Expect.TOLD and seen.detectable is not None:
        return (
            f"{100 * seen.rate:.1f} % of its answers were errors, {100 * seen.allowed:.3g} % are allowed; "
            f"this bake tells {100 * seen.detectable:.3g} % or more from a live version without errors"
        )
    return ""
