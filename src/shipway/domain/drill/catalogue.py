"""The drill's candidates: what is wrong with each, and what must become of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from shipway.domain.errors import ShipwayError
from shipway.domain.values import JsonObject


class CandidateUnknown(ShipwayError):
    """The drill has no candidate of this name."""

    message = "the drill has no candidate {name!r}"
    hint = "list them: shipway drill --list"
    exit_code = 2
    status = 404


class Expect(StrEnum):
    """What must become of a candidate."""

    THROUGH = "go live"
    BEFORE = "not be exposed"
    BACK = "go back"
    TOLD = "be told honestly"  # it goes back, is held, or passes with no more errors than can be told from none
    BY_HAND = "be rolled back"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One release of the drill.

    does: what is wrong with it (or right), in words. model: what its programs are told in the model archive.
    expect: what must become of it; limit: within how much of the bake after it turns bad, 1 = the whole bake.
    turns_bad: how much of the bake it is good for. hopeless: share of requests with a row that no model can answer.
    nonsense: share of requests that are the caller's own mistake.
    """

    name: str
    does: str
    expect: Expect
    model: JsonObject = field(default_factory=dict)
    limit: float = 1.0
    turns_bad: float = 0.0
    hopeless: float = 0.0
    nonsense: float = 0.0

    @property
    def healthy(self) -> bool:
        """Whether it must go live."""
        return self.expect is Expect.THROUGH

    @property
    def deaf(self) -> bool:
        """Whether its programs ignore SIGTERM."""
        fault = self.model.get("fault")
        return isinstance(fault, dict) and bool(fault.get("deaf"))


def _broken(name: str, does: str, fault: JsonObject, expect: Expect = Expect.BACK, limit: float = 1.0) -> Candidate:
    return Candidate(name=name, does=does, model={"fault": fault}, expect=expect, limit=limit)


CANDIDATES = (
    Candidate(name="identical", does="the live model once more", expect=Expect.THROUGH),
    _broken("crash-at-start", "ends while it loads the model", {"kind": "crash-at-start"}, Expect.BEFORE),
    _broken("hang-on-load", "never becomes ready", {"kind": "hang-on-load"}, Expect.BEFORE),
    _broken("wrong-schema", "answers in another form", {"kind": "schema"}, Expect.BEFORE),
    _broken("5xx-100", "answers every request with 500", {"kind": "errors", "rate": 1.0}, limit=0.25),
    _broken("5xx-20", "answers 20 % with 500", {"kind": "errors", "rate": 0.2}, limit=0.5),
    _broken("5xx-5", "answers 5 % with 500", {"kind": "errors", "rate": 0.05}),
    _broken("5xx-1", "answers 1 % with 500", {"kind": "errors", "rate": 0.01}, Expect.TOLD),
    Candidate(
        name="new-model",
        does="a model that predicts mildly differently",
        model={"slope": 2.02},
        expect=Expect.THROUGH,
    ),
    _broken("crash-under-load", "ends at 5 % of the requests", {"kind": "crash", "rate": 0.05}, limit=0.5),
    _broken("memory-hog", "keeps 16 MiB of each request until it is killed", {"kind": "memory"}),
    _broken("half-dead", "one of two workers hangs", {"kind": "half-dead"}),
    _broken("slow", "answers 300 ms later", {"kind": "slow", "seconds": 0.3}),
    _broken("wrong-answers", "predicts too much by half of the range", {"kind": "shifted", "by": 1.0}),
    _broken("constant-answers", "predicts the same for every row", {"kind": "constant"}),
    _broken(
        "refuses-to-stop", "turns bad and ignores SIGTERM", {"kind": "errors", "rate": 1.0, "deaf": True, "after": 0.1}
    ),
    Candidate(
        name="turns-bad",
        does="good for 40 % of the bake, then answers 500",
        model={"fault": {"kind": "errors", "rate": 1.0, "after": 0.4}},
        expect=Expect.BACK,
        turns_bad=0.4,
        limit=0.6,
    ),
    Candidate(
        name="errors-on-both",
        does="healthy; 2 % of the requests fail on every model",
        expect=Expect.THROUGH,
        hopeless=0.02,
    ),
    Candidate(
        name="bad-callers",
        does="healthy; 30 % of the requests are the caller's mistake",
        expect=Expect.THROUGH,
        nonsense=0.3,
    ),
    Candidate(
        name="bad-after-bake",
        does="good for the bake and a little longer, then answers 500",
        model={"fault": {"kind": "errors", "rate": 1.0, "after": 1.6}},
        expect=Expect.BY_HAND,
        turns_bad=1.6,
        limit=0.25,
    ),
)


def chosen(names: Sequence[str]) -> list[Candidate]:
    """Return the candidates of these names in the catalogue's order, all without names. Raises CandidateUnknown."""
    known = {each.name for each in CANDIDATES}
    for name in names:
        if name not in known:
            raise CandidateUnknown(name=name)
    return [each for each in CANDIDATES if not names or each.name in names]
