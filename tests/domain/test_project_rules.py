"""The rules that a project's values must keep: one row a rule, with what people are told."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shipway.domain.project import (
    ApprovalSettings,
    DataFormat,
    DataSettings,
    FeatureType,
    GateSettings,
    Problem,
    Project,
    ProjectInvalid,
)
from shipway.domain.project_rules import suggestion, validate
from shipway.domain.scaling import ScalingPolicy
from shipway.domain.units import Size

PLAIN = Project(name="flights")
FEATURES = {"distance": FeatureType.NUMBER, "carrier": FeatureType.CATEGORY}
KIB, MIB, GIB = 2**10, 2**20, 2**30


def told(project: Project) -> list[tuple[str, str, str]]:
    """Return the problems as rows."""
    return [(each.path, each.problem, each.remedy) for each in validate(project)]


def test_the_defaults_are_a_valid_project() -> None:
    assert told(PLAIN) == []


@pytest.mark.parametrize(
    ("hours", "path", "problem"),
    [
        ((), "monitoring.horizons", "these are not 1 to 6 rising times"),
        ((1, 2, 3, 4, 5, 6, 7), "monitoring.horizons", "these are not 1 to 6 rising times"),
        ((24, 1), "monitoring.horizons", "these are not 1 to 6 rising times"),
        ((24, 24), "monitoring.horizons", "these are not 1 to 6 rising times"),
        ((1, 169), "monitoring.horizons[1]", "169h is out of range"),
        ((1.5, 24), "monitoring.horizons[0]", "it is not whole hours"),
    ],
)
def test_horizons_of_drift(hours: tuple[float, ...], path: str, problem: str) -> None:
    horizons = tuple(timedelta(hours=each) for each in hours)
    [found] = told(replace(PLAIN, monitoring=replace(PLAIN.monitoring, horizons=horizons)))
    assert found[:2] == (path, problem)


def test_data_lies_in_a_bucket_named_after_the_project_or_in_the_named_one() -> None:
    assert PLAIN.data_uri == "s3://flights-data/data/"
    assert replace(PLAIN, data=DataSettings(bucket="raw", prefix="")).data_uri == "s3://raw/"


@pytest.mark.parametrize("name", ["ab", "a1", "a-b-c", "a" * 32])
def test_names_that_everything_can_be_named_after(name: str) -> None:
    assert told(Project(name=name)) == []


@pytest.mark.parametrize("name", ["", "a", "1a", "A1", "a_b", "a--b", "a-", "-a", "a" * 33, "ä1", "a b"])
def test_names_that_a_service_would_refuse(name: str) -> None:
    remedy = "use 2 to 32 small letters, digits and single hyphens, beginning with a letter"
    assert told(Project(name=name)) == [("name", f"{name!r} cannot be a project's name", remedy)]


VALUES: list[tuple[str, Any, str, str]] = [
    (
        "data.bucket",
        "Raw",
        "'Raw' cannot be a bucket's name",
        "3 to 63 small letters, digits, dots and hyphens, a letter or digit at both ends",
    ),
    ("data.prefix", "raw", "'raw' is not a folder of the bucket", 'write "raw/"'),
    ("data.prefix", "/", "'/' is not a folder of the bucket", 'write "" for the whole bucket'),
    ("processing.instance_type", "m5.large", "'m5.large' is not an instance type", 'write it as "ml.m5.large"'),
    ("processing.volume", Size(1536 * MIB), "1536MiB is not a whole number of GiB", 'write "2GiB"'),
    ("training.volume", Size(0), "0B is out of range", 'write "1GiB" to "16TiB"'),
    ("training.max_run", timedelta(days=29), "29d is out of range", 'write "1s" to "28d"'),
    ("training.max_run", timedelta(milliseconds=1500), "1500ms is not whole seconds", 'write "2s"'),
    ("training.environment", {"1A": ""}, "'1A' cannot name a variable", "use letters, digits and _, no digit first"),
    ("training.hyperparameters", {"": 1}, "the name has 0 characters", "use 1 to 256"),
    (
        "training.hyperparameters",
        {"a": "x" * 2501},
        "the value has 2501 characters",
        "use at most 2500; put more into a file of container/code",
    ),
    (
        "gate.metric",
        "f1 score",
        "'f1 score' cannot be a metric's name",
        "use the name that evaluate.py writes: letters, digits, _ . -",
    ),
    ("gate.tolerance", -0.1, "-0.1 is out of range", "write 0 or more"),
    ("gate.tolerance", float("nan"), "nan is out of range", "write 0 or more"),
    ("gate.threshold", float("nan"), "nan bounds nothing", "write a finite number"),
    ("function.memory", Size(64 * MIB), "64MiB is out of range", 'write "128MiB" to "10GiB"'),
    ("function.memory", Size(200 * MIB + 1), "209715201B is not a whole number of MiB", 'write "201MiB"'),
    ("function.timeout", timedelta(hours=1), "1h is out of range", 'write "1s" to "15m"'),
    ("function.workers", -1, "-1 is out of range", "write 0 to 256"),
    ("function.environment", {"AWS_REGION": "x"}, "AWS_REGION is set by the runtime", "choose another name"),
    (
        "function.environment",
        {"ENDPOINT_NAME": "x"},
        "ENDPOINT_NAME is the name of the endpoint",
        "choose another name",
    ),
    ("deployment.percent", 0, "0 is out of range", "write 1 to 99"),
    ("deployment.percent", 100, "100 is out of range", "write 1 to 99"),
    ("deployment.bake", timedelta(0), "0s is out of range", 'write "1s" to "2d"'),
    ("deployment.max_error_rate", 1.5, "1.5 is out of range", "write 0 to 1"),
    ("deployment.min_requests", 0, "0 is out of range", "write 1 to 1000000"),
    (
        "approval.warn_before",
        timedelta(days=7),
        "7d before the end is before the beginning: timeout is 7d",
        "write less than 7d",
    ),
    ("approval.timeout", timedelta(days=400), "400d is out of range", 'write "1s" to "365d"'),
    ("workflow.max_attempts", 100, "100 is out of range", "write 0 to 99"),
    ("workflow.backoff", 0.5, "0.5 is out of range", "write 1 to 10"),
    ("notifications.mail", ("ada",), "'ada' is not a mail address", 'write "name@example.org"'),
    (
        "notifications.webhooks",
        ("chat",),
        "'chat' is not a web address",
        'write the whole address: "https://chat.example.org/hooks/1"',
    ),
    ("monitoring.drift_tolerance", 2.0, "2.0 is out of range", "write 0 to 1"),
    ("aws.region", "Frankfurt", "'Frankfurt' is not the code of a region", 'write it as "eu-central-1"'),
    ("aws.account", "123", "'123' is not an account", 'write its twelve digits, or ""'),
    ("local.api_port", 80, "80 cannot be listened on", "write 1024 to 65535, or 0 for a free one"),
    ("local.control_port", 70000, "70000 cannot be listened on", "write 1024 to 65535, or 0 for a free one"),
]


@pytest.mark.parametrize(("path", "value", "problem", "remedy"), VALUES, ids=lambda value: str(value)[:24])
def test_one_value_out_of_its_range(path: str, value: Any, problem: str, remedy: str) -> None:
    section, _, key = path.partition(".")
    gated = replace(PLAIN, gate=GateSettings(metric="auc", threshold=0.5))
    found = told(replace(gated, **{section: replace(getattr(gated, section), **{key: value})}))
    assert [each[1:] for each in found] == [(problem, remedy)]
    assert found[0][0].startswith(path)


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_both_endpoints_keep_the_rules(stage: str) -> None:
    bad = replace(getattr(PLAIN.endpoint, stage), instance_type="large", workers=-1, environment={"a b": "1"})
    paths = [each[0] for each in told(replace(PLAIN, endpoint=replace(PLAIN.endpoint, **{stage: bad})))]
    assert paths == [f"endpoint.{stage}.{key}" for key in ("instance_type", "workers", "environment.a b")]


@pytest.mark.parametrize(
    ("stage", "policy", "key", "problem"),
    [
        ("prod", {"min": 0, "target": 1}, "min", "0 is out of range"),
        ("prod", {"max": 101, "target": 1}, "max", "101 is out of range"),
        ("prod", {"min": 3, "max": 2}, "max", "2 is less than min = 3"),
        ("prod", {"max": 2}, "target", "0 does not say when to grow"),
        ("prod", {"idle": timedelta(hours=1)}, "idle", "production does not sleep"),
        ("dev", {"idle": timedelta(seconds=5)}, "idle", "5s is out of range"),
        ("dev", {"scale_in_cooldown": timedelta(hours=2)}, "scale_in_cooldown", "2h is out of range"),
    ],
)
def test_scaling(stage: str, policy: dict[str, Any], key: str, problem: str) -> None:
    settings = replace(getattr(PLAIN.endpoint, stage), scaling=ScalingPolicy(**policy))
    found = told(replace(PLAIN, endpoint=replace(PLAIN.endpoint, **{stage: settings})))
    assert [each[:2] for each in found] == [(f"endpoint.{stage}.scaling.{key}", problem)]


@pytest.mark.parametrize(
    ("change", "paths"),
    [
        ({"gate": GateSettings(metric="auc")}, ["gate.threshold"]),
        ({"gate": GateSettings(threshold=0.5)}, ["gate.metric"]),
        ({"approval": ApprovalSettings(required=False)}, ["approval.required"]),
        ({"approval": ApprovalSettings(required=False), "gate": GateSettings(metric="auc", threshold=0.5)}, []),
        ({"data": DataSettings(features=FEATURES, target="carrier")}, ["data.target"]),
        ({"data": DataSettings(features=FEATURES, format=DataFormat.FILES)}, ["data.features"]),
        ({"data": DataSettings(features={"a b": FeatureType.TEXT})}, ["data.features.a b"]),
    ],
)
def test_keys_that_need_each_other(change: dict[str, Any], paths: list[str]) -> None:
    assert [each[0] for each in told(replace(PLAIN, **change))] == paths


def test_two_servers_cannot_share_a_port() -> None:
    local = replace(PLAIN.local, api_port=8080, control_port=8080)
    assert [each[0] for each in told(replace(PLAIN, local=local))] == ["local.control_port"]


def test_names_of_features_and_alarms_are_checked_against_the_data() -> None:
    monitoring = replace(
        PLAIN.monitoring, features=("distanse", "carrier"), alarms=("feature_baseline_drift_carier", "x")
    )
    project = replace(PLAIN, data=DataSettings(features=FEATURES), monitoring=monitoring)
    assert told(project) == [
        ("monitoring.features[0]", 'the data has no "distanse"', 'did you mean "distance"?'),
        (
            "monitoring.alarms[0]",
            'the data has no "feature_baseline_drift_carier"',
            'did you mean "feature_baseline_drift_carrier"?',
        ),
        (
            "monitoring.alarms[1]",
            'the data has no "x"',
            "use one of: feature_baseline_drift_distanse, feature_baseline_drift_carrier",
        ),
    ]


def test_a_name_that_cannot_be_checked_is_not_believed() -> None:
    project = replace(PLAIN, monitoring=replace(PLAIN.monitoring, features=("distance",)))
    assert told(project) == [
        (
            "monitoring.features[0]",
            '"distance" cannot be checked: no feature is declared',
            "declare the model's inputs in data.features",
        )
    ]


def test_suggestions_name_the_closest_or_all() -> None:
    assert suggestion("hyper", ["hyperparameters", "volume"]) == "use one of: hyperparameters, volume"
    assert suggestion("volum", ["hyperparameters", "volume"]) == 'did you mean "volume"?'
    assert suggestion("x", []) == "take it out"


def test_the_error_lists_every_problem_with_its_remedy() -> None:
    problems = [
        Problem(path="name", problem="is missing", remedy="write it"),
        Problem(path="gate.metrc", problem="unknown key", remedy='did you mean "metric"?'),
    ]
    error = ProjectInvalid.of("shipway.toml", problems)
    assert str(error) == (
        "shipway.toml has 2 problems:\n"
        "  name: is missing\n    write it\n"
        '  gate.metrc: unknown key\n    did you mean "metric"?'
    )
    assert error.exit_code == 2
    assert error.problems == tuple(problems)
