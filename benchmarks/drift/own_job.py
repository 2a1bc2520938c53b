"""Shipway's baseline, counts and decision over two Parquet files: the whole job. Arguments: reference, window."""

import sys
from pathlib import Path

from shipway.domain.drift import HOUR, DriftSettings, Rule, judge_categorical, judge_numeric
from shipway.domain.drift.judge import NumericGap, Standing
from shipway.runtime.analyze.counts import counted, even_bounds
from shipway.runtime.analyze.measure import clustering, gap
from shipway.runtime.analyze.profile import profile
from shipway.runtime.analyze.tables import columns_of, one_table


def main(reference: Path, window: Path) -> str:
    """Return how many features stand how."""
    plans = [profile(series)[1] for series in columns_of(one_table([reference]))]
    settings, standings = DriftSettings(features=len(plans)), []
    for plan, series in zip(plans, columns_of(one_table([window])), strict=True):
        counts = counted(plan, series, even_bounds(len(series)))
        seen = gap(plan, counts, clustering([counts]))
        judged = (
            judge_numeric(seen, HOUR, Rule(), settings)
            if isinstance(seen, NumericGap)
            else judge_categorical(seen, HOUR, Rule(), settings)
        )
        standings.append(judged.standing)
    return ", ".join(f"{standings.count(standing)} {standing}" for standing in Standing)


if __name__ == "__main__":
    sys.stdout.write(main(Path(sys.argv[1]), Path(sys.argv[2])))
