"""Images without docker: a virtual environment from a hashed lock, plus a read-only copy of the code."""

from shipway.targets.local.images.build import Images
from shipway.targets.local.images.image import Image

__all__ = ["Image", "Images"]
