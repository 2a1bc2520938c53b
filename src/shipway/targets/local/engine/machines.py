"""State machines by the digest of their document, checked once."""

import threading
from collections import OrderedDict

from shipway.domain.asl import StateMachine, load
from shipway.targets.local.engine.rows import parse
from shipway.targets.local.engine.tables import Tables

KEPT = 64  # documents; an engine works on few different ones at a time


class Machines:
    """The state machines that executions run, out of the journal's documents."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[str, StateMachine] = OrderedDict()

    def get(self, tables: Tables, digest: str) -> StateMachine:
        """Return the state machine of one document. Raises DocumentInvalid when this version refuses it."""
        with self._lock:
            known = self._known.get(digest)
            if known is not None:
                self._known.move_to_end(digest)
                return known
        row = tables.one("SELECT body FROM workflow_document WHERE digest = ?", digest)
        if row is None:
            raise LookupError(digest)
        machine = load(parse(row["body"]))
        with self._lock:
            self._known[digest] = machine
            if len(self._known) > KEPT:
                self._known.popitem(last=False)
        return machine
