"""A transform job's program: the image's own `serve`, asked from inside its sandbox."""

from pathlib import Path

import shipway.runtime
from shipway.targets.local.images import Image
from shipway.targets.local.sandbox import Mount

_ASKER = Path(shipway.runtime.__file__).parent / "transform.py"
_SHOWN = "/opt/shipway/transform.py"


def serving(image: Image) -> tuple[tuple[str, ...], Mount]:
    """Return the command that serves and asks, and the file that has to be shown for it."""
    return (str(image.python), _SHOWN, *image.entrypoint, "serve"), Mount(_ASKER, _SHOWN)
