"""Templates: the whole page for a browser that comes, or what is in it for one that stays."""

from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from shipway import __version__
from shipway.console import files
from shipway.console.draw import curve, graph, lineage
from shipway.console.pages import words as shown
from shipway.console.pages.page import Look, Page
from shipway.domain import words
from shipway.domain.plot import Plot, distribution

TEMPLATES = Environment(
    loader=PackageLoader("shipway.console", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def distribution_plot(plot: Plot, name: str) -> Markup:
    """Return a feature's two distributions over each other."""
    return Markup(distribution(plot, f"{name}: training data and captured"))  # noqa: S704  it escapes what it is given


TEMPLATES.globals.update(
    distribution_plot=distribution_plot,
    version=__version__,
    moment=words.moment,
    between=words.between,
    span=words.span,
    size=words.size,
    short=words.short,
    plural=words.plural,
    colour=shown.colour,
    sign=shown.sign,
    plain=shown.plain,
    number=shown.number,
    pretty=shown.pretty,
    file=files.address,
    milliseconds=shown.milliseconds,
    ago=shown.ago,
    compared=shown.compared,
    state_graph=graph.drawing,
    evidence_curve=curve.drawing,
    lineage_graph=lineage.drawing,
)


def content(page: Page, look: Look, csrf: str) -> str:
    """Return what is in a page: the part that a live page gets again and again."""
    return TEMPLATES.get_template(page.template).render(look=look, page=page, csrf=csrf, **page.load(look))


def whole(template: str, **values: Any) -> str:
    """Return a whole page of a template."""
    return TEMPLATES.get_template(template).render(**values)


def framed(page: Page, inside: str, values: Mapping[str, Any]) -> str:
    """Return a page with its frame: menu, who looks, and the scripts that keep it live."""
    return whole("frame.html", page=page, inside=inside, **values)
