"""HAProxy's runtime interface: orders and readings over its private socket."""

import socket
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from shipway.domain.errors import ShipwayError
from shipway.domain.traffic import Counts
from shipway.targets.local.gateway.places import reference
from shipway.targets.local.gateway.state import ARMS, Server

FORCED_MAINTENANCE = 1  # a bit of a server's administrative state
STICKY = "sticky"  # the table that tells which callers stick to which version
BATCH = 20  # orders on one line: a line has room for 64 KiB


class GatewayDown(ShipwayError):
    """What was asked is recorded and holds as soon as the gateway is up, but nothing answers now."""

    message = "the gateway does not answer: {cause}"
    hint = "start it: shipway up"
    exit_code = 5
    status = 503


@dataclass(frozen=True, slots=True)
class Asked:
    """Requests to one endpoint: all so far, and those that wait or are being answered now."""

    requests: int
    open: int


class AdminSilent(OSError):
    """The socket does not answer: HAProxy is not up, or just going."""


def ask(path: Path, order: str, seconds: float = 5) -> str:
    """Return the answer to one line of orders. Raises AdminSilent."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as channel:
            channel.settimeout(seconds)
            channel.connect(str(path))
            channel.sendall(order.encode() + b"\n")
            parts = []
            while part := channel.recv(65536):
                parts.append(part)
    except OSError as error:
        raise AdminSilent(str(error)) from error
    return b"".join(parts).decode(errors="replace")


def order(path: Path, orders: Sequence[str]) -> str:
    """Give orders in their order; return what was answered. Raises AdminSilent."""
    batches = [orders[at : at + BATCH] for at in range(0, len(orders), BATCH)]
    return "\n".join(ask(path, "; ".join(batch)) for batch in batches)


def epoch(path: Path) -> str:
    """Return a name of the running HAProxy: its counters begin at zero with it."""
    facts = dict(line.split(": ", 1) for line in ask(path, "show info").splitlines() if ": " in line)
    return f"{facts['Pid']}@{facts['Start_time_sec']}" if "Start_time_sec" in facts else facts["Pid"]


def servers(path: Path) -> dict[str, Server]:
    """Return "backend/server" -> how it is now."""
    lines = ask(path, "show servers state").splitlines()
    names = next(line for line in lines if line.startswith("# ")).removeprefix("# ").split()
    found = {}
    for line in lines:
        row = dict(zip(names, line.split(), strict=False))
        if len(row) == len(names) and row["be_name"].startswith(("fn", "ep", "recorders")):  # the rest never changes
            ready = not int(row["srv_admin_state"]) & FORCED_MAINTENANCE
            port = int(row["srv_port"])
            found[f"{row['be_name']}/{row['srv_name']}"] = Server(port, int(row["srv_uweight"]), ready)
    return found


def tables(path: Path, names: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return table name -> its entries now."""
    found = {}
    for name in names:
        rows = (line.split() for line in ask(path, f"show map {reference(name)}").splitlines())
        found[name] = {row[1]: row[2] for row in rows if len(row) == 3}
    return found


def statistics(path: Path, which: str = "") -> list[dict[str, str]]:
    """Return HAProxy's own statistics, a row for each of its parts. which: "proxy type server", everything without."""
    names, *lines = ask(path, f"show stat {which}".rstrip()).removeprefix("# ").splitlines()
    return [dict(zip(names.split(","), line.split(","), strict=False)) for line in lines]


def counters(path: Path) -> tuple[dict[str, Counts], dict[str, int]]:
    """Return "backend/server" -> its counters since HAProxy started, and -> requests that it answers right now.

    What a server answered to sticky callers is counted under its function's own backend.
    """
    counted: dict[str, Counts] = {}
    busy: dict[str, int] = {}
    for row in statistics(path):
        if row.get("svname", "") in ("", "FRONTEND", "BACKEND"):
            continue
        name = f"{_function(row['pxname'])}/{row['svname']}"
        counted[name] = counted.get(name, Counts()).plus(_counts(row))
        busy[name] = busy.get(name, 0) + int(row["scur"] or 0) + int(row["qcur"] or 0)
    return counted, busy


def around(path: Path) -> tuple[str, int]:
    """Return which HAProxy this is, and how many requests that should have been captured found no recorder."""
    now = epoch(path)
    counted, _ = counters(path)
    return now, counted.get("recorders/around", Counts()).ok


