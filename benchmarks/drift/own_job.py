"""Shipway's baseline, counts and decision over two Parquet files: the whole job. Arguments: reference, window."""

import gc
import sys
from pathlib import Path

import polars as pl

from shipway.domain.drift import HOUR, DriftSettings, Rule, judge_categorical, judge_numeric
from shipway.domain.drift.judge import NumericGap, Standing
from shipway.runtime.analyze.counts import Counts, counted_table
from shipway.runtime.analyze.measure import clustering, gap
from shipway.runtime.analyze.plan import Plan
from shipway.runtime.analyze.profile import profile_table
from shipway.runtime.analyze.tables import one_table, over_columns


def main(reference: Path, window: Path) -> str:
    """Return how many features stand how."""
    table = one_table([window])
    rows = int(table.select(pl.len()).collect().item())

    def both(column: pl.LazyFrame) -> tuple[Plan, Counts]:
        plan = profile_table(column)[1]
        return plan, counted_table(plan, table.select(plan.name), rows)

    found, standings = over_columns(one_table([reference]), both), []
    settings = DriftSettings(features=len(found))
    for plan, counts in found:
        seen = gap(plan, counts, clustering([counts]))
        judged = (
            judge_numeric(seen, HOUR, Rule(), settings)
            if isinstance(seen, NumericGap)
            else judge_categorical(seen, HOUR, Rule(), settings)
        )
        standings.append(judged.standing)
    return ", ".join(f"{standings.count(standing)} {standing}" for standing in Standing)


if __name__ == "__main__":
    gc.disable()  # as the job does
    sys.stdout.write(main(Path(sys.argv[1]), Path(sys.argv[2])))
