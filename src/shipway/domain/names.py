"""Every derived name, made in one place and never typed twice."""


def artifact_bucket(project: str) -> str:
    """Where runs leave their results."""
    return f"{project}-artifacts"


def pipeline(project: str) -> str:
    """The release pipeline, also the queue that its executions stand in."""
    return f"{project}-pipeline"


def rollbacks(project: str) -> str:
    """The queue that rollbacks stand in; a pipeline that trains never keeps them waiting."""
    return f"{project}-rollbacks"


def rollback(project: str, number: int) -> str:
    """One rollback."""
    return f"{project}-rollback-{number}"


def imported(digest: str) -> str:
    """What an imported release's files are kept under, in the artifacts and on the shared volume."""
    return f"imports-{digest.removeprefix('sha256:')[:16]}"


def training_workflow(project: str, digest: str) -> str:
    """The training state machine, one name a document so that a running execution never sees another."""
    return f"{project}-training-{digest.removeprefix('sha256:')[:12]}"


def run(project: str, number: int) -> str:
    """One execution of the pipeline; jobs and artifacts are named after it."""
    return f"{project}-{number}"


def job(run_name: str, step: str) -> str:
    """A job of a run: train, evaluate, prepare, baseline."""
    return f"{run_name}-{step}"


def run_prefix(project: str, run_name: str) -> str:
    """Where one run leaves its results, as an s3 name without a slash at the end."""
    return f"s3://{artifact_bucket(project)}/runs/{run_name}"


def platform_function(project: str, purpose: str) -> str:
    """One of the workflow's own functions: create-experiment, query-evaluation, ..."""
    return f"{project}-{purpose}"


def dev_endpoints(project: str) -> str:
    """What the names of all of a project's dev endpoints begin with."""
    return f"{project}-dev-"


def dev_endpoint(project: str, release: int) -> str:
    """The endpoint that a release is tried on."""
    return f"{dev_endpoints(project)}{release}"


def prod_endpoint(project: str, release: int) -> str:
    """The endpoint that answers for a release in production."""
    return f"{project}-prod-{release}"


def api_function(project: str) -> str:
    """The function behind the public API."""
    return f"{project}-api"


def drift_metric(feature: str) -> str:
    """The metric, and the alarm on it, of one feature's drift from its baseline."""
    return f"feature_baseline_drift_{feature}"
