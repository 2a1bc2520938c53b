"""Which error rate a bake can tell from none at all: the verdict itself is asked, with evidence made for it."""

from shipway.domain.verdict import Counts, Evidence, Settings, State, advance, failed

RATES = tuple(each / 1000 for each in (5, 10, 15, 20, 25, 30, 40, 50, 60, 80, 100, 150, 200, 300, 500, 1000))


def smallest(settings: Settings, seconds: int, new: float, old: float) -> float | None:
    """Return the smallest error rate, 0..1, that the verdict rejects; None when it rejects none.

    seconds: of the bake. new, old: answers a second of the new version and of the live one, which makes no errors.
    The errors come evenly: as many as are to be expected, so a version this bad is found about every second time.
    """
    return next((rate for rate in RATES if _rejected(settings, rate, seconds, new, old)), None)


def _rejected(settings: Settings, rate: float, seconds: int, new: float, old: float) -> bool:
    state = State()
    for second in range(seconds):
        answers = _in(new, second)
        errors = min(answers, _in(new * rate, second))
        ours = Counts(requests=answers, ok=answers - errors, server_errors=errors)
        theirs = Counts(requests=_in(old, second), ok=_in(old, second))
        state = advance(state, settings, [Evidence(second=second, new=ours, old=theirs)])
        if failed(state, settings):
            return True
    return False


def _in(rate: float, second: int) -> int:
    """Return how many of what happens `rate` times a second fall into this one."""
    return int(rate * (second + 1)) - int(rate * second)
