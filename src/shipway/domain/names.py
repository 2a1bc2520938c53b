"""Every derived name, made in one place and never typed twice."""


def artifact_bucket(project: str) -> str:
    """Where runs leave their results."""
    return f"{project}-artifacts"


def capture_bucket(project: str) -> str:
    """Where captured requests and answers lie, by endpoint, variant and hour."""
    return f"{project}-capture"


def pipeline(project: str) -> str:
    """The release pipeline, also the queue that its executions stand in."""
    return f"{project}-pipeline"


def rollbacks(project: str) -> str:
    """The queue that rollbacks stand in; a pipeline that trains never keeps them waiting."""
    return f"{project}-rollbacks"


def rollback(project: str, number: int) -> str:
    """One rollback."""
    return f"{project}-rollback-{number}"


def batches(project: str) -> str:
    """The queue that batches stand in."""
    return f"{project}-batches"


def batch(project: str, number: int) -> str:
    """One batch, also its transform job."""
    return f"{project}-batch-{number}"


BATCHES = "batches/"  # where batches leave their results in the artifacts bucket


def batch_place(name: str) -> str:
    """Where one batch keeps what is its own, below the artifacts bucket, without a slash."""
    return f"{BATCHES}{name}"


def batch_record(name: str) -> str:
    """The key of what was asked of one batch, where no database keeps it."""
    return f"{batch_place(name)}/request.json"


def release_model(project: str, release: int) -> str:
    """The model package of a release."""
    return f"{project}-release-{release}"


def imported(digest: str) -> str:
    """What an imported release's files are kept under, in the artifacts and on the shared volume."""
    return f"imports-{digest.removeprefix('sha256:')[:16]}"


def training_workflow(project: str, digest: str) -> str:
    """The training state machine, one name a document so that a running execution never sees another."""
    return f"{project}-training-{digest.removeprefix('sha256:')[:12]}"


def run(project: str, number: int) -> str:
    """One execution of the pipeline; jobs and artifacts are named after it."""
    return f"{project}-{number}"


def run_part(project: str, first: str, second: str) -> str:
    """One run of the training workflow: the project, and the first two parts of its execution's name."""
    return f"{project}-{first}-{second}"


def job(run_name: str, step: str) -> str:
    """A job of a run: train, evaluate, prepare, baseline."""
    return f"{run_name}-{step}"


def run_outputs(bucket: str) -> str:
    """Where all runs leave their results, as an s3 name without a slash at the end."""
    return f"s3://{bucket}/runs"


def platform_function(project: str, purpose: str) -> str:
    """One of the workflow's own functions: create-experiment, query-evaluation, ..."""
    return f"{project}-{purpose}"


def stage_endpoints(project: str, stage: str) -> str:
    """What the names of all of a project's endpoints of one stage, dev or prod, begin with."""
    return f"{project}-{stage}-"


def dev_endpoints(project: str) -> str:
    """What the names of all of a project's dev endpoints begin with."""
    return stage_endpoints(project, "dev")


def dev_endpoint(project: str, release: int) -> str:
    """The endpoint that a release is tried on."""
    return f"{dev_endpoints(project)}{release}"


def prod_endpoints(project: str) -> str:
    """What the names of all of a project's production endpoints begin with."""
    return stage_endpoints(project, "prod")


def prod_endpoint(project: str, release: int) -> str:
    """The endpoint that answers for a release in production."""
    return f"{prod_endpoints(project)}{release}"


def release_of_endpoint(project: str, endpoint: str) -> int | None:
    """The release that a production endpoint of this project answers for; None for any other endpoint."""
    number = endpoint.removeprefix(f"{project}-prod-")
    return int(number) if number != endpoint and number.isdigit() else None


def monitoring_schedule(project: str) -> str:
    """The schedule on which captured data is analysed."""
    return f"{project}-monitor"


def monitor_job(project: str, release: int, run: str) -> str:
    """The analysis job of one window."""
    return f"{project}-monitor-{release}-{run}"


def monitoring_prefix(project: str, endpoint: str) -> str:
    """The key below which the results of an endpoint's analyses lie in the artifacts bucket, without a slash."""
    return f"monitoring/{endpoint}/{monitoring_schedule(project)}"


def baseline_key(run: str) -> str:
    """The key below which a release's baseline lies in the artifacts bucket. run: the release's own or imported one."""
    return f"{run}/baseline" if run.startswith("imports-") else f"runs/{run}/baseline"


def api_function(project: str) -> str:
    """The function behind the public API."""
    return f"{project}-api"


def drift_metric(feature: str) -> str:
    """The metric, and the alarm on it, of one feature's drift from its baseline."""
    return f"feature_baseline_drift_{feature}"


# On AWS: what other projects, accounts and regions could have too gets the account or the region into its name.

