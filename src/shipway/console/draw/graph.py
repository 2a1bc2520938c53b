"""A state machine's document as a picture: branches side by side, catches dashed, each state in its status's colour."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from shipway.console.draw.layers import Edge, Layout, layout
from shipway.console.pages.words import colour, sign
from shipway.domain.values import Json
from shipway.ports.view import VisitView

HIGH, LETTER, PAD, TITLE = 40.0, 7.4, 16.0, 24.0  # of a box; width of a letter; inside a group
LOOP = 26.0  # how far a way back swings out


@dataclass(frozen=True, slots=True)
class Drawn:
    """A machine that has been laid out. pieces: SVG, from its own upper left corner."""

    width: float
    height: float
    pieces: str


def drawing(document: Json, visits: Sequence[VisitView], link: str, chosen: str = "") -> Markup:
    """Return the picture. link: address that a state's name is added to; chosen: the state that is looked at."""
    machine = document if isinstance(document, dict) else {}
    made = _Picture(latest(visits), link, chosen).machine(machine)
    width, height = made.width + 2 * PAD, made.height + 2 * PAD
    return Markup(  # noqa: S704  every name in it is escaped
        f'<svg class="graph" role="group" aria-label="state machine" width="{width:.0f}" height="{height:.0f}"'
        f' viewBox="0 0 {width:.0f} {height:.0f}"><defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4"'
        ' markerWidth="7" markerHeight="7" orient="auto"><path class="head" d="M0 0L8 4L0 8z"/></marker></defs>'
        f'<g transform="translate({PAD} {PAD})">{made.pieces}</g></svg>'
    )


def latest(visits: Sequence[VisitView]) -> dict[str, VisitView]:
    """Return each state's newest visit; names are the document's own, so one in a Map stands for its worst item."""
    worst = {"failed": 3, "running": 2, "caught": 1}
    found: dict[str, VisitView] = {}
    for visit in visits:
        before = found.get(visit.state)
        if before and before.path != visit.path and worst.get(before.status, 0) > worst.get(visit.status, 0):
            continue
        found[visit.state] = visit
    return found


@dataclass(frozen=True, slots=True)
class _Picture:
    """What every part of a picture needs: each state's newest visit, its links, the state that is looked at."""

    statuses: Mapping[str, VisitView]
    link: str
    chosen: str

    def machine(self, machine: Mapping[str, Any]) -> Drawn:
        """Return one machine, its states with what is inside them."""
        states: Mapping[str, Any] = machine.get("States", {})
        inside = {name: [self.machine(each) for each in _inside(state)] for name, state in states.items()}
        sizes = {name: _size(name, inside[name]) for name in states}
        edges = [(tail, head, kind) for tail, state in states.items() for head, kind in _next(state) if head in states]
        made = layout(machine.get("StartAt", ""), sizes, [(tail, head) for tail, head, _ in edges])
        pieces = [_edge(made, (tail, head), kind, sizes) for tail, head, kind in edges]
        for name, state in states.items():
            pieces += self._state(name, state, (*made.places[name], *sizes[name]), inside[name])
        return Drawn(made.width + LOOP * len(made.back), made.height, "".join(pieces))

    def _state(
        self, name: str, state: Mapping[str, Any], box: tuple[float, float, float, float], inside: Sequence[Drawn]
    ) -> Iterator[str]:
        """Yield a state's picture. box: x, y, width, height."""
        x, y, width, height = box
        radius = 20 if state.get("Type") in ("Choice", "Succeed", "Fail") else 8
        yield self._title(name, state, (x, y, width, TITLE if inside else height), 6 if inside else radius)
        if not inside:
            return
        yield f'<rect class="group" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="8"/>'
        free = (width - sum(each.width for each in inside)) / (len(inside) + 1)
        at = x + free
        for each in inside:
            yield f'<g transform="translate({at:.1f} {y + TITLE + PAD:.1f})">{each.pieces}</g>'
            at += each.width + free

    def _title(self, name: str, state: Mapping[str, Any], box: tuple[float, float, float, float], radius: int) -> str:
        x, y, width, height = box
        status = self.statuses[name].status if name in self.statuses else "pending"
        told = escape(f"{name}: {state.get('Type', '')}, {status}")
        names = " ".join(word for word in (colour(status), "chosen" if name == self.chosen else "") if word)
        return (
            f'<a href="{escape(self.link)}{quote(name)}#state" id="st-{escape(name)}" class="{names}"'
            f' data-status="{escape(status)}" aria-label="{told}"><title>{told}</title>'
            f'<rect class="box" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height}" rx="{radius}"/>'
            f'<text x="{x + width / 2:.1f}" y="{y + height / 2 + 4.5:.1f}" text-anchor="middle">'
            f"{sign(status)} {escape(name)}</text></a>"
        )


def _next(state: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield where a state leads, and how: "" for the plain way, "catch" for an error's."""
    for choice in state.get("Choices", ()):
        yield choice["Next"], ""
    for name in ("Default", "Next"):
        if name in state:
            yield state[name], ""
    for catcher in state.get("Catch", ()):
        yield catcher["Next"], "catch"


def _inside(state: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the machines inside a state: the branches of a Parallel, what a Map does with each item."""
    return [*state.get("Branches", ()), *(state[name] for name in ("ItemProcessor", "Iterator") if name in state)]


def _size(name: str, inside: Sequence[Drawn]) -> tuple[float, float]:
    own = len(name) * LETTER + 2 * PAD + 14
    if not inside:
        return own, HIGH
    width = sum(each.width for each in inside) + PAD * (len(inside) + 1)
    return max(own, width), max(each.height for each in inside) + 2 * PAD + TITLE


def _edge(made: Layout, edge: Edge, kind: str, sizes: Mapping[str, tuple[float, float]]) -> str:
    line = f'<path class="edge {kind}" marker-end="url(#tip)" d="%s"/>'
    if edge in made.back:
        return line % _way_back(made, edge, sizes)
    points = made.paths.get(edge, [])
    if not points:
        return ""
    (x, y), *rest = points
    path = [f"M{x:.1f} {y:.1f}"]
    for next_x, next_y in rest:
        middle = (y + next_y) / 2
        path.append(f"C{x:.1f} {middle:.1f} {next_x:.1f} {middle:.1f} {next_x:.1f} {next_y:.1f}")
        x, y = next_x, next_y
    return line % " ".join(path)


def _way_back(made: Layout, edge: Edge, sizes: Mapping[str, tuple[float, float]]) -> str:
    """Return a way that swings out to the right of everything and ends at the side of a state above."""
    (tail_x, tail_y), (head_x, head_y) = made.places[edge[0]], made.places[edge[1]]
    x, y = tail_x + sizes[edge[0]][0], tail_y + sizes[edge[0]][1] / 2
    end_x, end_y = head_x + sizes[edge[1]][0], head_y + sizes[edge[1]][1] / 2
    out = made.width + LOOP * (1 + made.back.index(edge)) - 6
    return f"M{x:.1f} {y:.1f} C{out:.1f} {y:.1f} {out:.1f} {end_y:.1f} {end_x:.1f} {end_y:.1f}"
