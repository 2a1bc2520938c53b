"""How the gateway's record is kept, and how the running HAProxy is made to follow it."""

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from shipway.targets.local.gateway import admin
from shipway.targets.local.gateway.admin import GatewayDown
from shipway.targets.local.gateway.places import Places
from shipway.targets.local.gateway.render import config, table, threads_of
from shipway.targets.local.gateway.scripts import SCRIPTS
from shipway.targets.local.gateway.state import State, decode, encode, maps, servers
from shipway.targets.local.supervise import ProgramFailed, Supervisor, SupervisorDown
from shipway.targets.local.supervise.files import replace_text
from shipway.targets.local.waiting import wait_until

PROGRAM = "gateway"


class Keeping:
    """The record of one home's gateway: every change is written down first, then applied to the running process."""

    def __init__(self, home: Path, supervisor: Supervisor) -> None:
        self._supervisor = supervisor
        self._places = Places(home / "run" / "gateway", supervisor.runtime)

    def _drain(self, names: Sequence[str], seconds: float) -> None:
        """Wait until none of these servers has a request under way."""

        def idle() -> bool:
            try:
                _, busy = admin.counters(self._places.admin)
            except admin.AdminSilent:  # it is being restarted, so every request that it had is over
                return True
            return not any(busy.get(name) for name in names)

        wait_until(idle, seconds)

    def _commit(self, state: State) -> None:
        """Write the state down, then make the running HAProxy follow. Raises GatewayDown; the record then stays."""
        self._write(state)
        self._apply(state)

    def _apply(self, state: State) -> None:
        """Bring the running HAProxy to the state, and look whether it is there."""
        said = ""
        for _ in range(3):
            orders = self._differences(state)
            if not orders:
                return
            said = self._orders(orders)
        raise self._down(f"it did not follow: {said.strip()[:300]}")

    def _differences(self, state: State) -> list[str]:
        """Return the orders that are still needed, waiting a moment for an HAProxy that is just being restarted."""
        deadline = time.monotonic() + 10
        while True:
            try:
                known = admin.tables(self._places.admin, maps(state))
                actual = admin.servers(self._places.admin)
                break
            except (admin.AdminSilent, StopIteration) as error:
                if time.monotonic() > deadline or not self._held():
                    raise self._down(str(error)) from error
                time.sleep(0.05)
        tables = {name: (wanted, known[name]) for name, wanted in maps(state).items()}
        return admin.change_orders(servers(state), actual, tables)

    def _orders(self, orders: Sequence[str]) -> str:
        try:
            return admin.order(self._places.admin, orders)
        except admin.AdminSilent:
            return "no answer"  # the next look decides

    def _held(self) -> bool:
        """Whether the supervisor has the gateway at all."""
        try:
            return PROGRAM in self._supervisor.states()
        except SupervisorDown:
            return False

    def _wait(self, condition: Callable[[], bool]) -> None:
        if not wait_until(condition, 10):
            log = self._supervisor.logs / f"{PROGRAM}.log"
            raise ProgramFailed(name="the gateway", cause=self._supervisor.tail(PROGRAM, 5) or "no answer", log=log)

    def _down(self, cause: str) -> GatewayDown:
        return GatewayDown(cause=cause or "nothing listens")

    def _read(self) -> State | None:
        try:
            return decode(json.loads((self._places.folder / "state.json").read_bytes()))
        except FileNotFoundError:
            return None

    def _state(self) -> State:
        state = self._read()
        if state is None:
            raise self._down("it was never started")
        return state

    def _write(self, state: State) -> None:
        """Write the record and all that HAProxy reads at its next start."""
        replace_text(self._places.folder / "state.json", json.dumps(encode(state)))
        for name, entries in maps(state).items():
            replace_text(self._places.table(name), table(entries))
        for name, script in SCRIPTS.items():
            replace_text(self._places.folder / name, script)
        replace_text(self._places.config, config(state, self._places, threads_of(len(os.sched_getaffinity(0)))))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._places.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self._places.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    @contextmanager
    def _changing(self) -> Iterator[State]:
        with self._locked():
            yield self._state()
