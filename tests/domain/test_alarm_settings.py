"""The alarms that a project has: by itself, by its file, and for each release."""

from datetime import timedelta

import pytest

from shipway.domain.alarm import AlarmSettings
from shipway.domain.alarm_problems import alarm_problems
from shipway.domain.alarm_settings import alarm_set, own_alarms
from shipway.domain.alarm_suppression import Suppressor
from shipway.domain.project import (
    DataSettings,
    DeploymentSettings,
    FeatureType,
    MonitoringSettings,
    Project,
)

DATA = DataSettings(features={"distance": FeatureType.NUMBER, "carrier": FeatureType.CATEGORY})
OWN = ["errors", "no-traffic", "endpoint-down", "disk", "capture-loss"]
DRIFT = ["feature_baseline_drift_distance", "feature_baseline_drift_carrier"]


def project(*alarms: AlarmSettings, **more: object) -> Project:
    return Project(name="tiny", data=DATA, alarms=alarms, **more)  # type: ignore[arg-type]


def plain(name: str = "slow", **more: object) -> AlarmSettings:
    return AlarmSettings(**{"name": name, "metric": "Latency", "threshold": 5.0, **more})  # type: ignore[arg-type]


def ruled(**more: object) -> AlarmSettings:
    return AlarmSettings(**{"name": "x", "rule": "ALARM(errors)", **more})  # type: ignore[arg-type]


def test_every_project_has_alarms_by_itself() -> None:
    assert [each.name for each in own_alarms(project())] == [*OWN, *DRIFT, "monitor-not-run", "model-quality"]


def test_nothing_is_watched_where_monitoring_is_off() -> None:
    assert [each.name for each in own_alarms(project(monitoring=MonitoringSettings(enabled=False)))] == OWN


def test_labels_that_lack_are_an_alarm_where_the_project_wants_it() -> None:
    wanted = MonitoringSettings(label_alarm=True, label_coverage=0.8)
    [found] = [each for each in own_alarms(project(monitoring=wanted)) if each.name == "label-coverage"]
    assert found.condition == "Minimum of LabelCoverage < 0.8 in 1 of 1 periods of 1h"


def test_only_the_drift_that_shall_alert_does() -> None:
    for chosen in (MonitoringSettings(features=("carrier",)), MonitoringSettings(alarms=(DRIFT[1],))):
        assert [each.name for each in own_alarms(project(monitoring=chosen))] == [
            *OWN,
            DRIFT[1],
            "monitor-not-run",
            "model-quality",
        ]


def test_a_bound_on_latency_is_an_alarm_in_the_metrics_unit() -> None:
    settings = DeploymentSettings(max_latency=timedelta(milliseconds=250))
    [found] = [each for each in own_alarms(project(deployment=settings)) if each.name == "latency"]
    assert found.condition == "p95 of Latency{FunctionName=tiny-api} > 250 in 3 of 5 periods of 1m"


def test_each_release_is_judged_by_its_own_answers_alone() -> None:
    found = alarm_set(project(plain(each_release=True)), releases=[3, 4])
    own = [each for each in found.alarms if each.release == 4]
    assert [each.name for each in own] == ["errors-release-4", "slow-release-4"]
    assert {each.series.dimensions for each in own} == {(("FunctionName", "tiny-api"), ("Version", "4"))}
    assert [each.name for each in found.alarms if each.name.startswith("slow")] == [
        "slow",
        "slow-release-3",
        "slow-release-4",
    ]


def test_an_alarm_of_the_file_replaces_the_projects_own() -> None:
    [found] = [each for each in alarm_set(project(plain("errors"))).alarms if each.name == "errors"]
    assert found.series.name == "Latency"


def test_alarms_on_alarms_come_last() -> None:
    rule = AlarmSettings(name="worse", rule="ALARM(errors) AND ALARM(slow)")
    assert alarm_set(project(rule, plain())).names[-1] == "worse"


