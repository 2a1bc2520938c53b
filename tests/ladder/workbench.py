"""The documents that the rungs look at: three projects rendered, parsed, expanded and worked out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.ladder.environment import inside
from tests.ladder.resolve import Stack, together

from resources.projects import DIGITS, FLIGHTS, HOOKS, LONG_PLACE, LONGEST, PLACE
from shipway.domain import names
from shipway.domain.notice import NotificationSettings
from shipway.domain.project import Project
from shipway.targets.aws import stacks as agreed
from shipway.targets.aws.resources.documents import render
from shipway.targets.aws.resources.place import Place
from shipway.targets.aws.resources.settings import parameters

# The project of the recorded calls: it has every function.
TINY = Project(name="tiny", notifications=NotificationSettings(webhooks=("https://chat.example.org/hooks/1",)))


@dataclass(frozen=True, eq=False)
class Bench:
    """One project's documents. folder: where they are written."""

    name: str
    project: Project
    place: Place
    folder: Path
    release: int = 7

    @cached_property
    def texts(self) -> dict[str, str]:
        """Path -> text, as rendered."""
        return render(self.project, self.place, HOOKS)

    @cached_property
    def given(self) -> dict[str, dict[str, str]]:
        """Stack -> what `apply` and the pipeline give it: settings, assets, and a release's parts."""
        common = {**parameters(self.project, self.place, HOOKS), **self._assets(), **self._release()}
        return dict.fromkeys(names.STACKS, common)

    def _assets(self) -> dict[str, str]:
        digest = "sha256:" + "f" * 64
        return {
            agreed.ASSET_BUCKET: self.place.artifact_bucket(self.project),
            agreed.FUNCTIONS_KEY: names.asset(digest, ".zip"),
            agreed.ANALYZE_IMAGE: self.image("analyze"),
        }

    def _release(self) -> dict[str, str]:
        run = names.account_run(self.project.name, "0f3c2e6a-9d0b-4f5c-8a21-6b7d1c2e3f40")
        prefix = f"{names.run_outputs(self.place.artifact_bucket(self.project))}/{run}"
        return {
            agreed.RELEASE: str(self.release),
            agreed.RELEASE_DIGEST: "sha256:" + "c" * 64,
            agreed.IMAGE_URI: self.image("model"),
            agreed.FUNCTION_IMAGE_URI: self.image("function"),
            agreed.MODEL_DATA_URL: f"{prefix}/model/{run}-train-0/output/model.tar.gz",
            agreed.RUN_PREFIX: prefix,
            agreed.RUN_FOLDER: run,
        }

    def image(self, kind: str) -> str:
        """Return an image's name by digest."""
        registry = f"{self.place.account}.dkr.ecr.{self.place.region}.amazonaws.com"
        return f"{registry}/{names.repository(self.project.name, kind)}@sha256:{'a' * 64}"

    def write(self) -> None:
        """Write the documents, and the stacks as JSON."""
        for path, text in self.texts.items():
            file = self.folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        (self.folder / "values").mkdir(exist_ok=True)
        (self.folder / "values" / "prod.json").write_text(json.dumps(self._ids() | self.given["prod"]))
        inside("lint", "load", str(self.folder))

    def _ids(self) -> dict[str, str]:
        # The SAM translator wants a value for each parameter; it uses none of these.
        at = f"{self.place.region}:{self.place.account}"
        return {
            "KeyArn": f"arn:aws:kms:{at}:key/1",
            "TopicArn": f"arn:aws:sns:{at}:{names.topic(self.project.name)}",
            "PrivateSubnets": "subnet-1,subnet-2",
            "FunctionGroup": "sg-1",
            "VolumeAccessArn": f"arn:aws:elasticfilesystem:{at}:access-point/fsap-1",
        }

    @cached_property
    def documents(self) -> dict[str, Any]:
        """Stack -> its parsed document, in the order in which stacks are made; prod is expanded."""
        return {name: json.loads((self.folder / "parsed" / f"{name}.json").read_text()) for name in names.STACKS}

    @cached_property
    def stacks(self) -> Mapping[str, Stack]:
        """Stack -> it, worked out."""
        return together(self.documents, self.given, self.project.name, self.place.region)


def benches(folder: Path) -> list[Bench]:
    """Return the projects' documents, written below a folder."""
    made = [
        Bench("flights", FLIGHTS, PLACE, folder / "flights"),
        Bench("digits", DIGITS, PLACE, folder / "digits"),
        Bench("tiny", TINY, PLACE, folder / "tiny"),
        Bench("longest", LONGEST, LONG_PLACE, folder / "longest", release=999),
    ]
    for bench in made:
        bench.folder.mkdir(parents=True, exist_ok=True)
        bench.write()
    return made
