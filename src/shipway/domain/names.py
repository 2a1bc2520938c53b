"""Every derived name, made in one place and never typed twice."""

from shipway.domain.errors import ShipwayError

NAME_LIMIT = 32  # leaves room for what is appended below SageMaker's 63 characters


class NameInvalid(ShipwayError):
    """A name would be refused by a service that has to carry it."""

    message = "{name!r} cannot be a project's name: {problem}"
    hint = "use 2 to 32 small letters, digits and single hyphens, beginning with a letter"
    exit_code = 2
    status = 400


def check_project_name(name: str) -> str:
    """Return the name if buckets, jobs, endpoints and functions can all be named after it; raises NameInvalid."""
    if not 2 <= len(name) <= NAME_LIMIT:
        raise NameInvalid(name=name, problem=f"it has {len(name)} characters")
    if not name.isascii() or not all(c.islower() or c.isdigit() or c == "-" for c in name):
        raise NameInvalid(name=name, problem="it has other characters than a-z, 0-9 and -")
    if not name[0].isalpha() or name.endswith("-") or "--" in name:
        raise NameInvalid(name=name, problem="it begins with something else than a letter or has a stray hyphen")
    return name


def data_bucket(project: str) -> str:
    """Where people put data."""
    return f"{project}-data"


def artifact_bucket(project: str) -> str:
    """Where runs leave their results."""
    return f"{project}-artifacts"


def pipeline(project: str) -> str:
    """The release pipeline, also the queue that its executions stand in."""
    return f"{project}-pipeline"


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


def dev_endpoint(project: str, release: int) -> str:
    """The endpoint that a release is tried on."""
    return f"{project}-dev-{release}"


def prod_endpoint(project: str, release: int) -> str:
    """The endpoint that answers for a release in production."""
    return f"{project}-prod-{release}"


def api_function(project: str) -> str:
    """The function behind the public API."""
    return f"{project}-api"


def drift_metric(feature: str) -> str:
    """The metric, and the alarm on it, of one feature's drift from its baseline."""
    return f"feature_baseline_drift_{feature}"
