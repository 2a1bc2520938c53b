"""How the pages of this folder become a site that needs no network: ./dev docs."""

import re
from typing import Any

project = "Shipway"
author = "The Shipway authors"
extensions = ["myst_parser"]
exclude_patterns = ["requirements.txt"]
myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence"]
smartquotes = False
html_theme = "furo"
html_title = "Shipway"
html_show_copyright = False
html_show_sphinx = False
html_copy_source = False
html_theme_options = {"navigation_with_keys": True}
pygments_style = "friendly"
pygments_dark_style = "monokai"
OUTSIDE = re.compile(r"(?<!!)\[([^\]]*)\]\(((?:\.\./)+[^)\s]*)\)")


def _leave_the_clone_behind(_app: Any, page: str, source: list[str]) -> None:
    """Keep a link that leads out of this folder as its text: the site has no source code and no examples."""
    deep = page.count("/")

    def kept(link: re.Match[str]) -> str:
        return link[1] if link[2].count("../") > deep else link[0]

    source[0] = OUTSIDE.sub(kept, source[0])


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.connect("source-read", _leave_the_clone_behind)
