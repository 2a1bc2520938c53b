"""constraints.json as values: what later data is held against, whoever wrote the file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shipway.domain.drift.settings import Comparison, Rule
from shipway.domain.errors import ShipwayError
from shipway.domain.values import Json, JsonObject

TOLERANCE = 0.05  # of our own baselines; Model Monitor writes 0.1


class BaselineUnreadable(ShipwayError):
    """A baseline's file is not what it should be."""

    message = "{path} can't be used as a baseline: {problem}"
    hint = "make the baseline again: it is a step of every run"
    exit_code = 2
    status = 422


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """What one feature must keep.

    type: Integral, Fractional, String or Unknown. completeness: share of rows with a value, None when it is not asked
    for. domain: the categories that are known, None when any will do. type_threshold, domain_threshold: share of values
    that must fit. unseen: share of rows that an honest sample may have outside of the domain (Good-Turing), 0..1.
    drift: what the distribution is held against.
    """

    name: str
    type: str = "Unknown"
    completeness: float | None = None
    non_negative: bool | None = None
    domain: frozenset[str] | None = None
    type_threshold: float = 1.0
    domain_threshold: float = 1.0
    unseen: float = 0.0
    drift: Rule = field(default_factory=Rule)

    @property
    def numeric(self) -> bool:
        """Whether its values are numbers."""
        return self.type in {"Integral", "Fractional"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraints:
    """A whole constraints.json. evaluate: whether checks run; emit_metrics: whether metrics are written."""

    features: Mapping[str, Constraint]
    evaluate: bool = True
    emit_metrics: bool = True


def read_constraints(document: Json, path: str = "constraints.json", tolerance: float | None = None) -> Constraints:
    """Return the constraints of a document; keys that are missing have their defaults, unknown ones are left alone.

    tolerance: instead of the file's general threshold; a feature's own override still wins.
    Raises BaselineUnreadable when it is not a constraints.json at all.
    """
    if not isinstance(document, dict) or not isinstance(document.get("features"), list):
        raise BaselineUnreadable(path=path, problem="it has no list named 'features'")
    general = _object(document.get("monitoring_config"))
    if tolerance is not None:
        given = {"comparison_threshold": tolerance, "categorical_comparison_threshold": tolerance}
        general = {**general, "distribution_constraints": {**_object(general.get("distribution_constraints")), **given}}
    features = {}
    for entry in document["features"]:  # type: ignore[union-attr]
        if isinstance(entry, dict) and isinstance(entry.get("name"), str):
            rule = _constraint(entry, general)
            features[rule.name] = rule
    return Constraints(
        features=features,
        evaluate=_enabled(general, "evaluate_constraints"),
        emit_metrics=_enabled(general, "emit_metrics"),
    )


def with_overrides(document: JsonObject, overrides: Mapping[str, Mapping[str, float | bool]]) -> JsonObject:
    """Return a constraints.json in which features have thresholds of their own.

    overrides: feature -> {"tolerance", "datatype", "categories", "completeness": number, "compare": whether its
    distribution is compared at all}. They are written where Model Monitor has them: monitoringConfigOverrides.
    """
    features: list[Json] = []
    for entry in document["features"]:  # type: ignore[union-attr]
        wanted = overrides.get(str(entry["name"]), {}) if isinstance(entry, dict) else {}
        features.append({**_object(entry), **_override(_object(entry), wanted)} if wanted else entry)
    return {**document, "features": features}


def _override(entry: JsonObject, wanted: Mapping[str, float | bool]) -> JsonObject:
    own = dict(_object(entry.get("monitoringConfigOverrides")))
    distribution = dict(_object(own.get("distribution_constraints")))
    if "tolerance" in wanted:
        distribution |= dict.fromkeys(("comparison_threshold", "categorical_comparison_threshold"), wanted["tolerance"])
    if "compare" in wanted:
        distribution["perform_comparison"] = "Enabled" if wanted["compare"] else "Disabled"
    for key, theirs in (("datatype", "datatype_check_threshold"), ("categories", "domain_content_threshold")):
        if key in wanted:
            own[theirs] = wanted[key]
    if distribution:
        own["distribution_constraints"] = distribution
    completeness: JsonObject = {"completeness": wanted["completeness"]} if "completeness" in wanted else {}
    return {**completeness, "monitoringConfigOverrides": own}


def _constraint(entry: JsonObject, general: JsonObject) -> Constraint:
    own = _object(entry.get("monitoringConfigOverrides"))
    config = {**general, **own}
    distribution = _object(general.get("distribution_constraints")) | _object(own.get("distribution_constraints"))
    type_ = str(entry.get("inferred_type", "Unknown"))
    domains = _object(entry.get("string_constraints")).get("domains")
    non_negative = _object(entry.get("num_constraints")).get("is_non_negative")
    return Constraint(
        name=str(entry["name"]),
        type=type_,
        completeness=_share(entry, "completeness"),
        non_negative=non_negative if isinstance(non_negative, bool) else None,
        domain=frozenset(map(str, domains)) if isinstance(domains, list) else None,
        type_threshold=_or(_share(config, "datatype_check_threshold"), 1.0),
        domain_threshold=_or(_share(config, "domain_content_threshold"), 1.0),
        drift=_rule(distribution, categorical=type_ == "String"),
    )


def _rule(distribution: JsonObject, *, categorical: bool) -> Rule:
    key = "categorical_comparison_threshold" if categorical else "comparison_threshold"
    tolerance = _share(distribution, key)
    if tolerance is None:
        tolerance = _or(_share(distribution, "comparison_threshold"), Rule().tolerance)
    return Rule(
        tolerance=tolerance,
        compare=_enabled(distribution, "perform_comparison"),
        numeric=_comparison(distribution.get("comparison_method"), Comparison.ROBUST),
        categorical=_comparison(distribution.get("categorical_drift_method"), Comparison.L_INFINITY),
    )


def _comparison(value: Json, default: Comparison) -> Comparison:
    return Comparison(value) if isinstance(value, str) and value in set(Comparison) else default


def _enabled(config: Mapping[str, Any], key: str) -> bool:
    return str(config.get(key, "Enabled")).lower() != "disabled"


def _share(config: Mapping[str, Any], key: str) -> float | None:
    value = config.get(key)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _or(value: float | None, default: float) -> float:
    return default if value is None else value


def _object(value: Json) -> JsonObject:
    return value if isinstance(value, dict) else {}
