"""Mann-Whitney over many pairs of samples. Runs in an environment of its own: only scipy and the standard library.

Reads a JSON list of [new, live] from standard input, each a list of error rates; writes the p-values, null where
there is too little for a test. One-sided: the new version's rates tend to be higher.
"""

import json
import sys

from scipy.stats import mannwhitneyu

LEAST = 3  # points of each version


def p_value(new: list[float], live: list[float]) -> float | None:
    """Return the chance of ranks so bad without a difference, 0..1."""
    if min(len(new), len(live)) < LEAST:
        return None
    return float(mannwhitneyu(new, live, alternative="greater").pvalue)


if __name__ == "__main__":
    json.dump([p_value(*pair) for pair in json.load(sys.stdin)], sys.stdout)