def test_an_alarm_on_alarms_has_its_suppressor() -> None:
    two = timedelta(minutes=2)
    found = alarm_set(project(ruled(suppressor="disk", wait_period=two), ruled(name="y"))).definitions
    assert found["x"].condition == "ALARM(errors), suppressed by disk"
    assert getattr(found["x"], "suppressor", None) == Suppressor(alarm="disk", wait=two)
    assert getattr(found["y"], "suppressor", 1) is None


@pytest.mark.parametrize(
    ("alarm", "path", "problem", "remedy"),
    [
        (plain(metric="Latncy"), "metric", 'nothing records "Latncy" here', 'did you mean "Latency"?'),
        (
            plain(metric="feature_baseline_drift_distanc"),
            "metric",
            'nothing records "feature_baseline_drift_distanc" here',
            'did you mean "feature_baseline_drift_distance"?',
        ),
        (
            plain(name="a b"),
            "name",
            "'a b' cannot be an alarm's name",
            "use letters, digits, and _ . - after the first",
        ),
        (plain(threshold=None), "threshold", '"slow" has no bound', "write a finite number"),
        (plain(statistic="median"), "statistic", "'median' is not a statistic", "write SampleCount"),
        (plain(period=timedelta(seconds=30)), "period", "30s is not whole minutes", "write it as"),
        (plain(evaluation_periods=0), "evaluation_periods", "the periods are 0s together", "write 1 or more"),
        (plain(evaluation_periods=1441), "evaluation_periods", "the periods are 1441m together", "at most a day"),
        (plain(datapoints_to_alarm=2), "datapoints_to_alarm", "2 of 1 datapoints cannot be", "write 1 to 1"),
        (plain(process="gateway"), "process", '"Latency" is not measured by the process', "take process out"),
        (
            plain(metric="DiskUtilization", each_release=True),
            "each_release",
            '"DiskUtilization" is not measured by the release',
            "take each_release out",
        ),
        (plain(metric="Workers"), "process", '"Workers" is measured by the process', "name one of those"),
        (plain(metric=""), "metric", "there is neither a metric nor a rule", "name what it watches"),
        (AlarmSettings(name="x", rule="ALARM(errors"), "rule", "lacks a ')' at its end", "write it as ALARM"),
        (AlarmSettings(name="x", rule="ALARM(error)"), "rule", 'there is no alarm "error"', 'did you mean "errors"?'),
        (plain(rule="ALARM(errors)"), "rule", "an alarm has a metric or a rule, not both", "take one of them out"),
        (plain(suppressor="disk"), "suppressor", "only an alarm with a rule can be suppressed", "take it out"),
        (ruled(suppressor="dsk"), "suppressor", 'there is no alarm "dsk"', 'did you mean "disk"?'),
        (ruled(suppressor="x"), "suppressor", '"x" cannot suppress itself', "name another alarm"),
        (ruled(wait_period=timedelta(seconds=-1)), "wait_period", "-1s is not whole seconds", 'write it as "60s"'),
        (ruled(extension_period=timedelta(days=2)), "extension_period", "2d is not whole seconds, up to 1d", "write"),
    ],
)
def test_what_is_wrong_is_told_with_what_to_write(alarm: AlarmSettings, path: str, problem: str, remedy: str) -> None:
    [found] = alarm_problems(project(alarm))
    assert found.path == f"alarms[0].{path}"
    assert problem in found.problem
    assert remedy in found.remedy


def test_alarms_that_wait_for_each_other_are_refused() -> None:
    alarms = [AlarmSettings(name="a", rule="ALARM(b)"), AlarmSettings(name="b", rule="OK(a)")]
    [found] = alarm_problems(project(*alarms))
    assert "waits for itself" in found.problem


def test_a_name_is_given_once_and_a_deployment_names_alarms_that_there_are() -> None:
    found = alarm_problems(project(plain(), plain(), deployment=DeploymentSettings(alarms=("slow", "disk", "erors"))))
    assert [(each.path, each.remedy) for each in found] == [
        ("alarms[1].name", "rename one of them"),
        ("deployment.alarms[2]", 'did you mean "errors"?'),
    ]
