"""What must hold in a project's [[alarms]] beyond the types of their values; every problem is reported."""

import re
from collections.abc import Iterator
from datetime import timedelta
from difflib import get_close_matches

from shipway.domain import metric_catalogue as metrics
from shipway.domain import names
from shipway.domain.alarm import AlarmSettings
from shipway.domain.alarm_rule import Composite, RuleInvalid, composite, ordered
from shipway.domain.alarm_settings import own_alarms
from shipway.domain.metric import SeriesInvalid, is_statistic
from shipway.domain.project import Problem, Project
from shipway.domain.units import format_duration

SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")


def alarm_problems(project: Project) -> Iterator[Problem]:
    """Yield everything that is wrong with [[alarms]] and with what names an alarm."""
    try:
        known = _known(project)
    except SeriesInvalid:  # a feature's name is wrong: that is told where it stands
        return
    seen: set[str] = set()
    for index, each in enumerate(project.alarms):
        path = f"alarms[{index}]"
        if not _NAME.fullmatch(each.name):
            remedy = "use letters, digits, and _ . - after the first"
            yield Problem(path=f"{path}.name", problem=f"{each.name!r} cannot be an alarm's name", remedy=remedy)
        if each.name in seen:
            yield Problem(path=f"{path}.name", problem=f'"{each.name}" is there twice', remedy="rename one of them")
        seen.add(each.name)
        yield from _on_rule(path, each, known) if each.rule else _on_metric(path, each, project)
    yield from _rules(project, known)
    for index, name in enumerate(project.deployment.alarms):
        if name not in known:
            yield _no_alarm(f"deployment.alarms[{index}]", name, known)


def _on_rule(path: str, alarm: AlarmSettings, known: list[str]) -> Iterator[Problem]:
    if alarm.metric:
        remedy = "take one of them out"
        yield Problem(path=f"{path}.rule", problem="an alarm has a metric or a rule, not both", remedy=remedy)
    if alarm.each_release:
        remedy = "take it out; the alarms that the rule names may have it"
        yield Problem(path=f"{path}.each_release", problem="an alarm on other alarms has no release", remedy=remedy)
    if alarm.suppressor == alarm.name:
        remedy = "name another alarm"
        yield Problem(path=f"{path}.suppressor", problem=f'"{alarm.name}" cannot suppress itself', remedy=remedy)
    elif alarm.suppressor and alarm.suppressor not in known:
        yield _no_alarm(f"{path}.suppressor", alarm.suppressor, known)
    for key, time in (("wait_period", alarm.wait_period), ("extension_period", alarm.extension_period)):
        if time % SECOND or not timedelta(0) <= time <= DAY:
            problem = f"{format_duration(time)} is not whole seconds, up to 1d"
            yield Problem(path=f"{path}.{key}", problem=problem, remedy='write it as "60s" or "5m"')


def _on_metric(path: str, alarm: AlarmSettings, project: Project) -> Iterator[Problem]:
    known = _metrics(project)
    if alarm.suppressor:
        remedy = "take it out, or write an alarm with a rule that has it"
        yield Problem(path=f"{path}.suppressor", problem="only an alarm with a rule can be suppressed", remedy=remedy)
    if not alarm.metric:
        remedy = f"name what it watches: {_close('', known)}"
        yield Problem(path=f"{path}.metric", problem="there is neither a metric nor a rule", remedy=remedy)
    elif alarm.metric not in known:
        problem = f'nothing records "{alarm.metric}" here'
        yield Problem(path=f"{path}.metric", problem=problem, remedy=_close(alarm.metric, known))
    if alarm.threshold is None or not abs(alarm.threshold) < float("inf"):
        remedy = "write a finite number, in the metric's own unit: threshold = 0.05"
        yield Problem(path=f"{path}.threshold", problem=f'"{alarm.name}" has no bound', remedy=remedy)
    if not is_statistic(alarm.statistic):
        remedy = "write SampleCount, Sum, Average, Minimum, Maximum, or a percentile such as p99"
        yield Problem(path=f"{path}.statistic", problem=f"{alarm.statistic!r} is not a statistic", remedy=remedy)
    yield from _periods(path, alarm)
    yield from _thing(path, alarm)


