"""Replay: recorded requests, sent to a new version a few at a time."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from shipway.domain.replay import Answer, Case, Limits, Recorded, Report, compare

AT_ONCE = 4
HOPELESS = 8  # failures after which no further request is sent
Ask = Callable[[Recorded], Answer]


def replay(
    requests: Sequence[Recorded],
    new: Ask,
    old: tuple[str, Ask] | None = None,
    *,
    columns: Sequence[str] = (),
    limits: Limits | None = None,
    more: Callable[[], bool] = lambda: True,
) -> Report:
    """Return what the new version's answers to recorded requests say about it.

    old: the live version's name and how to ask it; it answers again what another version had answered before, so that
    it is the live version that the new one is compared with. Without it the recorded answers count.
    more: whether there is time for another request. A request that fails is sent a second time. After HOPELESS failures
    the rest is not sent.
    """
    failures: list[Recorded] = []

    def case(request: Recorded) -> Case | None:
        if len(failures) >= HOPELESS or not more():
            return None
        before = request.answer
        if old is not None and request.version != old[0]:
            again = old[1](request)
            before = again if again.good else before
        after = new(request)
        if before.good and not after.good:
            after = new(request)
            if not after.good:
                failures.append(request)
        return Case(request=request, old=before, new=after)

    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="replay") as pool:
        cases = [each for each in pool.map(case, requests) if each is not None]
    return compare(cases, columns, limits)
