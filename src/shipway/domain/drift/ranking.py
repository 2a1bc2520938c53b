"""From the windows of a feature to the feature, and from the features to the one to look at first."""

from collections.abc import Iterable, Sequence

from shipway.domain.drift.judge import HorizonDrift, Standing

_ORDER = (Standing.DRIFT, Standing.STABLE, Standing.INSUFFICIENT, Standing.SKIPPED)


def decided(horizons: Sequence[HorizonDrift]) -> HorizonDrift:
    """Return the window that speaks for the feature: the worst that has drifted, else the one that sees the most.

    horizons: at least one, all of one feature.
    """
    drifting = [seen for seen in horizons if seen.standing is Standing.DRIFT]
    if drifting:
        return max(drifting, key=excess)
    stable = [seen for seen in horizons if seen.standing is Standing.STABLE]
    return min(stable, key=lambda seen: seen.detectable or 1.0) if stable else horizons[-1]


def excess(seen: HorizonDrift) -> float:
    """Return how many times its tolerance a feature has drifted; comparable between features."""
    return seen.score / max(seen.tolerance, 1e-9)


def drifted(horizons: Iterable[HorizonDrift]) -> bool:
    """Tell whether any window shows drift."""
    return any(seen.standing is Standing.DRIFT for seen in horizons)


def rank(seen: HorizonDrift) -> tuple[int, float, float]:
    """Return a key that sorts the worst feature first; where no score tells, the larger distance comes first."""
    relative = seen.distance / (seen.detectable or 1.0)
    return _ORDER.index(seen.standing), -excess(seen), -relative


def ranked(features: dict[str, Sequence[HorizonDrift]]) -> list[str]:
    """Return the features' names, worst first. features: name -> its windows."""
    return sorted(features, key=lambda name: (*rank(decided(features[name])), name))
