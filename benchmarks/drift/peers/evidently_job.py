"""Evidently's drift preset over two Parquet files: the whole job. Arguments: reference, window."""

import sys
import warnings

import pandas as pd
from evidently import Dataset, Report
from evidently.presets import DataDriftPreset

warnings.simplefilter("ignore")
reference, window = (Dataset.from_pandas(pd.read_parquet(path)) for path in sys.argv[1:3])
found = Report([DataDriftPreset()]).run(window, reference).dict()
sys.stdout.write(str(len(found["metrics"])))
