"""whylogs profiles of two Parquet files, and their drift: the whole job. Arguments: reference, window."""

import os
import sys
import warnings

os.environ["WHYLOGS_NO_ANALYTICS"] = "True"
import pandas as pd
import whylogs
from whylogs.viz.drift.column_drift_algorithms import calculate_drift_scores

warnings.simplefilter("ignore")
base, live = (whylogs.log(pd.read_parquet(path)).profile().view() for path in sys.argv[1:3])
scores = calculate_drift_scores(target_view=live, reference_view=base, with_thresholds=True)
sys.stdout.write(str(len(scores)))
