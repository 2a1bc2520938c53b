"""NannyML over two Parquet files: the whole job. Arguments: reference, window, "default" or "fastest"."""

import os
import sys
import warnings

os.environ["NML_DISABLE_USAGE_LOGGING"] = "1"
import nannyml
import pandas as pd

warnings.simplefilter("ignore")
reference, window = (pd.read_parquet(path) for path in sys.argv[1:3])
methods = {}
if sys.argv[3] == "fastest":
    methods = {"continuous_methods": ["kolmogorov_smirnov"], "categorical_methods": ["chi2"]}
made = nannyml.UnivariateDriftCalculator(column_names=list(reference.columns), **methods).fit(reference)
sys.stdout.write(str(made.calculate(window).to_df().shape))
