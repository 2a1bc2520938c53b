"""What a release must show before any caller meets it, and that each caller then meets one version only."""

import json
from pathlib import Path

import story
import tiny
from load import Load
from serving import post
from shipway.domain.traffic import sticky_version
from shipway.targets.local.target import LocalTarget
from waiting import until


def loaded(target: LocalTarget) -> Load:
    """Callers of the public API, to be entered."""
    headers = {"x-api-key": target.create_key("load"), "content-type": "text/csv"}
    return Load(target.health().api, headers, body=b"1\n", clients=2)


def second(target: LocalTarget) -> str:
    """Start a second release and approve it."""
    execution = story.start(target)
    story.approve(target, execution)
    return execution


def test_a_release_that_fails_the_replay_meets_nobody(tmp_path: Path) -> None:
    folder = tiny.write(tmp_path / "tiny")
    with tiny.running(folder) as target:
        story.release(target)
        with loaded(target) as load:
            until(lambda: len(list((folder / ".shipway/recent").rglob("*.json"))) >= 10)
            tiny.configure(folder, training__hyperparameters={"serve": "broken"})
            failed = story.ended(target, second(target))
            load.more(20)
        assert load.failures == []
        assert set(load.versions) == {"1"}
        assert "replay: the new version fails" in failed.error_cause
        report = json.loads((folder / ".shipway/replays/release-2.json").read_text())
        assert (report["outcome"], report["errors"] > 0) == ("fail", True)
        assert {release.number: release.status for release in target.releases()} == {1: "live", 2: "refused"}


def test_a_caller_keeps_its_version_while_two_share(tmp_path: Path) -> None:
    folder = tiny.write(tmp_path / "tiny", deployment={"bake": "60s", "percent": 50, "sticky": "header:x-customer"})
    with tiny.running(folder) as target:
        story.release(target)
        headers = {"x-api-key": target.create_key("customers"), "content-type": "text/csv"}
        with loaded(target):
            execution = second(target)
            until(lambda: target.deployments()[0].phase == "baking", 60)

            def met(customer: str) -> str:
                answer = post(target.health().api, b"1\n", {**headers, "x-customer": customer})
                release = str(answer.headers["x-shipway-release"])
                assert answer.headers["x-inference-id"].endswith(f"-r{release}")
                return release

            expected = {customer: sticky_version(customer, "1", "2", 50) for customer in map(str, range(20))}
            newer = next(customer for customer, version in expected.items() if version == "2")
            until(lambda: met(newer) == "2")  # the phase is written down before the gateway follows
            for _ in range(2):
                assert {customer: met(customer) for customer in expected} == expected
            target.abort("latest", by="ann")
            story.ended(target, execution)
