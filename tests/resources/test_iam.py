"""The ladder's own evaluator of policies, row by row."""

from typing import Any

import pytest
from tests.ladder.iam import allowed, statements

READ = {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "arn:aws:s3:::b/runs/*"}
PASS = {
    "Effect": "Allow",
    "Action": "iam:PassRole",
    "Resource": "arn:aws:iam::1:role/jobs",
    "Condition": {"StringEquals": {"iam:PassedToService": ["sagemaker.amazonaws.com"]}},
}
DENY = {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::b/runs/secret"}
TO_SAGEMAKER = {"iam:PassedToService": "sagemaker.amazonaws.com"}


@pytest.mark.parametrize(
    ("policy", "action", "resource", "context", "may"),
    [
        ([READ], "s3:GetObject", "arn:aws:s3:::b/runs/1/x", {}, True),
        ([READ], "S3:getobject", "arn:aws:s3:::b/runs/1/x", {}, True),
        ([READ], "s3:PutObject", "arn:aws:s3:::b/runs/1/x", {}, False),
        ([READ], "s3:GetObject", "arn:aws:s3:::b/other/x", {}, False),
        ([READ], "s3:GetObject", "arn:aws:s3:::b.runs/1", {}, False),
        ([READ, DENY], "s3:GetObject", "arn:aws:s3:::b/runs/secret", {}, False),
        ([PASS], "iam:PassRole", "arn:aws:iam::1:role/jobs", TO_SAGEMAKER, True),
        ([PASS], "iam:PassRole", "arn:aws:iam::1:role/jobs", {"iam:PassedToService": "ec2.amazonaws.com"}, False),
        ([PASS], "iam:PassRole", "arn:aws:iam::1:role/jobs", {}, False),
    ],
)
def test_one_call(policy: list[Any], action: str, resource: str, context: dict[str, str], may: bool) -> None:
    assert allowed(list(statements({"Statement": policy})), action, resource, context) is may


def test_a_condition_that_the_evaluator_does_not_know_is_no_pass() -> None:
    odd = {**READ, "Condition": {"DateLessThan": {"aws:CurrentTime": "2030-01-01"}}}
    with pytest.raises(ValueError, match="DateLessThan"):
        allowed(list(statements({"Statement": [odd]})), "s3:GetObject", "arn:aws:s3:::b/runs/x")
