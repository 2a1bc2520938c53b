"""Data quality: what a window's columns look like, against what the constraints promise. Model Monitor's checks."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from shipway.domain.baseline import Constraint
from shipway.domain.drift.chance import share_error
from shipway.domain.drift.judge import HorizonDrift
from shipway.domain.values import JsonObject


class Check(StrEnum):
    """Model Monitor's kinds of checks."""

    DATA_TYPE = "data_type_check"
    COMPLETENESS = "completeness_check"
    DRIFT = "baseline_drift_check"
    MISSING = "missing_column_check"
    EXTRA = "extra_column_check"
    CATEGORIES = "categorical_values_check"


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One thing that is not as the constraints say."""

    feature: str
    check: Check
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """One column of a window.

    rows: all of them. present: rows with a value. numbers, whole: present values that are numbers, and those that are
    whole numbers ("3.0" is one). unknown: value -> rows, of categories outside the domain, most frequent first;
    unknown_rows: their rows, also of those that are not listed.
    """

    name: str
    rows: int
    present: int
    numbers: int = 0
    whole: int = 0
    unknown_rows: int = 0
    unknown: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slack:
    """How much of a miss may be chance.

    alpha: chance of a violation without a cause, for one check; None: a miss is a miss, as in Model Monitor.
    baseline: rows of the baseline. clustering: as in drift, >= 1.
    """

    alpha: float | None
    baseline: int
    clustering: float = 1.0

    def of(self, share: float, rows: int) -> float:
        """Return by how much a share of `rows` rows may miss `share`; 0 where the baseline knew no exception at all."""
        if self.alpha is None or not rows or not self.baseline or share in (0.0, 1.0):
            return 0.0
        return share_error(share, self.alpha, 1 / self.baseline + self.clustering / rows)


def column_checks(expected: Sequence[str], found: Sequence[str]) -> list[Violation]:
    """Return a violation for each column that is missing, and for each that nobody knows."""
    counts = f"Number of columns in current dataset: {len(found)}, Number of columns in baseline constraints: "
    counts += f"{len(expected)}"
    missing = [name for name in expected if name not in set(found)]
    extra = [name for name in found if name not in set(expected)]
    sides = ((Check.MISSING, "missing", missing), (Check.EXTRA, "extra", extra))
    return [
        Violation(feature=name, check=check, description=f"There are {word} columns in current dataset. {counts}")
        for check, word, names in sides
        for name in names
    ]


def value_checks(rule: Constraint, seen: Quality, slack: Slack) -> list[Violation]:
    """Return what a column's values violate: completeness, data type, categories. None without rows."""
    return [found for check in (_completeness, _data_type, _categories) for found in check(rule, seen, slack)]


def _completeness(rule: Constraint, seen: Quality, slack: Slack) -> Iterator[Violation]:
    if rule.completeness is None or not seen.rows:
        return
    share = seen.present / seen.rows
    if share < rule.completeness - slack.of(rule.completeness, seen.rows):
        text = f"Value: {share:.6g} does not meet the constraint requirement!"
        yield Violation(feature=rule.name, check=Check.COMPLETENESS, description=text)


def _data_type(rule: Constraint, seen: Quality, slack: Slack) -> Iterator[Violation]:
    fitting = {"Integral": seen.whole, "Fractional": seen.numbers}.get(rule.type)
    if fitting is None or not seen.present:
        return
    share = fitting / seen.present
    if share < rule.type_threshold - slack.of(rule.type_threshold, seen.present):
        text = (
            f"Data type match requirement is not met. Expected data type: {rule.type}, "
            f"Expected match: {_percent(rule.type_threshold)}. "
            f"Observed: Only {_percent(share)} of data is {rule.type}."
        )
        yield Violation(feature=rule.name, check=Check.DATA_TYPE, description=text)


def _categories(rule: Constraint, seen: Quality, slack: Slack) -> Iterator[Violation]:
    if rule.domain is None or not seen.present:
        return
    share = 1 - seen.unknown_rows / seen.present
    allowed = min(rule.domain_threshold, 1 - rule.unseen)
    if share < allowed - slack.of(allowed, seen.present):
        named = ", ".join(list(seen.unknown)[:5])
        text = f"Value: {share:.6g} does not meet the constraint requirement! Unknown values: {named}"
        yield Violation(feature=rule.name, check=Check.CATEGORIES, description=text)


def drift_violation(feature: str, worst: HorizonDrift) -> Violation:
    """Return the violation of a feature that has drifted. Readers take both numbers out of the text."""
    text = f"Baseline drift distance: {worst.score:.6g} exceeds threshold: {worst.tolerance:.6g}"
    return Violation(feature=feature, check=Check.DRIFT, description=text)


def violations_document(violations: Sequence[Violation]) -> JsonObject:
    """Return constraint_violations.json."""
    return {
        "violations": [
            {"feature_name": one.feature, "constraint_check_type": one.check.value, "description": one.description}
            for one in violations
        ]
    }


def read_violations(document: JsonObject) -> list[Violation]:
    """Return the violations of a constraint_violations.json; entries of unknown kinds are left out."""
    entries = document.get("violations")
    found = []
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, dict) and entry.get("constraint_check_type") in set(Check):
            check = Check(str(entry["constraint_check_type"]))
            name, text = str(entry.get("feature_name", "")).strip(), str(entry.get("description", ""))
            found.append(Violation(feature=name, check=check, description=text))
    return found


def _percent(share: float) -> str:
    """Return a share as Model Monitor writes it: "100.0%", "99.9932%"."""
    return f"{round(share * 100, 4)}%"
