"""Approvals: bound to what was shown, to names, and to time; links that answer once."""

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shipway.domain.approval import (
    Approval,
    ApprovalClosed,
    ApprovalStale,
    ApprovalStatus,
    ApproverRepeated,
    ApproverUnknown,
    Decision,
    decide,
)
from shipway.domain.approval_link import Link, LinkExpired, LinkRefused, open_link, question_of, sign
from shipway.domain.evidence import data_changes, plan_sentence, sentences

NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
ASKED = Approval(
    execution="tiny-1",
    release=1,
    digest="sha256:1",
    requested=NOW,
    expires=NOW + timedelta(days=7),
    evidence={},
)
TWO = replace(ASKED, needed=2)


def yes(by: str, **more: str) -> Decision:
    return Decision(approve=True, by=by, **more)


def test_one_yes_is_enough_where_one_is_needed() -> None:
    said = decide(ASKED, yes(" ada ", comment="fine"), NOW)
    assert (said.status, said.by, said.comment, said.decided) == (ApprovalStatus.APPROVED, "ada", "fine", NOW)


def test_two_people_are_two_names() -> None:
    first = decide(TWO, yes("ada"), NOW)
    assert (first.status, first.by, first.decided) == (ApprovalStatus.PENDING, "", None)
    for again in ("ada", "ADA", " Ada "):
        with pytest.raises(ApproverRepeated):
            decide(first, yes(again), NOW)
    second = decide(first, yes("bob", comment="seen"), NOW + timedelta(hours=1))
    assert (second.status, second.by, second.comment) == (ApprovalStatus.APPROVED, "ada, bob", "seen")
    assert second.decided == NOW + timedelta(hours=1)


def test_one_no_is_enough_whoever_said_yes_before() -> None:
    said = decide(decide(TWO, yes("ada"), NOW), Decision(approve=False, by="ada"), NOW)
    assert (said.status, said.by) == (ApprovalStatus.REJECTED, "ada")


def test_votes_that_are_all_there_decide_when_anybody_asks_again() -> None:
    """Whoever wrote down the last one may have died before telling the engine."""
    there = replace(TWO, votes=decide(decide(TWO, yes("ada"), NOW), yes("bob"), NOW).votes)
    assert decide(there, yes("ada"), NOW).status is ApprovalStatus.APPROVED


@pytest.mark.parametrize(
    ("approval", "decision", "at", "error"),
    [
        (ASKED, yes(" "), NOW, ApproverUnknown),
        (ASKED, yes("ada", shown="sha256:2"), NOW, ApprovalStale),
        (ASKED, yes("ada", shown="sha256:1"), NOW + timedelta(days=7), ApprovalClosed),
        (replace(ASKED, status=ApprovalStatus.REJECTED, by="bob"), yes("ada"), NOW, ApprovalClosed),
    ],
)
def test_what_is_no_decision(approval: Approval, decision: Decision, at: datetime, error: type[Exception]) -> None:
    with pytest.raises(error):
        decide(approval, decision, at)


KEY = b"k" * 32
LINK = Link(
    execution="tiny-1", question=question_of("token"), digest="sha256:1", expires=NOW + timedelta(days=7), nonce="n-1"
)


def test_a_link_says_what_was_signed() -> None:
    text = sign(LINK, KEY)
    assert open_link(text, KEY, NOW) == LINK
    assert "token" not in base64.urlsafe_b64decode(text.partition(".")[0] + "==").decode()


def test_a_link_ends_when_its_time_is_over() -> None:
    with pytest.raises(LinkExpired):
        open_link(sign(LINK, KEY), KEY, LINK.expires)


def test_no_character_of_a_link_can_change() -> None:
    text = sign(LINK, KEY)
    for place, char in enumerate(text):
        for other in ("A", "B", ".", "", "=", "é"):
            changed = text[:place] + other + text[place + 1 :]
            if other == char:
                continue
            with pytest.raises(LinkRefused):
                open_link(changed, KEY, NOW)


@pytest.mark.parametrize("text", ["", ".", "a", "a.b", "..", "W10.", "W10.W10"])
def test_what_is_no_link_is_refused(text: str) -> None:
    with pytest.raises(LinkRefused):
        open_link(text, KEY, NOW)


def test_another_homes_link_is_refused() -> None:
    with pytest.raises(LinkRefused):
        open_link(sign(LINK, b"x" * 32), KEY, NOW)


def test_the_evidence_reads_as_sentences() -> None:
    told = sentences(
        {
            "metrics": {"auc": 0.71234},
            "gate": "auc 0.7123 meets 0.65",
            "commit": "c0ffee",
            "data": {"Objects": 3, "Digest": "sha256:aaaaaaaaaaaaaaaaaaaa"},
            "data_changes": {"added": 1, "removed": 0, "changed": 2},
            "live": {"release": 4, "metrics": {"auc": 0.7}, "commit": "beef"},
            "changed": {"commit": True, "data": True, "function_image": False},
            "plan": {"strategy": "canary", "percent": 10, "bake": "5m"},
        }
    )
    assert told == [
        "auc: 0.7123 (release 4, live: 0.7)",
        "gate: auc 0.7123 meets 0.65",
        "changed against release 4: commit, data",
        "data: 3 objects, sha256:aaaaaaaaaaaa; 1 added, 2 changed",
        "plan: canary, 10 % of the requests for 5m, then all",
        "commit: c0ffee",
    ]


@pytest.mark.parametrize(
    ("strategy", "told"),
    [
        ("canary", "canary, 10 % of the requests for 5m, then all"),
        ("linear", "linear, 20 % more of the requests every 1m"),
        ("blue-green", "blue-green, watched for 5m"),
        ("all-at-once", "all requests at once"),
    ],
)
def test_each_plan_reads_as_a_sentence(strategy: str, told: str) -> None:
    plan = {"strategy": strategy, "percent": 10, "bake": "5m", "step": 20, "interval": "1m"}
    assert plan_sentence(plan) == told


def test_data_sets_are_compared_by_name_and_content() -> None:
    before, after = {"a": "1", "b": "2", "c": "3"}, {"a": "1", "b": "9", "d": "3"}
    assert data_changes(before, after) == {"added": 1, "removed": 1, "changed": 1}
