"""Layered layout of a small graph: each node below all that lead to it, long edges through free lanes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise

GAP_X, GAP_Y = 28.0, 44.0  # between neighbours, between layers
LANE = 14.0  # width that an edge takes in a layer that it only passes

Edge = tuple[str, str]


@dataclass(slots=True)
class Layout:
    """Where everything is. places: node -> x and y of its upper left corner; paths: edge -> points from end to end.

    back: edges that lead upwards, to a node before; they have no path of their own here.
    """

    width: float
    height: float
    places: dict[str, tuple[float, float]] = field(default_factory=dict)
    paths: dict[Edge, list[tuple[float, float]]] = field(default_factory=dict)
    back: list[Edge] = field(default_factory=list)


def layout(start: str, sizes: Mapping[str, tuple[float, float]], edges: Sequence[Edge]) -> Layout:
    """Return places for the nodes. start: drawn on top; sizes: node -> width and height; edges: drawn downwards.

    A node that nothing leads to stands on top too.
    """
    back = _back(start, list(sizes), edges)
    down = [edge for edge in dict.fromkeys(edges) if edge not in back and edge[0] != edge[1]]
    ranks = _ranks(list(sizes), down)
    rows, chains = _rows(ranks, down)
    _untangle(rows, chains)
    return _placed(rows, chains, sizes, [edge for edge in dict.fromkeys(edges) if edge in back])


def _back(start: str, nodes: Sequence[str], edges: Sequence[Edge]) -> set[Edge]:
    """Return the edges that close a loop, walking from the start in the document's order."""
    following: dict[str, list[str]] = {}
    for tail, head in edges:
        following.setdefault(tail, []).append(head)
    found, done, open_now = set[Edge](), set[str](), list[str]()

    def walk(node: str) -> None:
        done.add(node)
        open_now.append(node)
        for head in following.get(node, ()):
            if head in open_now:
                found.add((node, head))
            elif head not in done:
                walk(head)
        open_now.pop()

    for node in [start, *nodes]:
        if node not in done:
            walk(node)
    return found


def _ranks(nodes: Sequence[str], edges: Sequence[Edge]) -> dict[str, int]:
    """Return each node's layer: one below the lowest of those that lead to it."""
    ranks = dict.fromkeys(nodes, 0)
    for _ in nodes:
        for tail, head in edges:
            ranks[head] = max(ranks[head], ranks[tail] + 1)
    return ranks


def _rows(ranks: Mapping[str, int], edges: Sequence[Edge]) -> tuple[list[list[str]], dict[Edge, list[str]]]:
    """Return the layers with the lanes of long edges in them, and each edge's way: node, lanes, node."""
    rows: list[list[str]] = [[] for _ in range(max(ranks.values(), default=0) + 1)]
    for node, rank in ranks.items():
        rows[rank].append(node)
    chains = {}
    for tail, head in edges:
        lanes = []
        for rank in range(ranks[tail] + 1, ranks[head]):
            lane = f"\0{tail}\0{head}\0{rank}"
            rows[rank].append(lane)
            lanes.append(lane)
        chains[tail, head] = [tail, *lanes, head]
    return rows, chains


def _untangle(rows: list[list[str]], chains: Mapping[Edge, list[str]]) -> None:
    """Order each layer by the middle of what leads to it, then of what it leads to, a few times."""
    above: dict[str, list[str]] = {}
    below: dict[str, list[str]] = {}
    for chain in chains.values():
        for tail, head in pairwise(chain):
            above.setdefault(head, []).append(tail)
            below.setdefault(tail, []).append(head)
    for _ in range(4):
        for order, near in ((range(1, len(rows)), above), (range(len(rows) - 2, -1, -1), below)):
            for rank in order:
                at = {node: index for row in rows for index, node in enumerate(row)}
                rows[rank].sort(key=partial(_middle, at, near))


def _middle(at: Mapping[str, int], near: Mapping[str, list[str]], node: str) -> float:
    known = [at[other] for other in near.get(node, ())]
    return sum(known) / len(known) if known else at[node]


def _placed(
    rows: list[list[str]],
    chains: Mapping[Edge, list[str]],
    sizes: Mapping[str, tuple[float, float]],
    back: list[Edge],
) -> Layout:
    boxes = {node: sizes.get(node, (LANE, 0.0)) for row in rows for node in row}
    widths = [sum(boxes[node][0] for node in row) + GAP_X * (len(row) - 1) for row in rows]
    made = Layout(width=max(widths, default=0.0), height=0.0, back=back)
    centres: dict[str, tuple[float, float, float]] = {}  # x, top, bottom
    y = 0.0
    for row, width in zip(rows, widths, strict=True):
        x = (made.width - width) / 2
        tall = max((boxes[node][1] for node in row), default=0.0)
        for node in row:
            wide, high = boxes[node]
            top = y + (tall - high) / 2
            if node in sizes:
                made.places[node] = (x, top)
                centres[node] = (x + wide / 2, top, top + high)
            else:
                centres[node] = (x + wide / 2, y, y + tall)
            x += wide + GAP_X
        y += tall + GAP_Y
    made.height = max(0.0, y - GAP_Y)
    for edge, chain in chains.items():
        made.paths[edge] = _points([centres[node] for node in chain])
    return made


def _points(stops: list[tuple[float, float, float]]) -> list[tuple[float, float]]:
    (x, _, bottom), *lanes, (end, top, _) = stops
    through = [point for lane, upper, lower in lanes for point in ((lane, upper), (lane, lower))]
    return [(x, bottom), *through, (end, top)]
