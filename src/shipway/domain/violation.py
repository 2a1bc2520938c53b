"""Constraint violations in Model Monitor's form, and what people should know of them."""

import re
from dataclasses import dataclass

from shipway.domain.values import Json

DRIFT = "baseline_drift_check"
_DISTANCE = re.compile(r"distance:\s*([0-9.eE+-]+)\s+exceeds threshold:\s*([0-9.eE+-]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One violated constraint.

    check: "baseline_drift_check", "completeness_check", ... distance, threshold: of a drift, None elsewhere and where
    the description does not tell them.
    """

    feature: str
    check: str
    description: str
    distance: float | None = None
    threshold: float | None = None


def violations(document: Json) -> tuple[Violation, ...]:
    """Return the violations of a constraint_violations.json, drifts first and the farthest of them first."""
    found = document.get("violations") if isinstance(document, dict) else None
    read = [_violation(each) for each in found if isinstance(each, dict)] if isinstance(found, list) else []
    return tuple(sorted(read, key=lambda each: (each.check != DRIFT, -(each.distance or 0.0), each.feature)))


def sentence(found: tuple[Violation, ...]) -> str:
    """Return what people should know, worst first."""
    if not found:
        return "no constraint is violated"
    drifted = [each for each in found if each.check == DRIFT]
    others = len(found) - len(drifted)
    told = ", ".join(_told(each) for each in drifted)
    parts = ([f"drift: {told}"] if drifted else []) + ([_others(found, others)] if others else [])
    return "; ".join(parts)


def _others(found: tuple[Violation, ...], count: int) -> str:
    names = sorted({f"{each.feature} ({each.check.removesuffix('_check')})" for each in found if each.check != DRIFT})
    return f"{count} other {'violation' if count == 1 else 'violations'}: {', '.join(names)}"


def _told(violation: Violation) -> str:
    if violation.distance is None or violation.threshold is None:
        return violation.feature
    return f"{violation.feature} {violation.distance:.3g} (threshold {violation.threshold:.3g})"


def _violation(document: dict[str, Json]) -> Violation:
    description = str(document.get("description", ""))
    numbers = _DISTANCE.search(description)
    return Violation(
        feature=str(document.get("feature_name", "")),
        check=str(document.get("constraint_check_type", "")),
        description=description,
        distance=float(numbers[1]) if numbers else None,
        threshold=float(numbers[2].rstrip(".")) if numbers else None,
    )
