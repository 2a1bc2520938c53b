"""The images of a project folder, built side by side."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from pathlib import Path
from typing import NamedTuple

from shipway.targets.local.images import Image, Images

NOTES = ("note: ", "warning: ")


class Built(NamedTuple):
    """One image, what building it took in seconds, whether it was new, and what of its Dockerfile is otherwise here."""

    image: Image
    seconds: float
    new: bool
    notes: tuple[str, ...] = ()


def build_images(images: Images, name: str, folder: Path, progress: Callable[[str], None]) -> dict[str, Built]:
    """Return the images of a project folder: "Image", "FunctionImage" and "AnalyzeImage". Raises BuildFailed."""
    plans = {
        "Image": (name, folder / "container", "Dockerfile"),
        "FunctionImage": (f"{name}-function", folder, "container/Dockerfile.function"),
        "AnalyzeImage": _analyzer(),
    }

    def build_one(plan: tuple[str, Path, str]) -> Built:
        began, said = time.monotonic(), []

        def tell(line: str) -> None:
            said.append(line)
            progress(line)

        image = images.build(*plan, progress=tell)
        notes = tuple(line.partition(": ")[2] for line in said if line.startswith(NOTES))
        return Built(image, time.monotonic() - began, any(line.startswith("built ") for line in said), notes)

    with ThreadPoolExecutor(max_workers=len(plans)) as pool:
        running = {kind: pool.submit(build_one, plan) for kind, plan in plans.items()}
        return {kind: future.result() for kind, future in running.items()}


def build_analyzer(images: Images) -> Image:
    """Return the analyzer's image, built if it is new. Raises BuildFailed."""
    return images.build(*_analyzer(), progress=_silent)


def _analyzer() -> tuple[str, Path, str]:
    package = Path(str(resources.files("shipway")))  # the analyzer's image has our domain in it
    return "analyze", package, "runtime/analyze/Dockerfile"


def _silent(line: str) -> None:
    """Say nothing."""
