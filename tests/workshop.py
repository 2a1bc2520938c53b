"""A workshop: one home with a store, and images whose programs are a few lines written by the test."""

import sys
from pathlib import Path

from shipway.domain.job import JobKind, JobRecord
from shipway.domain.job_request import job_request
from shipway.domain.values import JsonObject
from shipway.targets.local.images import Image, Images
from shipway.targets.local.jobs import Jobs
from shipway.targets.local.store import Store

DOCKERFILE = """
FROM python:{python}-slim
COPY code/requirements.txt /tmp/requirements.txt
RUN pip install -r /tmp/requirements.txt
COPY code /opt/program
WORKDIR /opt/program
"""


class Workshop:
    """Builds images from scripts and runs jobs on them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.home = root / "home"
        self.images = Images(self.home)
        self.store = Store(self.home / "store")
        self.store.create_bucket("data")
        self.models: dict[str, tuple[str, str]] = {}
        self.jobs = self.engine()

    def engine(self) -> Jobs:
        """Another process's view of the same jobs."""
        return Jobs(self.home, self.images, self.store, models=self.models.__getitem__, grace=0.5)

    def image(self, name: str = "tiny", *, dockerfile: str = "", **scripts: str) -> Image:
        """Build an image whose programs are the given scripts."""
        context = self.root / "contexts" / name
        (context / "code").mkdir(parents=True, exist_ok=True)
        python = f"{sys.version_info.major}.{sys.version_info.minor}"
        (context / "Dockerfile").write_text(DOCKERFILE.format(python=python) + dockerfile)
        (context / "code" / "requirements.txt").write_text("")
        for program, script in scripts.items():
            path = context / "code" / program
            path.write_text(script)
            path.chmod(0o755)
        return self.images.build(name, context)

    def training(self, image: Image, name: str = "job", **more: object) -> JsonObject:
        """Return the smallest CreateTrainingJob document."""
        document: JsonObject = {
            "TrainingJobName": name,
            "AlgorithmSpecification": {"TrainingImage": image.uri, "TrainingInputMode": "File"},
            "OutputDataConfig": {"S3OutputPath": "s3://data/models"},
            "RoleArn": "arn:aws:iam::000000000000:role/train",
        }
        return document | more  # type: ignore[operator]

    def train(self, script: str, name: str = "job", **more: object) -> JobRecord:
        """Run a training job whose program is `script`, to its end."""
        document = self.training(self.image(train=script), name, **more)
        return self.run(JobKind.TRAINING, document)

    def run(self, kind: JobKind, document: JsonObject) -> JobRecord:
        """Run a job to its end."""
        request = job_request(kind, document)
        self.jobs.start(request)
        return self.jobs.wait(request.name)

    def close(self) -> None:
        """Stop what still runs."""
        for record in self.jobs.list():
            if not record.status.final:
                self.jobs.stop(record.name)
                self.jobs.wait(record.name)

    def log(self, name: str = "job") -> str:
        """Return the log without the times."""
        return "\n".join(line.partition(" ")[2] for line in self.jobs.logs(name))
