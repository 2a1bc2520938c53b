"""The drill's own project: programs that need no package, images built once, one model archive a candidate."""

import io
import json
import tarfile
from importlib import resources
from pathlib import Path

from shipway.domain import names
from shipway.domain.drill import Candidate
from shipway.domain.values import Json, JsonObject
from shipway.project import source
from shipway.targets.local.parts import Parts

NAME = "drill"
FILES = {
    "container/Dockerfile": "Dockerfile",
    "container/Dockerfile.function": "Dockerfile.function",
    "container/code/serve": "serve.py",
    "container/code/prepare_data.py": "untrained.py",
    "container/code/train": "untrained.py",
    "container/code/evaluate.py": "untrained.py",
    "function/handler.py": "handler.py",
    "function/pre_traffic_hook.py": "pre_traffic_hook.py",
    "shipway.toml": "shipway.toml",
}
BASELINE = "x\n0.05\n0.2\n0.35\n0.5\n0.65\n0.8\n0.95\n"
RUN = "drill"  # folder of every release on the shared volume


def write(folder: Path, bake: float, percent: int) -> Path:
    """Write the project. bake: seconds; percent: the candidate's share while it bakes."""
    programs = resources.files("shipway.targets.local.drill") / "programs"
    for name, origin in FILES.items():
        text = (programs / origin).read_text()
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("@BAKE@", f"{bake:g}s").replace("@PERCENT@", str(percent)))
        path.chmod(0o755 if text.startswith("#!") else 0o644)
    return folder


class Releases:
    """Makes what the pipeline's first stages would hand on: the images once, and a model for each candidate."""

    def __init__(self, parts: Parts, bake: float) -> None:
        self._parts = parts
        self._bake = bake
        self._bucket = names.artifact_bucket(NAME)
        parts.store.create_bucket(self._bucket)
        self._output = f"s3://{self._bucket}/{RUN}"
        parts.store.put(self._bucket, f"{RUN}/data/baseline/baseline.csv", BASELINE.encode())
        (parts.home.volume / RUN).mkdir(parents=True, exist_ok=True)
        self._snapshot = source.take(parts.folder, parts.home.sources)
        folder = self._snapshot.folder
        self._image = parts.images.build(NAME, folder / "container").uri
        self._function_image = parts.images.build(f"{NAME}-function", folder, "container/Dockerfile.function").uri

    def input(self, candidate: Candidate) -> JsonObject:
        """Return the pipeline's document as it stands before the development endpoint is deployed."""
        snapshot = self._snapshot
        metrics: JsonObject = {"score": {"value": 0.9}}
        result: JsonObject = {
            "Evaluation": {"Payload": {"Metrics": metrics, "Sentence": "the drill's models are not trained"}},
            "Training": {"ModelDataUrl": self._model(candidate)},
        }
        output: JsonObject = {"Run": {"Output": self._output}, "Result": result, "Shared": {"Payload": {"Folder": RUN}}}
        documents: JsonObject = {"training": "", "project": snapshot.digest}
        data: JsonObject = {"S3Uri": f"{self._output}/data/", "Digest": "", "Objects": 1}
        origin: JsonObject = {
            "Run": RUN,
            "Commit": snapshot.digest,
            "Snapshot": snapshot.folder.name,
            "Data": data,
            "Documents": documents,
        }
        built: JsonObject = {"Image": self._image, "FunctionImage": self._function_image, "AnalyzeImage": ""}
        return {"Source": origin, "Build": built, "Train": {"Execution": f"drill-{candidate.name}", "Output": output}}

    def _model(self, candidate: Candidate) -> str:
        """Put a candidate's model archive into the store and return its name."""
        told: dict[str, Json] = dict(candidate.model)
        fault = told.get("fault")
        if isinstance(fault, dict) and "after" in fault:
            told["fault"] = {**fault, "after": float(str(fault["after"])) * self._bake}
        key = f"{RUN}/models/{candidate.name}/model.tar.gz"
        self._parts.store.put(self._bucket, key, _archive({"name": candidate.name, **told}))
        return f"s3://{self._bucket}/{key}"


def _archive(document: JsonObject) -> bytes:
    """Return a model.tar.gz with one file."""
    content = json.dumps(document).encode()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        entry = tarfile.TarInfo("model.json")
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()
