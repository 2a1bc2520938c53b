"""Where a project lives on AWS, and what the things are called that are named after the place too."""

from dataclasses import dataclass

from shipway.domain import names
from shipway.domain.project import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An account (12 digits) and a region's code."""

    account: str
    region: str

    def artifact_bucket(self, project: Project) -> str:
        """Where runs leave their results, and where stacks find what they are made from."""
        return names.cloud_bucket(names.artifact_bucket(project.name), self.account, self.region)

    def data_bucket(self, project: Project) -> str:
        """The raw data's; a bucket that the project names is called just so."""
        return project.data.bucket or names.cloud_bucket(project.bucket, self.account, self.region)

    def capture_bucket(self, project: Project) -> str:
        """Captured requests and answers."""
        return names.cloud_bucket(names.capture_bucket(project.name), self.account, self.region)

    def log_bucket(self, project: Project) -> str:
        """Who read or wrote the others."""
        return names.cloud_bucket(names.log_bucket(project.name), self.account, self.region)
