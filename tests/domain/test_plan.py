"""What becomes of resources and permissions when a template takes another one's place."""

from typing import Any

import pytest

from shipway.domain.plan import Change, Grant, changes, grants

FIXED = {"Queue": ["QueueName"], "Reader": ["Source"]}


def queue(name: str, delay: int = 0) -> dict[str, Any]:
    return {"Type": "Queue", "Properties": {"QueueName": name, "Delay": delay}}


def reader(source: object) -> dict[str, Any]:
    return {"Type": "Reader", "Properties": {"Source": source}}


@pytest.mark.parametrize(
    ("old", "new", "change", "why"),
    [
        ({}, {"Q": queue("a")}, Change.CREATE, ()),
        ({"Q": queue("a")}, {}, Change.DELETE, ()),
        ({"Q": queue("a")}, {"Q": queue("a")}, Change.SAME, ()),
        ({"Q": queue("a")}, {"Q": queue("a", 5)}, Change.UPDATE, ("Delay",)),
        ({"Q": queue("a")}, {"Q": queue("b", 5)}, Change.REPLACE, ("Delay", "QueueName")),
        ({"Q": queue("a")}, {"Q": {"Type": "Topic", "Properties": queue("a")["Properties"]}}, Change.REPLACE, ()),
    ],
)
def test_one_resource(old: dict[str, Any], new: dict[str, Any], change: Change, why: tuple[str, ...]) -> None:
    (found,) = changes("stack", old, new, FIXED)
    assert (found.change, found.why) == (change, why)


@pytest.mark.parametrize(
    "source", [{"Ref": "Q"}, {"Fn::GetAtt": ["Q", "Arn"]}, {"Fn::Sub": "arn:${Q.Name}/x"}, [{"In": {"Ref": "Q"}}]]
)
def test_what_refers_to_a_replaced_resource_changes_with_it(source: object) -> None:
    old = {"Q": queue("a"), "R": reader(source)}
    new = {"Q": queue("b"), "R": reader(source)}
    found = {each.name: each.change for each in changes("stack", old, new, FIXED)}
    assert found == {"Q": Change.REPLACE, "R": Change.REPLACE}


def test_a_parameter_with_another_value_changes_what_uses_it() -> None:
    same = {"Q": queue("a"), "R": reader({"Ref": "Stream"})}
    found = {each.name: each.change for each in changes("stack", same, same, FIXED, frozenset({"Stream"}))}
    assert found == {"Q": Change.SAME, "R": Change.REPLACE}


def test_permissions_are_told_one_by_one() -> None:
    statement = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": {"Fn::Sub": "${Bucket}/*"}}
    deny = {"Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "*"}
    document = {"PolicyDocument": {"Statement": [statement, deny]}}
    role = {"Type": "AWS::IAM::Role", "Properties": {"Policies": [document], "ManagedPolicyArns": ["arn:aws:x"]}}
    assert grants({"Jobs": role, "Other": queue("a")}) == {
        Grant("Jobs", "s3:GetObject", "${Bucket}/*"),
        Grant("Jobs", "s3:PutObject", "${Bucket}/*"),
        Grant("Jobs", "s3:DeleteObject", "*", "Deny"),
        Grant("Jobs", "(managed policy)", "arn:aws:x"),
    }
