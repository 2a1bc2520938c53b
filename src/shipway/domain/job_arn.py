"""Names that the cloud would give: the account and region of this machine are made up, their form is not."""

from shipway.domain.job import JobKind

REGION = "us-east-1"
ACCOUNT = "000000000000"


def job_arn(kind: JobKind, name: str) -> str:
    """Return the resource name of a job."""
    return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:{kind.value.lower()}-job/{name.lower()}"
