"""What the gateway shall do, as one record: written before it is applied, read again whenever HAProxy starts."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import cattrs

from shipway.domain.errors import ShipwayError
from shipway.domain.traffic import NOT_STICKY, Counts, Sticky, server_weights, threshold

FUNCTIONS = 8  # backends for functions
SERVERS = 16  # processes of one function over all its versions
ENDPOINTS = 32  # backends for endpoints
ARMS = ("a", "b")  # backends beside a function's own, for callers that stick to the older or the newer version
INSTANCES = 8  # servers of one endpoint, of either kind
RECORDERS = 2  # side by side, so that one may end at any moment


class GatewayFull(ShipwayError):
    """The gateway has a fixed number of places."""

    message = "the gateway has no place left for {what}: {limit} are taken"
    hint = "remove versions, functions or endpoints that are not needed any more"
    exit_code = 5
    status = 409


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRoute:
    """One version of a function.

    servers: place in the backend -> port. percent: of the function's traffic.
    kept: counts from before HAProxy was started last; last: the newest reading. baselines: place -> its counters when
    the version got it. leaving: gets no traffic any more, requests under way are waited for.
    """

    servers: dict[int, int]
    percent: int = 0
    kept: Counts = field(default_factory=Counts)
    baselines: dict[int, Counts] = field(default_factory=dict)
    last: Counts = field(default_factory=Counts)
    leaving: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionRoute:
    """One function: which backend it has, its versions, and the server place to be given out next.

    versions: in the order in which they were taken in. sticky: how callers keep their version while two share.
    """

    place: int
    next: int = 0
    sticky: Sticky = NOT_STICKY
    versions: dict[str, VersionRoute] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointRoute:
    """One endpoint: which backend it has, and the loopback ports of its servers; relayed ones have sockets instead.

    leaving: its name is not answered any more, requests under way are waited for.
    captured: which requests go through a recorder, in buckets of BUCKETS.
    """

    place: int
    ports: tuple[int, ...] = ()
    sockets: int = 0
    leaving: bool = False
    captured: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """All that the gateway is told. keys: sha256 hex of an API key -> client's name. epoch: which HAProxy counted."""

    public_port: int
    runtime_port: int
    functions: dict[str, FunctionRoute] = field(default_factory=dict)
    endpoints: dict[str, EndpointRoute] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    exposed: str = ""
    epoch: str = ""


@dataclass(frozen=True, slots=True)
class Server:
    """One server as HAProxy knows it: port 0 for a socket; weight 0..256; ready or in maintenance."""

    port: int = 0
    weight: int = 0
    ready: bool = False


def servers(state: State) -> dict[str, Server]:
    """Return "backend/server" -> how it shall be, for every place that is taken.

    The way around the recorders is always there: some requests are on their way to them when capture is switched off.
    """
    found = {"recorders/around": Server(0, 1, ready=True)}
    for function in state.functions.values():
        weights = weights_of(function)
        for version, route in function.versions.items():
            for place, port in route.servers.items():
                found[f"fn{function.place}/s{place}"] = Server(port, weights.get(version, 0), ready=True)
        for arm, version in arms(function).items():
            for place, port in function.versions[version].servers.items():
                found[f"fn{function.place}{arm}/s{place}"] = Server(port, 1, ready=True)
    for endpoint in state.endpoints.values():
        for index, port in enumerate(endpoint.ports):
            found[f"ep{endpoint.place}/t{index}"] = Server(port, 1, ready=True)
        for index in range(endpoint.sockets):
            found[f"ep{endpoint.place}/u{index}"] = Server(0, 1, ready=True)
    if any(endpoint.captured for endpoint in state.endpoints.values()):
        found |= {f"recorders/r{index}": Server(0, 1, ready=True) for index in range(RECORDERS)}
    return found


def arms(function: FunctionRoute) -> dict[str, str]:
    """Return arm -> version while callers stick to one of two: the older version first; else nothing."""
    sharing = [name for name, route in function.versions.items() if route.percent]
    return dict(zip(ARMS, sharing, strict=True)) if function.sticky.active and len(sharing) == len(ARMS) else {}


