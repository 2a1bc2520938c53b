"""Where a release comes from and what became of it: data and commit to images, model, approval, verdict, live times."""

from collections.abc import Sequence
from html import escape

from markupsafe import Markup

from shipway.console.draw.layers import layout

HIGH, LETTER, PAD = 48.0, 7.2, 14.0


def drawing(parts: Sequence[tuple[str, str, str, str]], edges: Sequence[tuple[str, str]]) -> Markup:
    """Return the picture. parts: name, what it says, the class of its colour, and where it leads ("" for nowhere)."""
    sizes = {name: (max(len(name), len(said)) * LETTER + 2 * PAD, HIGH) for name, said, _, _ in parts}
    made = layout(parts[0][0], sizes, edges)
    pieces = []
    for points in made.paths.values():
        (x, y), *rest = points
        path = f"M{x:.1f} {y:.1f}"
        for to_x, to_y in rest:
            path += f" C{x:.1f} {(y + to_y) / 2:.1f} {to_x:.1f} {(y + to_y) / 2:.1f} {to_x:.1f} {to_y:.1f}"
            x, y = to_x, to_y
        pieces.append(f'<path class="edge" d="{path}"/>')
    for name, said, colour, link in parts:
        (x, y), (width, _) = made.places[name], sizes[name]
        box = (
            f'<rect class="box" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{HIGH}" rx="8"/>'
            f'<text class="small" x="{x + width / 2:.1f}" y="{y + 18:.1f}" text-anchor="middle">{escape(name)}</text>'
            f'<text x="{x + width / 2:.1f}" y="{y + 36:.1f}" text-anchor="middle">{escape(said)}</text>'
        )
        pieces.append(
            f'<a href="{escape(link)}" class="{colour}">{box}</a>' if link else f'<g class="{colour}">{box}</g>'
        )
    width, height = made.width + 4, made.height + 4
    return Markup(  # noqa: S704  every name in it is escaped
        f'<svg class="graph" role="group" aria-label="lineage" width="{width:.0f}" height="{height:.0f}"'
        f' viewBox="-2 -2 {width:.0f} {height:.0f}">{"".join(pieces)}</svg>'
    )
