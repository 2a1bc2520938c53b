"""The chi-squared distribution and Bernstein's bound, with nothing but the standard library."""

from math import exp, lgamma, log, sqrt

_STEPS = 10_000
_ENOUGH = 1e-14
_TINY = 1e-300


def chi2_survival(statistic: float, degrees: float) -> float:
    """Return P(X >= statistic) for chi-squared with `degrees` of freedom, 0..1; 1 where there are none.

    The regularized upper incomplete gamma function Q(degrees / 2, statistic / 2): by its series near 0, by its
    continued fraction (Lentz's method) elsewhere, so that tails of 1e-300 keep their digits.
    Source: Abramowitz, Stegun, "Handbook of Mathematical Functions" (1964), 6.5.29, 6.5.31 and 26.4.19.
    """
    if degrees <= 0 or statistic <= 0:
        return 1.0
    a, x = degrees / 2, statistic / 2
    scale = exp(max(a * log(x) - x - lgamma(a), -745.0))
    return max(0.0, 1 - scale * _series(a, x)) if x < a + 1 else min(1.0, scale * _fraction(a, x))


def _series(a: float, x: float) -> float:
    term = total = 1 / a
    for step in range(1, _STEPS):
        term *= x / (a + step)
        total += term
        if term < total * _ENOUGH:
            break
    return total


def _fraction(a: float, x: float) -> float:
    b = x + 1 - a
    c, d = 1 / _TINY, 1 / b
    total = d
    for step in range(1, _STEPS):
        factor = step * (a - step)
        b += 2
        d = 1 / _away_from_zero(factor * d + b)
        c = _away_from_zero(b + factor / c)
        total *= c * d
        if abs(c * d - 1) < _ENOUGH:
            break
    return total


def _away_from_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY


def chi2_limit(alpha: float, degrees: float) -> float:
    """Return a value that chi-squared exceeds with a chance of alpha at most; a little more than the quantile.

    Source: Laurent, Massart, "Adaptive Estimation of a Quadratic Functional", Ann. Statist. 28 (2000), lemma 1.
    """
    power = log(1 / alpha)
    return degrees + 2 * sqrt(degrees * power) + 2 * power


def share_error(share: float, alpha: float, variance: float) -> float:
    """Return by how much a measured share may differ from the true one, with a chance of alpha at most on either side.

    share: the true one, 0..1. variance: 1/rows, or 1/n + 1/m for the difference of two. Bernstein's inequality.
    """
    power = log(1 / alpha)
    return sqrt(2 * power * share * (1 - share) * variance) + power * variance / 3
