"""The gateway as the rest of the target uses it."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from shipway.domain.function import FunctionNotFound, VersionInUse
from shipway.domain.traffic import Counts, Sticky, VersionNotFound, check_key_name, check_weights, threshold
from shipway.targets.local.gateway import admin
from shipway.targets.local.gateway.counting import counted
from shipway.targets.local.gateway.evidence import Record, Second
from shipway.targets.local.gateway.keeping import PROGRAM, Keeping
from shipway.targets.local.gateway.places import Places
from shipway.targets.local.gateway.ports import free_ports, listens
from shipway.targets.local.gateway.render import LAYOUT
from shipway.targets.local.gateway.state import (
    ENDPOINTS,
    FUNCTIONS,
    INSTANCES,
    SERVERS,
    EndpointRoute,
    FunctionRoute,
    State,
    VersionRoute,
    free_place,
    free_servers,
    servers,
    staying,
    with_function,
    with_version,
    without_version,
)
from shipway.targets.local.supervise import Program, Supervisor
from shipway.targets.local.tools import find

COLLECTOR = "evidence"


class Gateway(Keeping):
    """HAProxy of one home. Every change is written down first, then applied to the running process.

    Any process of the user may hold one for the same home; a file lock orders their changes.
    """

    def __init__(self, home: Path, supervisor: Supervisor) -> None:
        super().__init__(home, supervisor)
        self._record = Record(self._places.record)

    def ensure(self, api_port: int | None = None) -> None:
        """Make the gateway run and do what is recorded; returns when it answers. Safe to repeat.

        api_port: of the public API; without it the one that it had, or a free one the first time.
        Raises ProgramFailed with its last lines, e.g. when another program has the port.
        """
        with self._locked():
            known = self._read()
            if known is None:
                public, runtime = free_ports(2)
                self._write(State(public_port=api_port or public, runtime_port=runtime))
            else:
                self._write(replace(known, public_port=api_port or known.public_port))
            state = self._state()
            for route in state.endpoints.values():  # sockets live where a reboot empties
                self._places.endpoint_folder(route.place).mkdir(mode=0o700, exist_ok=True)
            haproxy = str(find("haproxy"))
            ports = f"{state.public_port} {state.runtime_port}"
            argv = (haproxy, "-db", "-f", self._places.config.name)
            layout = {"SHIPWAY_GATEWAY": f"{LAYOUT} {ports}"}
            folder = str(self._places.folder)
            self._supervisor.ensure(self._collector())
            self._supervisor.ensure(Program(name=PROGRAM, argv=argv, environment=layout, cwd=folder, priority=10))
            self._wait(lambda: listens(state.public_port) and listens(state.runtime_port))
            self._apply(state)

    def _collector(self) -> Program:
        """Return the program that counts HAProxy's lines; HAProxy does not wait for it."""
        module = ("-P", "-m", "shipway.targets.local.gateway.collector")
        argv = (sys.executable, *module, str(self._places.evidence), str(self._places.record))
        return Program(name=COLLECTOR, argv=argv, priority=5)

    @property
    def address(self) -> str:
        """The public API. Raises GatewayDown before the first ensure()."""
        return f"http://127.0.0.1:{self._state().public_port}/api"

    @property
    def runtime_address(self) -> str:
        """The sagemaker-runtime API, for AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME. Raises GatewayDown as above."""
        return f"http://127.0.0.1:{self._state().runtime_port}"

    def set_weights(self, function: str, weights: Mapping[str, int]) -> None:
        """Make `weights` (version -> percent) the split; see shipway.ports.traffic for the contract."""
        with self._changing() as state:
            route = self._function(state, function)
            split = check_weights(function, weights, staying(route))
            versions = {name: replace(each, percent=split.get(name, 0)) for name, each in route.versions.items()}
            new = with_function(state, function, replace(route, versions=versions))
            self._commit(new if new.exposed else replace(new, exposed=function))

    def weights(self, function: str) -> dict[str, int]:
        """Return version -> percent of those that get traffic. Raises FunctionNotFound."""
        versions = self._function(self._state(), function).versions
        return {name: route.percent for name, route in versions.items() if route.percent}

    def versions(self, function: str) -> dict[str, list[int]]:
        """Return version -> ports of its processes; empty for a function that is not there."""
        known = self._state().functions.get(function)
        return {name: list(route.servers.values()) for name, route in known.versions.items()} if known else {}

    def functions(self) -> list[str]:
        """Return the names of all functions that have a version."""
        return sorted(self._state().functions)

    def expose(self, function: str) -> None:
        """Let the public API answer by this function; the first that gets weights is exposed by itself."""
        with self._changing() as state:
            self._function(state, function)
            self._commit(replace(state, exposed=function))

    def set_sticky(self, function: str, sticky: Sticky) -> None:
        """Let callers keep their version while two share the traffic. Raises FunctionNotFound, GatewayDown."""
        with self._changing() as state:
            route = self._function(state, function)
            self._commit(with_function(state, function, replace(route, sticky=sticky)))

    def counts(self, function: str) -> dict[str, Counts]:
        """Return version -> what it has answered since it was added. Raises FunctionNotFound, GatewayDown.

        Counters begin again when HAProxy is restarted; what was read before is kept and added.
        """
        with self._changing() as state:
            self._function(state, function)
            now = self._counted(state)
            self._write(now)
            return {name: each.last for name, each in now.functions[function].versions.items()}

    def evidence(self, function: str, after: int) -> list[Second]:
        """Return every second behind `after` that is over, in order; none is left out, and none changes later.

        after: whole seconds since 1970, UTC; nothing older than a day is known. The newest is about two seconds old.
        A second of which nobody can say whether all requests were counted has no versions; that takes PATIENCE
        seconds to find out. Latencies are of successful answers, from the request's last byte to the answer's head.
        """
        state = self._read()
        known = state.functions.get(function) if state else None
        return self._record.evidence(function, after, known.versions if known else ())

    @property
    def record(self) -> Record:
        """The counted seconds, for who reads many of them."""
        return self._record

    def vouched(self) -> int | None:
        """Return the newest second whose requests were all counted, none included; None when there is none."""
        return self._record.newest()

    def add_version(self, function: str, version: str, ports: Sequence[int]) -> None:
        """Take in the processes of a version, without traffic yet. Safe to repeat. Raises GatewayFull, GatewayDown."""
        with self._changing() as recorded:
            state = self._counted(recorded)
            if function not in state.functions:
                place = free_place(state.functions, FUNCTIONS, "another function")
                state = with_function(state, function, FunctionRoute(place=place))
            route = state.functions[function]
            known = route.versions.get(version)
            if known and list(known.servers.values()) == list(ports):
                return
            counters, busy = admin.counters(self._places.admin)
            resting = frozenset(n for n in range(len(busy)) if busy.get(f"fn{route.place}/s{n}"))
            places = free_servers(route, len(ports), resting)
            baselines = {place: counters[f"fn{route.place}/s{place}"] for place in places}
            new = VersionRoute(servers=dict(zip(places, ports, strict=True)), baselines=baselines)
            turned = with_function(state, function, replace(route, next=(places[-1] + 1) % SERVERS))
            self._commit(with_version(turned, function, version, new))

    def remove_version(self, function: str, version: str, drain_seconds: float = 35) -> None:
        """Take a version out: no new request, then wait until none is under way. Safe to repeat.

        Returns when its processes may be stopped; after drain_seconds it does not wait any longer.
        Raises VersionInUse while it has traffic and another version could take it.
        """
        with self._changing() as state:
            known = state.functions.get(function)
            if known is None or version not in known.versions:
                return
            route = known.versions[version]
            if route.percent and len(staying(known)) > 1:
                raise VersionInUse(function=function, version=version, percent=route.percent)
            self._commit(with_version(state, function, version, replace(route, percent=0, leaving=True)))
        self._drain([f"fn{known.place}/s{place}" for place in route.servers], drain_seconds)
        with self._changing() as state:
            self._commit(without_version(state, function, version))

    def reserve_endpoint(self, name: str) -> list[Path]:
        """Return the sockets on which the relays of this endpoint's servers shall listen; its place is kept for it."""
        with self._changing() as state:
            known = state.endpoints.get(name)
            if known is None:
                known = EndpointRoute(place=free_place(state.endpoints, ENDPOINTS, "another endpoint"))
                self._write(replace(state, endpoints={**state.endpoints, name: known}))
            folder = self._places.endpoint_folder(known.place)
            folder.mkdir(mode=0o700, exist_ok=True)
            return [folder / f"{index}.sock" for index in range(INSTANCES)]

    def add_endpoint(
        self, name: str, *, ports: Sequence[int] = (), sockets: int = 0, captured: int | None = None
    ) -> None:
        """Let a reserved endpoint answer: from loopback ports, or from its first `sockets` sockets. Safe to repeat.

        captured: percent of its requests that go through a recorder, 0..100; None leaves that as it is.
        """
        with self._changing() as state:
            known = state.endpoints[name]
            share = known.captured if captured is None else threshold(captured)
            route = replace(known, ports=tuple(ports), sockets=sockets, captured=share)
            self._commit(replace(state, endpoints={**state.endpoints, name: route}))

    def capture(self, percents: Mapping[str, int]) -> None:
        """Let recorders see this share of each named endpoint's requests, percent; others stay as they are."""
        with self._changing() as state:
            shares = {name: threshold(percent) for name, percent in percents.items()}
            routes = {
                name: replace(each, captured=shares.get(name, each.captured)) for name, each in state.endpoints.items()
            }
            self._commit(replace(state, endpoints=routes))

    @property
    def places(self) -> Places:
        """Where its sockets are, those of the recorders too."""
        return self._places

    def shrink_endpoint(self, name: str, keep: int, drain_seconds: float = 65) -> None:
        """Let only the first `keep` servers of an endpoint answer; returns when the others have no request any more.

        With none left its requests are held until it has a server again, a minute at the most. Safe to repeat.
        """
        with self._changing() as state:
            known = state.endpoints[name]
            less = replace(known, ports=known.ports[:keep], sockets=min(known.sockets, keep))
            new = replace(state, endpoints={**state.endpoints, name: less})
            self._commit(new)
        self._drain(sorted(servers(state).keys() - servers(new).keys()), drain_seconds)

    def asked(self) -> tuple[str, dict[str, admin.Asked]]:
        """Return which HAProxy counted, and for each endpoint what was asked of it since that one started.

        Raises GatewayDown.
        """
        state = self._state()
        try:
            now, found = admin.epoch(self._places.admin), admin.asked(self._places.admin)
        except admin.AdminSilent as error:
            raise self._down(str(error)) from error
        return now, {name: found[f"ep{route.place}"] for name, route in state.endpoints.items()}

    def remove_endpoint(self, name: str, drain_seconds: float = 10) -> None:
        """Let an endpoint answer no more, and wait until no request to it is under way. Safe to repeat."""
        with self._changing() as state:
            known = state.endpoints.get(name)
            if known is None:
                return
            leaving = {**state.endpoints, name: replace(known, leaving=True)}
            self._commit(replace(state, endpoints=leaving))
        self._drain([each for each in servers(state) if each.startswith(f"ep{known.place}/")], drain_seconds)
        with self._changing() as state:
            left = {other: route for other, route in state.endpoints.items() if other != name}
            self._commit(replace(state, endpoints=left))

    def endpoint_ports(self, name: str) -> list[int]:
        """Return the loopback ports that an endpoint's servers have, empty when it has none."""
        known = self._state().endpoints.get(name)
        return list(known.ports) if known else []

    def endpoint_size(self, name: str) -> int:
        """Return how many servers answer for an endpoint."""
        known = self._state().endpoints.get(name)
        return len(known.ports) + known.sockets if known else 0

    def endpoints(self) -> list[str]:
        """Return the names of the endpoints that answer."""
        return sorted(name for name, route in self._state().endpoints.items() if route.ports or route.sockets)

    def add_key(self, digest: str, name: str) -> None:
        """Let a client in. digest: sha256 of its API key in hex; name: what logs and events call it."""
        check_key_name(name)
        with self._changing() as state:
            self._commit(replace(state, keys={**state.keys, digest.lower(): name}))

    def remove_key(self, digest: str) -> None:
        """Lock a client out, at once. Safe to repeat."""
        with self._changing() as state:
            left = {known: name for known, name in state.keys.items() if known != digest.lower()}
            self._commit(replace(state, keys=left))

    def keys(self) -> dict[str, str]:
        """Return sha256 hex of each API key -> the client's name."""
        return dict(self._state().keys)

    def _function(self, state: State, name: str) -> FunctionRoute:
        if name not in state.functions:
            raise FunctionNotFound(function=name)
        return state.functions[name]

    def port(self, function: str, version: str) -> int:
        """Return a port on which this version can be asked past the gateway. Raises VersionNotFound."""
        versions = self._function(self._state(), function).versions
        if version not in versions:
            raise VersionNotFound(function=function, version=version, known=", ".join(sorted(versions)) or "none")
        return next(iter(versions[version].servers.values()))

    def _counted(self, state: State) -> State:
        """Return the state with every version's counts as of now."""
        try:
            now = admin.epoch(self._places.admin)
            counters, _ = admin.counters(self._places.admin)
        except admin.AdminSilent as error:
            raise self._down(str(error)) from error
        return counted(state, now, counters)
