"""Boosted trees as bit masks: a compact form that numpy evaluates in microseconds, without scikit-learn.

Each tree numbers its leaves. For a value of one feature, a mask holds the leaves that the value leaves reachable;
the masks of all features ANDed leave one bit, the tree's leaf. A feature's values fall into bins between the
thresholds that the trees use (or into its categories), so all masks are tables, made once after training.
The idea of leaf masks is from Lucchese et al., "QuickScorer", SIGIR 2015; the tables per bin need no traversal.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

FEW_ROWS = 8  # up to here Python's bisect is faster than numpy's set-up
CHUNK = 256  # rows; keeps the gathered masks inside the processor's cache
MAX_LEAVES = 64  # bits of the widest mask


class Trees:
    """A trained ensemble.

    thresholds: per feature, ascending; None for a category. sizes: number of bins, the last one for missing values.
    masks: shape (sum of sizes, trees), leaves reachable. values: shape (trees, leaves). offset: the first prediction.
    """

    def __init__(self, arrays: Mapping[str, Any]) -> None:
        self.masks: Any = arrays["masks"]
        self.values: Any = arrays["values"]
        self.offset = float(arrays["offset"])
        self.sizes = [int(size) for size in arrays["sizes"]]
        counts = [int(count) for count in arrays["threshold_counts"]]
        split = np.split(arrays["thresholds"], np.cumsum(counts)[:-1])
        self.thresholds = [None if count < 0 else part for count, part in zip(arrays["kinds"], split, strict=True)]
        self._lists = [None if each is None else each.tolist() for each in self.thresholds]
        self._starts = [0, *np.cumsum(self.sizes)[:-1].tolist()]
        self._flat = np.ascontiguousarray(self.values).reshape(-1)
        self._leaf_starts = np.arange(len(self.values)) * self.values.shape[1]

    def raw(self, columns: Sequence[Sequence[float]]) -> Any:
        """Return the sum of the trees for each row, shape (rows,).

        columns: one sequence a feature; a category is its number, missing is nan (or a negative category).
        """
        rows = len(columns[0])
        if rows <= FEW_ROWS:
            return self._sum(np.array(self._few_bins(columns)).T)
        bins = np.stack([self._bins(feature, values) for feature, values in enumerate(columns)], axis=1)
        return np.concatenate([self._sum(bins[start : start + CHUNK]) for start in range(0, rows, CHUNK)])

    def _sum(self, bins: Any) -> Any:
        reachable = np.bitwise_and.reduce(self.masks[bins], axis=1)
        leaves = np.bitwise_count(reachable - 1)  # one bit is left: the zeros below it are the leaf's number
        return self._flat[leaves + self._leaf_starts].sum(axis=1) + self.offset

    def _few_bins(self, columns: Sequence[Sequence[float]]) -> list[list[int]]:
        found = []
        for values, thresholds, size, start in zip(columns, self._lists, self.sizes, self._starts, strict=True):
            last = start + size - 1
            if thresholds is None:
                found.append([start + int(value) if value >= 0 else last for value in values])
            else:
                found.append([start + bisect_left(thresholds, v) if v == v else last for v in values])  # noqa: PLR0124
        return found

    def _bins(self, feature: int, values: Sequence[float]) -> Any:
        thresholds, start = self.thresholds[feature], self._starts[feature]
        array = np.asarray(values, dtype=np.float64)
        if thresholds is None:
            missing = ~(array >= 0)
            bins = np.where(missing, 0, array).astype(np.int64)
        else:
            missing = np.isnan(array)
            bins = np.searchsorted(thresholds, array, side="left")
        return np.where(missing, self.sizes[feature] - 1, bins) + start


def compile_trees(model: Any, categories: Sequence[int]) -> dict[str, Any]:
    """Return the arrays of a fitted HistGradientBoosting model with one output, ready for Trees and np.savez.

    categories: per feature, how many categories it has, 0 for a number. Categorical features come first and their
    values are 0..count-1, all of them seen in training: scikit-learn then keeps features and values as they are.
    """
    nodes = [predictors[0].nodes for predictors in model._predictors]
    bitsets = [predictors[0].raw_left_cat_bitsets for predictors in model._predictors]
    thresholds = [
        _thresholds(nodes, feature) if count == 0 else np.empty(0) for feature, count in enumerate(categories)
    ]
    sizes = [(count or len(edges) + 1) + 1 for count, edges in zip(categories, thresholds, strict=True)]
    leaves = max(int(tree["is_leaf"].sum()) for tree in nodes)
    if leaves > MAX_LEAVES:
        raise ValueError(f"a tree has {leaves} leaves, at most {MAX_LEAVES} can be compiled")
    masks = np.full((sum(sizes), len(nodes)), 2**64 - 1, dtype=np.uint64)
    values = np.zeros((len(nodes), leaves))
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(int)
    for number, tree in enumerate(nodes):
        order, spans = _leaf_order(tree)
        values[number, : len(order)] = tree["value"][order]
        masks[:, number] = (1 << len(order)) - 1 if len(order) < MAX_LEAVES else 2**64 - 1
        for node in np.flatnonzero(tree["is_leaf"] == 0):
            feature = int(tree[node]["feature_idx"])
            left = _goes_left(tree[node], thresholds[feature], categories[feature], bitsets[number])
            low, middle, high = spans[node]
            rows = slice(starts[feature], starts[feature] + sizes[feature])
            masks[rows, number] &= np.where(left, _without(middle, high), _without(low, middle))
    return {
        "masks": masks.astype(np.uint32) if leaves <= 32 else masks,
        "values": values,
        "offset": np.float64(model._baseline_prediction.item()),
        "sizes": np.array(sizes),
        "kinds": np.array([-1 if count else 0 for count in categories]),
        "thresholds": np.concatenate(thresholds),
        "threshold_counts": np.array([len(edges) for edges in thresholds]),
    }


def _thresholds(nodes: Sequence[Any], feature: int) -> Any:
    used = [tree["num_threshold"][(tree["feature_idx"] == feature) & (tree["is_leaf"] == 0)] for tree in nodes]
    return np.unique(np.concatenate(used))


def _leaf_order(tree: Any) -> tuple[list[int], dict[int, tuple[int, int, int]]]:
    """Return the leaves from left to right, and for each inner node the leaf numbers [low, middle, high) below it."""
    order: list[int] = []
    spans: dict[int, tuple[int, int, int]] = {}

    def visit(node: int) -> None:
        if tree[node]["is_leaf"]:
            order.append(node)
            return
        low = len(order)
        visit(int(tree[node]["left"]))
        middle = len(order)
        visit(int(tree[node]["right"]))
        spans[node] = (low, middle, len(order))

    visit(0)
    return order, spans


def _without(low: int, high: int) -> Any:
    """Return the mask that has every bit but low..high-1."""
    return np.uint64((2**64 - 1) ^ (((1 << (high - low)) - 1) << low))


def _goes_left(node: Any, thresholds: Any, categories: int, bitsets: Any) -> Any:
    """Return for each bin of the node's feature whether its values go left; the last bin is the missing value."""
    missing = [bool(node["missing_go_to_left"])]
    if not node["is_categorical"]:
        position = int(np.searchsorted(thresholds, node["num_threshold"]))
        return np.array([edge <= position for edge in range(len(thresholds) + 1)] + missing)
    bitset = bitsets[node["bitset_idx"]]
    return np.array([bool(int(bitset[value // 32]) >> (value % 32) & 1) for value in range(categories)] + missing)
