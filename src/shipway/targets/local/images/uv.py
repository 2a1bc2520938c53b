"""Running uv: its output goes to whoever watches, its failure becomes one line."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from shipway.domain.image import BuildFailed
from shipway.project.package_index import uv_environment
from shipway.targets.local.tools import find


def find_uv() -> Path:
    """Return uv: the one installed with Shipway, else the machine's. Raises ProgramMissing."""
    beside = Path(sys.executable).parent / "uv"
    return beside if beside.is_file() else find("uv")


def run_uv(image: str, arguments: Sequence[str], progress: Callable[[str], None]) -> None:
    """Run uv to its end, each line that it says given to `progress`.

    Raises BuildFailed for `image`; its cause is uv's own.
    """
    kept = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH")}
    environment = uv_environment(kept) | {"UV_NO_PROGRESS": "1", "NO_COLOR": "1"}
    said: list[str] = []
    with subprocess.Popen(
        [str(find_uv()), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        for line in process.stderr or ():
            said.append(line.rstrip())
            progress(said[-1])
    if process.returncode != 0:
        raise BuildFailed(image=image, cause=one_line(said), remedy="correct requirements.txt, then build again")


def one_line(said: Sequence[str]) -> str:
    """Return uv's reason from its output: the last cause if it names one, else its error line."""
    text = [line.strip() for line in said if line.strip()]
    starts = [number for number, line in enumerate(text) if line.startswith(("cause:", "Caused by:", "╰─▶"))]
    starts = starts or [number for number, line in enumerate(text) if line.startswith("error:")]
    if not starts:
        return text[-1] if text else "uv gave no reason"
    reason = " ".join(text[starts[-1] :]).removeprefix("cause:").removeprefix("Caused by:").removeprefix("error:")
    return " ".join(reason.replace("╰─▶", "").split("hint:")[0].split())