STACKS = (
    *("foundation", "network", "roles", "functions", "workflow", "monitor", "alarms", "pipeline"),
    *("dev", "prod", "dashboard"),
)
BY_PIPELINE = ("dev", "prod")  # these stacks are made and changed by the release pipeline, the others by `apply`
DIRECTIONS = {"north": "n", "south": "s", "east": "e", "west": "w", "central": "c"}


def role(project: str, region: str, part: str) -> str:
    """The role of one part of the project: jobs, endpoint, workflow, ... IAM has one set of names for all regions."""
    return f"{project}-{region}-{part}"


def log_bucket(project: str) -> str:
    """Who read or wrote the project's other buckets."""
    return f"{project}-logs"


def monitor_machine(project: str) -> str:
    """The state machine that looks for drift each hour; its jobs are named after it."""
    return f"{project}-monitor"


def stack(project: str, concern: str) -> str:
    """One CloudFormation stack; concern: one of STACKS."""
    return f"{project}-{concern}"


def region_code(region: str) -> str:
    """A region in at most 7 letters: us-east-1 is use1, ap-southeast-2 is apse2."""
    country, *words, number = region.split("-")
    short = "".join(words)
    for word, letter in DIRECTIONS.items():
        short = short.replace(word, letter)
    return f"{country}{short}{number}"


def account_run(project: str, execution: str) -> str:
    """One run of the training workflow whose execution AWS named by a UUID; jobs and artifacts are named after it."""
    first, second, *_ = execution.split("-")
    return run_part(project, first, second)


def cloud_bucket(bucket: str, account: str, region: str) -> str:
    """A bucket of this machine's name as AWS has it, where bucket names are shared by everybody."""
    return f"{bucket}-{account}-{region_code(region)}"


def asset(digest: str, suffix: str) -> str:
    """The key of a file that stacks are made from, below the artifacts bucket: named by its content."""
    return f"assets/{digest.removeprefix('sha256:')}{suffix}"


def source_archive(project: str) -> str:
    """The key of the project's own files as one zip: the source of a pipeline that has no repository."""
    return f"source/{project}.zip"


def release_prefix(project: str) -> str:
    """Where the ledger of releases lies in the artifacts bucket, one object a release."""
    return f"releases/{project}/"


def release_record(project: str, number: int) -> str:
    """The key of one release's entry in the ledger; keys sort as numbers do."""
    return f"{release_prefix(project)}{number:08d}.json"


def live_prefix(project: str) -> str:
    """Where it lies which release went live when, one object each time; keys sort by time."""
    return f"live/{project}/"


def audit_prefix(project: str) -> str:
    """Where who did what is kept in the artifacts bucket, one object an entry; keys count down."""
    return f"audit/{project}/"


def audit_entry(project: str, number: int) -> str:
    """The key of one entry of the audit log, 1 to 999,999,999; the newest comes first in a listing."""
    return f"{audit_prefix(project)}{10**9 - number:09d}.json"


def notice_prefix(project: str) -> str:
    """Where it is kept in the artifacts bucket what people were told, one object a notice; keys count down."""
    return f"notices/{project}/"


def notice_record(project: str, number: int) -> str:
    """The key of one notice, whose number has sixteen digits at most; the newest comes first in a listing."""
    return f"{notice_prefix(project)}{10**16 - number:016d}.json"


def repository(project: str, image: str) -> str:
    """The ECR repository of an image: "model", "function" or "analyze"."""
    return f"{project}/{image}"


def user_hook(project: str, hook: str) -> str:
    """The user's own traffic hook as a function of the function image; hook: "pre-traffic" or "post-traffic"."""
    return f"{project}-{hook}-hook"


def image_build(project: str) -> str:
    """The CodeBuild project that builds images and renders what a release is deployed from."""
    return f"{project}-build"


def key_alias(project: str) -> str:
    """The KMS key of everything that the project keeps."""
    return f"alias/{project}"


def topic(project: str) -> str:
    """The SNS topic of mails to people."""
    return f"{project}-notices"


def workflow_machine(project: str) -> str:
    """The training state machine's name on AWS."""
    return f"{project}-training"


def api_alias() -> str:
    """The alias of the API's function whose traffic a deployment shifts."""
    return "live"


def deploy_application(project: str) -> str:
    """The CodeDeploy application that shifts the alias."""
    return f"{project}-api"


def rule(project: str, purpose: str) -> str:
    """An EventBridge rule that starts the pipeline; purpose: "source", "data", "schedule" or "drift"."""
    return f"{project}-on-{purpose}"


def approval_action(number: int) -> str:
    """One approver's action of the Approval stage, from 1; each of them is another person."""
    return f"Approval{number}"


def log_group(function: str) -> str:
    """The log group of a Lambda function."""
    return f"/aws/lambda/{function}"


def api(project: str) -> str:
    """The REST API and its usage plan."""
    return f"{project}-api"


def release_alarm(alarm: str, release: int) -> str:
    """The alarm that one release has for its own answers."""
    return f"{alarm}-release-{release}"