def _periods(path: str, alarm: AlarmSettings) -> Iterator[Problem]:
    if alarm.period % MINUTE or not MINUTE <= alarm.period <= DAY:
        problem = f"{format_duration(alarm.period)} is not whole minutes, from 1m to 1d"
        yield Problem(path=f"{path}.period", problem=problem, remedy='write it as "1m", "5m" or "1h"')
    elif not MINUTE <= alarm.period * alarm.evaluation_periods <= DAY:
        whole = format_duration(alarm.period * max(alarm.evaluation_periods, 0))
        remedy = "write 1 or more, at most a day altogether"
        yield Problem(path=f"{path}.evaluation_periods", problem=f"the periods are {whole} together", remedy=remedy)
    if not 0 <= alarm.datapoints_to_alarm <= max(alarm.evaluation_periods, 0):
        problem = f"{alarm.datapoints_to_alarm} of {alarm.evaluation_periods} datapoints cannot be"
        remedy = f"write 1 to {alarm.evaluation_periods}, or 0 for all"
        yield Problem(path=f"{path}.datapoints_to_alarm", problem=problem, remedy=remedy)


def _thing(path: str, alarm: AlarmSettings) -> Iterator[Problem]:
    """Tell what the metric is not measured for."""
    metric = metrics.metric_of(alarm.metric)
    if metric is None:
        return
    if alarm.each_release and (metrics.FUNCTION, metrics.VERSION) not in metric.dimensions:
        remedy = "take each_release out"
        yield Problem(
            path=f"{path}.each_release", problem=f'"{alarm.metric}" is not measured by the release', remedy=remedy
        )
    if alarm.process and (metrics.PROCESS,) not in metric.dimensions:
        problem = f'"{alarm.metric}" is not measured by the process'
        yield Problem(path=f"{path}.process", problem=problem, remedy="take process out")
    if not alarm.process and metric.dimensions == ((metrics.PROCESS,),):
        problem = f'"{alarm.metric}" is measured by the process'
        yield Problem(path=f"{path}.process", problem=problem, remedy="name one of those that shipway up lists")


def _rules(project: Project, known: list[str]) -> Iterator[Problem]:
    """Tell rules that cannot be read, name no alarm, or wait for themselves."""
    read: list[Composite] = []
    for index, each in enumerate(project.alarms):
        if not each.rule:
            continue
        path = f"alarms[{index}].rule"
        try:
            made = composite(each.name, each.rule)
        except RuleInvalid as error:
            yield Problem(path=path, problem=str(error), remedy=error.remedy)
            continue
        read.append(made)
        yield from (_no_alarm(path, name, known) for name in made.alarms if name not in known)
    try:
        ordered(read)
    except RuleInvalid as error:
        yield Problem(path="alarms", problem=str(error), remedy="take one of the names out of its rule")


def _known(project: Project) -> list[str]:
    own = [each.name for each in own_alarms(project)]
    return list(dict.fromkeys([*own, *(each.name for each in project.alarms)]))


def _metrics(project: Project) -> list[str]:
    """Return the names of all metrics that a project has."""
    fixed = [each.name for each in metrics.CATALOGUE if "<" not in each.name]
    return [*fixed, *(names.drift_metric(feature) for feature in project.data.features)]


def _no_alarm(path: str, name: str, known: list[str]) -> Problem:
    return Problem(path=path, problem=f'there is no alarm "{name}"', remedy=_close(name, known))


def _close(word: str, known: list[str]) -> str:
    close = get_close_matches(word, known, n=1, cutoff=0.6)
    return f'did you mean "{close[0]}"?' if close else f"use one of: {', '.join(known)}"
