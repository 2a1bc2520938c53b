"""The alarms of a project's stacks, as CloudWatch has them."""

import builtins
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any

from shipway.domain.alarm import AlarmChange, AlarmNotFound
from shipway.domain.numbering import time_of
from shipway.ports.alarm import AlarmView
from shipway.targets.aws import alarm_view
from shipway.targets.aws.account import Account
from shipway.targets.aws.audit import Trail
from shipway.targets.aws.errors import NotApplied, NotOnAws, plainly
from shipway.targets.aws.resources.alarm_place import OF_PROD, TOGETHER
from shipway.targets.aws.stack import Stacks

KINDS = ("MetricAlarm", "CompositeAlarm")
RESOURCES = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
AT_ONCE = 100  # names of one question; CloudWatch API reference, DescribeAlarms
STOPPING = ("errors", "latency", "crashes", "unanswered")  # alarms of the prod stack that send callers back
OWN = "own-"  # before the name of an alarm of shipway.toml in the prod stack


@plainly
class Watchers:
    """The port over the alarms of the stacks `alarms` and `prod`. Others of the account are nobody's business."""

    def __init__(self, account: Account, stacks: Stacks, trail: Trail) -> None:
        self._account = account
        self._stacks = stacks
        self._trail = trail

    @property
    def _client(self) -> Any:
        return self._account.client("cloudwatch")

    def list(self) -> Sequence[AlarmView]:
        """Return every alarm; see the port. Raises NotApplied."""
        found = [alarm_view.view(each, self._account.project.name) for each in self._described(self._names())]
        return sorted(found, key=lambda each: (alarm_view.ORDER.index(each.state), each.name))

    def get(self, alarm: str) -> AlarmView:
        known = [each for each in self._names() if each == self._whole(alarm)]
        for each in self._described(known):
            return alarm_view.view(each, self._account.project.name)
        raise AlarmNotFound(alarm=alarm)

    def history(self, alarm: str = "", limit: int = 50) -> Sequence[AlarmChange]:
        """Return changes of state, newest first: of the last 30 days, which is what CloudWatch keeps."""
        only = {"AlarmName": self._whole(alarm)} if alarm else {}
        newest = islice(self._history(ScanBy="TimestampDescending", **only), limit)
        return sorted(newest, key=lambda each: each.number, reverse=True)

    def changes(self, after: int = 0) -> builtins.list[AlarmChange]:
        since = {"StartDate": time_of(after)} if after else {}
        found = [each for each in self._history(**since) if each.number > after]
        return sorted(found, key=lambda each: each.number)

    def enable(self, alarm: str, *, by: str) -> AlarmView:
        found = self.get(alarm)
        self._client.enable_alarm_actions(AlarmNames=[self._whole(alarm)])
        self._trail.record(by, "enable alarm", alarm)
        return self.get(found.name)

    def disable(self, alarm: str, *, by: str) -> AlarmView:
        """Keep an alarm from telling people; see the port. Raises NotOnAws for one whose state starts or stops things.

        Its actions can be switched off, but CodeDeploy and EventBridge go by its state, whatever its actions are.
        """
        found = self.get(alarm)
        why, instead = self._followed(found)
        if why:
            raise NotOnAws(what=f"keep the alarm {found.name} from acting", why=why, instead=instead)
        self._client.disable_alarm_actions(AlarmNames=[self._whole(alarm)])
        self._trail.record(by, "disable alarm", alarm)
        return self.get(found.name)

    def _followed(self, alarm: AlarmView) -> tuple[str, str]:
        """Return what follows an alarm's state, and what to do about that; "" twice where nothing does."""
        if alarm.name == TOGETHER:
            return "EventBridge starts the pipeline by its state", "set triggers.drift.enabled = false and apply"
        project = self._account.project
        named = {*project.deployment.alarms, *(each.name for each in project.alarms if each.each_release)}
        short = alarm.name.removeprefix(f"{OF_PROD}{alarm.release}-")
        if short.removeprefix(OWN) in named or (alarm.release is not None and short in STOPPING):
            return "CodeDeploy goes back by its state", "take what it guards out of shipway.toml, and apply"
        return "", ""

    def _whole(self, alarm: str) -> str:
        return f"{self._account.project.name}-{alarm}"

    def _names(self) -> builtins.list[str]:
        """Return CloudWatch's names of the project's alarms. Raises NotApplied before there are stacks."""
        made = self._stacks.listed("alarms")
        with suppress(NotApplied):  # the first release makes it
            made += self._stacks.listed("prod")
        return [each["PhysicalResourceId"] for each in made if each["ResourceType"] in RESOURCES]

    def _described(self, names: Sequence[str]) -> Iterator[Mapping[str, Any]]:
        for first in range(0, len(names), AT_ONCE):
            pages = self._client.get_paginator("describe_alarms").paginate(
                AlarmNames=names[first : first + AT_ONCE], AlarmTypes=KINDS
            )
            for page in pages:
                yield from page["MetricAlarms"]
                yield from page["CompositeAlarms"]

    def _history(self, **asked: Any) -> Iterator[AlarmChange]:
        """Yield changes of state of the project's alarms, also of releases that are gone."""
        project, there = self._account.project.name, set(self._names())
        pages = self._client.get_paginator("describe_alarm_history").paginate(
            AlarmTypes=KINDS, HistoryItemType="StateUpdate", **asked
        )
        for page in pages:
            for item in page["AlarmHistoryItems"]:
                name = item["AlarmName"]
                gone = name.startswith(project) and alarm_view.release_of(alarm_view.own_name(name, project))
                if name in there or gone:
                    yield alarm_view.change(item, project)