def asked(path: Path) -> dict[str, Asked]:
    """Return endpoint's backend -> what was asked of it since HAProxy started."""
    return {
        row["pxname"]: Asked(int(row["req_tot"] or 0), int(row["scur"] or 0))
        for row in statistics(path, "-1 2 -1")  # the backends' own rows alone
        if row.get("pxname", "").startswith("ep")
    }


def _function(backend: str) -> str:
    """Return the backend whose place a server stands for: those of sticky callers hold the same processes."""
    return backend[:-1] if _sticks(backend) else backend


def _sticks(backend: str) -> bool:
    """Tell whether a backend is there for callers that stick to one of two versions."""
    return backend.startswith("fn") and backend.endswith(ARMS)


def _counts(row: Mapping[str, str]) -> Counts:
    number = {name: int(row.get(name) or 0) for name in WANTED}
    ok = number["hrsp_1xx"] + number["hrsp_2xx"] + number["hrsp_3xx"] + number["hrsp_other"]
    return Counts(
        requests=ok + number["hrsp_4xx"] + number["hrsp_5xx"],
        ok=ok,
        client_errors=number["hrsp_4xx"],
        server_errors=number["hrsp_5xx"],
        failures=number["econ"] + number["eresp"] + number["wretr"] + number["wredis"],
        latency_ms=float(number["ttime"]),
    )


WANTED = (
    *("hrsp_1xx", "hrsp_2xx", "hrsp_3xx", "hrsp_4xx", "hrsp_5xx", "hrsp_other"),
    *("econ", "eresp", "wretr", "wredis", "ttime"),
)


def server_orders(wanted: Mapping[str, Server], actual: Mapping[str, Server]) -> list[str]:
    """Return what turns the actual servers into the wanted ones.

    Servers that get more come first, so that at no moment all of a backend's weights are zero.
    """
    orders: list[tuple[int, list[str]]] = []
    for name, now in actual.items():
        goal = wanted.get(name, Server(now.port, 0, ready=False))
        if now == goal:
            continue
        steps = []
        if goal.port != now.port:
            steps += [f"set server {name} state maint"] if now.ready else []
            steps.append(f"set server {name} addr 127.0.0.1 port {goal.port}")
        if goal.weight != now.weight:
            steps.append(f"set server {name} weight {goal.weight}")
        if goal.ready != now.ready or (goal.port != now.port and goal.ready):
            steps.append(f"set server {name} state {'ready' if goal.ready else 'maint'}")
        orders.append((now.weight - goal.weight, steps))
    return [step for _, steps in sorted(orders, key=lambda each: each[0]) for step in steps]


def change_orders(
    wanted: Mapping[str, Server],
    actual: Mapping[str, Server],
    tables: Mapping[str, tuple[Mapping[str, str], Mapping[str, str]]],
) -> list[str]:
    """Return all orders in the order in which no caller that sticks to the older version ever meets the newer one.

    tables: name -> (wanted, actual). The rule about callers stands before the shared backend's weights move to a split
    and until they have moved back. A server goes when no table sends anybody there any more.
    """
    leaving = {name: now for name, now in actual.items() if name not in wanted}
    staying = {name: now for name, now in actual.items() if name in wanted}
    joining = {name: now for name, now in staying.items() if _sticks(name.partition("/")[0])}
    shared = {name: now for name, now in staying.items() if name not in joining}
    rules = table_orders(STICKY, *tables[STICKY])
    forgotten = [each for each in rules if each.startswith("del ")]
    return [
        *server_orders(wanted, joining),
        *(each for each in rules if each not in forgotten),
        *server_orders(wanted, shared),
        *(each for name in tables if name != STICKY for each in table_orders(name, *tables[name])),
        *forgotten,
        *server_orders(wanted, leaving),
    ]


def table_orders(name: str, wanted: Mapping[str, str], actual: Mapping[str, str]) -> list[str]:
    """Return what turns the entries of one table into the wanted ones."""
    file = reference(name)
    orders = [f"del map {file} {key}" for key in actual if key not in wanted]
    for key, value in wanted.items():
        if key not in actual:
            orders.append(f"add map {file} {key} {value}")
        elif actual[key] != value:
            orders.append(f"set map {file} {key} {value}")
    return orders
