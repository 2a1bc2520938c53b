"""Run in the container's environment: are the bit masks and scikit-learn's own predictions the same? Prints the gap."""

import sys

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

import trees

GENERATOR = np.random.default_rng(7)
ROWS = 1200


def gap(leaves: int) -> float:
    """Return the largest difference over rows with missing, unseen and extreme values, in bulk and one by one."""
    numbers = GENERATOR.normal(size=(ROWS, 5)).round(2)
    table = np.column_stack([GENERATOR.integers(0, 3, ROWS), GENERATOR.integers(0, 90, ROWS), numbers])
    table[GENERATOR.random(table.shape) < 0.05] = np.nan
    target = np.nan_to_num(table[:, 2]) + np.sin(np.nan_to_num(table[:, 1])) + GENERATOR.normal(size=ROWS) > 0
    learner = HistGradientBoostingClassifier(
        max_iter=20, max_leaf_nodes=leaves, min_samples_leaf=5, categorical_features=[0, 1], random_state=0
    ).fit(table, target)
    asked = np.vstack([table, [[np.nan] * 7, [0, 1, 1e300, -1e300, 0, 0, 0], [2, 89, 0, 0, 0, 0, np.nan]]])
    asked[:, 2][:50] = learner._predictors[0][0].nodes["num_threshold"][0]  # exactly on an edge
    model = trees.Trees(trees.compile_trees(learner, [3, 90, 0, 0, 0, 0, 0]))
    expected = learner.decision_function(asked)
    bulk = model.raw(list(asked.T))
    single = np.concatenate([model.raw([[value] for value in row]) for row in asked.tolist()])
    return float(max(abs(bulk - expected).max(), abs(single - expected).max()))


print(max(gap(leaves) for leaves in map(int, sys.argv[1:])))
