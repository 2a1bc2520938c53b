"""What each version has answered, from counters that begin at zero with every HAProxy. Pure."""

from collections.abc import Mapping
from dataclasses import replace

from shipway.domain.traffic import Counts
from shipway.targets.local.gateway.state import State


def counted(state: State, epoch: str, counters: Mapping[str, Counts]) -> State:
    """Return the state with every version's counts as of now.

    epoch: which HAProxy counted. counters: "backend/server" -> what it has counted since it started.
    """
    fresh = state.epoch != epoch
    functions = {}
    for name, function in state.functions.items():
        versions = {}
        for version, route in function.versions.items():
            each = replace(route, kept=route.last, baselines={}) if fresh and state.epoch else route
            total = each.kept
            for place in each.servers:
                seen = counters[f"fn{function.place}/s{place}"]
                total = total.plus(seen.since(each.baselines.get(place, Counts())))
            versions[version] = replace(each, last=total)
        functions[name] = replace(function, versions=versions)
    return replace(state, functions=functions, epoch=epoch)
