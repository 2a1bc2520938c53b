"""One transaction with everything that a transition needs."""

import random
import secrets
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from shipway.domain.workflow_execution import STATE_LIMIT
from shipway.targets.local.engine.clock import Clock
from shipway.targets.local.engine.journal import Journal
from shipway.targets.local.engine.lifecycle import Lifecycle
from shipway.targets.local.engine.machines import Machines
from shipway.targets.local.engine.rows import stamp
from shipway.targets.local.engine.tables import Tables
from shipway.targets.local.engine.transitions import Sources, Transitions
from shipway.targets.local.engine.work import Work


def system_sources() -> Sources:
    """Return chance as the operating system gives it; a token cannot be guessed."""
    return Sources(
        random=random.SystemRandom().random,
        uuid=lambda: str(uuid.uuid4()),
        token=lambda: secrets.token_urlsafe(32),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sessions:
    """Opens transactions on one journal."""

    journal: Journal
    clock: Clock
    sources: Sources
    machines: Machines = field(default_factory=Machines)
    state_limit: int = STATE_LIMIT

    @contextmanager
    def open(self) -> Iterator[Work]:
        """Run the block as one durable transaction at one moment. Raises JournalUnusable."""
        with self.journal.write() as connection:
            tables = Tables(connection=connection, now=stamp(self.clock.now()))
            lifecycle = Lifecycle(tables=tables, machines=self.machines)
            transitions = Transitions(
                tables=tables, lifecycle=lifecycle, sources=self.sources, state_limit=self.state_limit
            )
            yield Work(tables=tables, transitions=transitions)
