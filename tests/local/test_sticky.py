"""Callers keep their version: the real gateway agrees with the rule, and nothing is restarted for it."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from serving import KEY, Plane, function_image, plane
from shipway.domain.traffic import parse_sticky, sticky_version

Ask = Callable[[dict[str, str]], tuple[str, str]]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plane]:
    """A plane with versions 1 and 2 of `predict`, all traffic on 1."""
    folder = tmp_path_factory.mktemp("sticky")
    with plane(folder / ".shipway") as started:
        for version in ("1", "2"):
            started.functions.publish("predict", version, function_image(folder / "image"), {})
        started.gateway.set_weights("predict", {"1": 100})
        yield started


def asked(running: Plane, headers: list[dict[str, str]]) -> list[tuple[str, str]]:
    """Return the version and the cookie of each answer, in order; every request is answered."""
    at = urlsplit(running.gateway.address)

    def some(share: list[dict[str, str]]) -> list[tuple[str, str]]:
        connection = HTTPConnection(at.hostname or "", at.port, timeout=30)
        found = []
        for each in share:
            connection.request("POST", at.path, b"x", {"x-api-key": KEY, **each})
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200
            found.append((answer.headers["x-shipway-release"], answer.headers.get("set-cookie", "")))
        connection.close()
        return found

    size = max(1, -(-len(headers) // 4))
    with ThreadPoolExecutor(4) as pool:
        return [
            each
            for part in pool.map(some, [headers[i : i + size] for i in range(0, len(headers), size)])
            for each in part
        ]


def versions(running: Plane, headers: list[dict[str, str]]) -> list[str]:
    return [version for version, _ in asked(running, headers)]


@pytest.mark.parametrize("percent", [10, 35])
def test_a_thousand_callers_meet_the_version_that_the_rule_says(running: Plane, percent: int) -> None:
    running.gateway.set_sticky("predict", parse_sticky("header:X-Customer"))
    running.gateway.set_weights("predict", {"1": 100 - percent, "2": percent})
    callers = [f"customer-{number}" for number in range(1000)] + ["ä ö", "a,b", "x" * 300]
    headers = [{"x-customer": caller.encode().decode("latin-1")} for caller in callers]
    expected = [sticky_version(caller, "1", "2", percent) for caller in callers]
    assert versions(running, headers) == expected
    assert versions(running, headers[:50]) == expected[:50]
    assert 0 < Counter(expected)["2"] < len(callers)


def test_who_cannot_be_recognized_is_split_by_weight(running: Plane) -> None:
    running.gateway.set_sticky("predict", parse_sticky("header:x-customer"))
    running.gateway.set_weights("predict", {"1": 75, "2": 25})
    assert Counter(versions(running, [{}] * 400))["2"] == pytest.approx(100, abs=8)


def test_a_caller_without_the_cookie_gets_one_and_keeps_its_version(running: Plane) -> None:
    running.gateway.set_sticky("predict", parse_sticky("cookie:ship"))
    running.gateway.set_weights("predict", {"1": 50, "2": 50})
    first = asked(running, [{}] * 40)
    values = [cookie.partition(";")[0] for _, cookie in first]
    assert len(set(values)) == 40
    assert all(value.startswith("ship=") for value in values)
    again = asked(running, [{"cookie": f"other=1; {value}; z=2"} for value in values])
    assert [version for version, _ in again] == [version for version, _ in first]
    assert {cookie for _, cookie in again} == {""}
    assert {version for version, _ in first} == {"1", "2"}


def test_the_client_of_a_key_keeps_its_version(running: Plane) -> None:
    running.gateway.set_sticky("predict", parse_sticky("key"))
    running.gateway.set_weights("predict", {"1": 50, "2": 50})
    assert set(versions(running, [{}] * 60)) == {sticky_version("tests", "1", "2", 50)}


def test_all_or_nothing_needs_no_rule(running: Plane) -> None:
    running.gateway.set_sticky("predict", parse_sticky("header:x-customer"))
    headers = [{"x-customer": str(number)} for number in range(50)]
    for all_of_it in ("2", "1"):
        running.gateway.set_weights("predict", {all_of_it: 100})
        assert set(versions(running, headers)) == {all_of_it}


def test_counts_are_the_same_whoever_sticks(running: Plane) -> None:
    running.gateway.set_sticky("predict", parse_sticky("header:x-customer"))
    running.gateway.set_weights("predict", {"1": 50, "2": 50})
    before = running.gateway.counts("predict")
    found = Counter(versions(running, [{"x-customer": str(number)} for number in range(100)]))
    after = running.gateway.counts("predict")
    assert {name: after[name].since(before[name]).ok for name in after} == found


def test_a_killed_gateway_sends_callers_where_they_were(running: Plane) -> None:
    running.gateway.set_sticky("predict", parse_sticky("header:x-customer"))
    running.gateway.set_weights("predict", {"1": 60, "2": 40})
    headers = [{"x-customer": str(number)} for number in range(60)]
    before = versions(running, headers)
    running.supervisor.restart("gateway")
    running.gateway.ensure()
    assert versions(running, headers) == before
