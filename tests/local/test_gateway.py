"""The gateway's decisions, without a process: orders, tables, configuration."""

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from shipway.targets.local.gateway.admin import change_orders, server_orders, table_orders
from shipway.targets.local.gateway.places import Places, reference
from shipway.targets.local.gateway.render import config, table, threads_of
from shipway.targets.local.gateway.scripts import SCRIPTS
from shipway.targets.local.gateway.state import (
    SERVERS,
    EndpointRoute,
    FunctionRoute,
    GatewayFull,
    Server,
    State,
    VersionRoute,
    decode,
    encode,
    free_servers,
    maps,
    servers,
    without_version,
)
from shipway.targets.local.tools import find

STATE = State(
    public_port=8080,
    runtime_port=8081,
    functions={
        "predict": FunctionRoute(
            place=2,
            versions={
                "1": VersionRoute(servers={0: 9000, 1: 9001}, percent=90),
                "2": VersionRoute(servers={2: 9002}, percent=10),
                "3": VersionRoute(servers={3: 9003}),
            },
        )
    },
    endpoints={
        "e-1": EndpointRoute(place=4, ports=(9004,), captured=2500),
        "e-2": EndpointRoute(place=5, sockets=1, leaving=True),
    },
    keys={"ab" * 32: "alice"},
    exposed="predict",
)


def test_a_state_says_how_every_server_shall_be() -> None:
    assert servers(STATE) == {
        "fn2/s0": Server(9000, 9, ready=True),
        "fn2/s1": Server(9001, 9, ready=True),
        "fn2/s2": Server(9002, 2, ready=True),
        "fn2/s3": Server(9003, 0, ready=True),
        "ep4/t0": Server(9004, 1, ready=True),
        "ep5/u0": Server(0, 1, ready=True),
        "recorders/r0": Server(0, 1, ready=True),
        "recorders/r1": Server(0, 1, ready=True),
        "recorders/around": Server(0, 1, ready=True),
    }


def test_the_tables() -> None:
    assert maps(STATE) == {
        "keys": {"ab" * 32: "alice"},
        "api": {"/api": "api2"},
        "endpoints": {"e-1": "ep4"},
        "captured": {"e-1": "2500"},
        "arms": {
            "api2": "predict/",
            "fn2/s0": "predict/1",
            "fn2/s1": "predict/1",
            "fn2/s2": "predict/2",
            "fn2/s3": "predict/3",
        },
        "sticky": {},
    }
    assert table({"b": "2", "a": "1"}) == "a 1\nb 2\n"


def test_a_state_survives_being_written() -> None:
    assert decode(encode(STATE)) == STATE


def test_servers_that_get_more_come_first() -> None:
    actual = {"fn0/s0": Server(9000, 9, ready=True), "fn0/s1": Server(1, 0), "fn0/s2": Server(9002, 1, ready=True)}
    wanted = {"fn0/s0": Server(9000, 0, ready=True), "fn0/s1": Server(9001, 1, ready=True)}
    assert server_orders(wanted, actual) == [
        "set server fn0/s1 addr 127.0.0.1 port 9001",
        "set server fn0/s1 weight 1",
        "set server fn0/s1 state ready",
        "set server fn0/s2 weight 0",
        "set server fn0/s2 state maint",
        "set server fn0/s0 weight 0",
    ]
    assert server_orders(actual, actual) == []


def test_the_orders_for_a_table() -> None:
    orders = table_orders("keys", {"a": "1", "b": "2"}, {"b": "3", "c": "4"})
    assert orders == ["del map keys.map c", "add map keys.map a 1", "set map keys.map b 2"]


def test_the_rule_about_callers_stands_while_the_weights_are_a_split() -> None:
    alone = {"fn0/s0": Server(9000, 1, ready=True), "fn0/s1": Server(9001, 0, ready=True)}
    resting = {"fn0a/s0": Server(9000, 1), "fn0b/s1": Server(9001, 1)}
    split = {name: Server(each.port, 1, ready=True) for name, each in {**alone, **resting}.items()}
    rule, none = {"fn0": "header:x-customer:2:5000"}, dict[str, str]()
    assert change_orders(split, {**alone, **resting}, {"sticky": (rule, none)}) == [
        "set server fn0a/s0 state ready",
        "set server fn0b/s1 state ready",
        "add map sticky.map fn0 header:x-customer:2:5000",
        "set server fn0/s1 weight 1",
    ]
    assert change_orders(alone, split, {"sticky": (none, rule)}) == [
        "set server fn0/s1 weight 0",
        "del map sticky.map fn0",
        "set server fn0a/s0 weight 0",
        "set server fn0a/s0 state maint",
        "set server fn0b/s1 weight 0",
        "set server fn0b/s1 state maint",
    ]


def test_places_go_round_before_they_are_used_again() -> None:
    function = FunctionRoute(place=0, next=SERVERS - 1, versions={"1": VersionRoute(servers={0: 9000})})
    assert free_servers(function, 2) == [SERVERS - 1, 1]
    assert free_servers(function, 1, frozenset({SERVERS - 1})) == [1]
    with pytest.raises(GatewayFull):
        free_servers(function, SERVERS)


def test_the_last_version_takes_its_function_along() -> None:
    state = STATE
    for version in ("1", "2", "3"):
        state = without_version(state, "predict", version)
    assert state == replace(STATE, functions={}, exposed="")
    assert without_version(state, "predict", "1") == state


@pytest.mark.parametrize(("cores", "threads"), [(1, 1), (2, 1), (7, 1), (8, 2), (64, 16)])
def test_haproxy_has_a_quarter_of_the_cores(cores: int, threads: int) -> None:
    assert threads_of(cores) == threads
    assert f"    nbthread {threads}\n" in config(STATE, Places(Path("/a"), Path("/b")), threads)


def test_haproxy_takes_the_configuration(tmp_path: Path) -> None:
    places = Places(tmp_path, Path("/tmp/shipway-test"))
    text = config(STATE, places)
    assert "    server s0 127.0.0.1:9000 weight 9\n" in text
    assert "    server s4 127.0.0.1:1 weight 0 disabled\n" in text
    places.config.write_text(text)
    for name, script in SCRIPTS.items():
        (tmp_path / name).write_text(script)
    for name, entries in maps(STATE).items():
        (tmp_path / reference(name)).write_text(table(entries))
    command = [str(find("haproxy")), "-c", "-f", places.config.name]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    shutil.rmtree(tmp_path)
