"""The container contract that every program of this image speaks: folders, hyperparameters, failure messages.

The base is /opt/ml; SAGEMAKER_BASE_DIR moves it, so that the programs also run outside a container.
"""

import json
import os
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

BASE = Path(os.environ.get("SAGEMAKER_BASE_DIR") or "/opt/ml")
MODEL = BASE / "model"
PROCESSING_INPUT = BASE / "processing" / "input"
PROCESSING_OUTPUT = BASE / "processing" / "output"
FAILURE_LENGTH = 1024  # what the platform keeps of a failure's text
TRUTHS = {"true": True, "1": True, "false": False, "0": False}


class Refused(Exception):
    """The job cannot do what it was asked; the message says what to change."""


def channel(name: str) -> Path:
    """Return the folder of a training channel."""
    return BASE / "input" / "data" / name


def hyperparameters(defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Return the job's hyperparameters, typed like their defaults.

    The platform hands them over as texts. Raises Refused for an unknown name or a value of another type:
    a parameter that is silently ignored would be recorded as if it had been used.
    """
    path = BASE / "input" / "config" / "hyperparameters.json"
    given: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    unknown = sorted(set(given) - set(defaults))
    if unknown:
        raise Refused(f"unknown hyperparameters {unknown}: this program knows {sorted(defaults)}")
    return {name: _typed(name, given.get(name), default) for name, default in defaults.items()}


def _typed(name: str, text: str | None, default: Any) -> Any:
    if text is None:
        return default
    try:
        if isinstance(default, bool):
            return TRUTHS[str(text).strip().lower()]
        return type(default)(text)
    except (KeyError, ValueError):
        raise Refused(f"hyperparameter {name} is {text!r}: a value like {default!r} is needed") from None


def run(program: Callable[[], None]) -> None:
    """Run a job's program; a failure ends it with exit code 1 and its reason where the platform looks for it."""
    try:
        program()
    except Exception as problem:  # noqa: BLE001  whatever it is, its reason must be told
        traceback.print_exc()
        reason = f"{type(problem).__name__}: {problem}"
        output = BASE / "output"
        output.mkdir(parents=True, exist_ok=True)
        for name in ("failure", "message"):  # of a training job, of a processing job
            (output / name).write_text(reason[:FAILURE_LENGTH])
        sys.exit(1)


def write_json(path: Path, value: object) -> None:
    """Write one JSON document, its folders made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2, allow_nan=False) + "\n")
