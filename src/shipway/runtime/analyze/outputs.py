"""The model's answers: nobody has a baseline of them, so the first ones become it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from .blob import BlobDamaged, pack_plans, unpack_plans
from .counts import Counts
from .plan import Plan
from .profile import profile

REFERENCE = "answers.reference"
FEWEST = 20  # answers that edges may be taken from
ENOUGH = 10_000  # answers of a whole reference


class Outputs:
    """The plans of the answers' columns, learned from the first answers that were seen and complete at ENOUGH rows."""

    def __init__(self, plans: Sequence[Plan] = ()) -> None:
        self._plans = {plan.name: plan for plan in plans}
        self.changed = False

    @classmethod
    def load(cls, folder: Path, digest: str, notes: list[str]) -> "Outputs":
        """Return what earlier runs have learned for this baseline: of several, the one with most rows."""
        best: list[Plan] = []
        for path in sorted(folder.rglob(REFERENCE)) if folder.is_dir() else []:
            try:
                plans, header = unpack_plans(path.read_bytes())
            except (BlobDamaged, OSError) as error:
                notes.append(f"{path.name} of the history can't be used: {error}")
                continue
            if header.get("baseline") == digest and _rows(plans) >= _rows(best):
                best = plans
        return cls(best)

    @property
    def plans(self) -> list[Plan]:
        """What is known of the answers."""
        return list(self._plans.values())

    def packed(self, digest: str) -> bytes:
        """Return what was learned, for later runs."""
        return pack_plans(self.plans, {"baseline": digest})

    def plan(self, name: str, values: pl.Series) -> Plan | None:
        """Return the plan of a column, made from these values if there is none; None when they are too few for one."""
        if name not in self._plans:
            if len(values) - values.null_count() < FEWEST:
                return None
            _, plan = profile(values)
            empty = np.zeros_like(plan.baseline)
            self._plans[name] = replace(plan, source="output", baseline=empty)
        return self._plans[name]

    def learn(self, plan: Plan, found: Counts) -> None:
        """Take answers into the reference, while it is not complete."""
        if plan.rows < ENOUGH:
            self._plans[plan.name] = replace(plan, baseline=plan.baseline + found.bins)
            self.changed = True

    def learning(self, plan: Plan) -> bool:
        """Tell whether the reference still grows: what is compared with it is then partly itself."""
        return plan.rows < ENOUGH


def _rows(plans: Sequence[Plan]) -> int:
    return sum(plan.rows for plan in plans)