def weights_of(function: FunctionRoute) -> dict[str, int]:
    """Return version -> weight of each of its servers, of the versions that get traffic."""
    split = {version: route.percent for version, route in function.versions.items() if route.percent}
    sizes = {version: len(function.versions[version].servers) for version in split}
    return server_weights(split, sizes) if split else {}


def free_place(taken: Mapping[str, FunctionRoute] | Mapping[str, EndpointRoute], limit: int, what: str) -> int:
    """Return the lowest place that nobody has; raises GatewayFull."""
    used = {route.place for route in taken.values()}
    for place in range(limit):
        if place not in used:
            return place
    raise GatewayFull(what=what, limit=limit)


def free_servers(function: FunctionRoute, count: int, busy: frozenset[int] = frozenset()) -> list[int]:
    """Return `count` places that no version has; raises GatewayFull.

    They go round, so that a place rests long before its counters belong to another version.
    busy: places where a request of an earlier version still runs.
    """
    used = {place for route in function.versions.values() for place in route.servers} | busy
    order = [(function.next + step) % SERVERS for step in range(SERVERS)]
    free = [place for place in order if place not in used]
    if len(free) < count:
        raise GatewayFull(what="another process of a function", limit=SERVERS)
    return free[:count]


def maps(state: State) -> dict[str, dict[str, str]]:
    """Return the gateway's tables: API keys, paths of the public API, endpoint names, versions, sticky callers."""
    api = {"/api": f"api{state.functions[state.exposed].place}"} if state.exposed in state.functions else {}
    return {
        "keys": dict(state.keys),
        "api": api,
        "endpoints": {name: f"ep{route.place}" for name, route in state.endpoints.items() if not route.leaving},
        "captured": {name: str(route.captured) for name, route in state.endpoints.items() if route.captured},
        "arms": _answering(state),
        "sticky": {f"fn{each.place}": _rule(each) for each in state.functions.values() if arms(each)},
    }


def _answering(state: State) -> dict[str, str]:
    """Return server -> "function/version", and for answers of no server the only version that has traffic, or none."""
    found: dict[str, str] = {}
    for name, function in state.functions.items():
        for version, route in function.versions.items():
            found |= {f"fn{function.place}/s{place}": f"{name}/{version}" for place in route.servers}
        sharing = [version for version, route in function.versions.items() if route.percent]
        found[f"api{function.place}"] = f"{name}/{sharing[0] if len(sharing) == 1 else ''}"
    return found


def _rule(function: FunctionRoute) -> str:
    """Return what decides about one caller, see the Lua action: "kind:name:salt:threshold"."""
    newer = arms(function)[ARMS[1]]
    percent = function.versions[newer].percent
    return f"{function.sticky.kind}:{function.sticky.source}:{newer}:{threshold(percent)}"


def with_function(state: State, name: str, route: FunctionRoute) -> State:
    """Return the state with this function as it is now."""
    return replace(state, functions={**state.functions, name: route})


def with_version(state: State, function: str, version: str, route: VersionRoute) -> State:
    """Return the state with this version as it is now."""
    known = state.functions[function]
    return with_function(state, function, replace(known, versions={**known.versions, version: route}))


def without_version(state: State, function: str, version: str) -> State:
    """Return the state without this version; a function that has no version left goes with it."""
    known = state.functions.get(function)
    if known is None:
        return state
    left = {name: route for name, route in known.versions.items() if name != version}
    functions = {**state.functions, function: replace(known, versions=left)}
    if not left:
        functions.pop(function)
    return replace(state, functions=functions, exposed=state.exposed if state.exposed in functions else "")


def staying(function: FunctionRoute) -> dict[str, VersionRoute]:
    """Return the versions that may get traffic."""
    return {name: route for name, route in function.versions.items() if not route.leaving}


def encode(state: State) -> object:
    """Return the state as plain lists and objects for JSON."""
    return cattrs.unstructure(state)


def decode(document: object) -> State:
    """Return the state that `encode` made the document of."""
    return cattrs.structure(document, State)
