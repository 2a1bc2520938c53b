"""The platform's own functions: what each is called, needs and may take. The functions stack is rendered from this.

All of them are one zip (package.py) under the runtime RUNTIME; the handler of a purpose is the function `handler` of
the module of that name in this package. Environment variables beside the ones listed are not read.
"""

from dataclasses import dataclass

from shipway.domain.transform_header import ADD_TRANSFORM_HEADER
from shipway.domain.workflow import CREATE_EXPERIMENT, QUERY_EVALUATION, QUERY_TRAINING, SHARE_ARTIFACTS

RUNTIME = "python3.13"
VOLUME = "/mnt/ml"  # where functions see the shared volume, as on the machine
QUERY_DRIFT = "query-drift"
TELL_PEOPLE = "tell-people"
POST_WEBHOOK = "post-webhook"
CREATE_RELEASE = "create-release"
RECORD_LIVE = "record-live"
KEEP_NOTICE = "keep-notice"
PRE_TRAFFIC = "pre-traffic"
POST_TRAFFIC = "post-traffic"

PROJECT = "PROJECT"  # names of environment variables
ARTIFACT_BUCKET = "ARTIFACT_BUCKET"
CAPTURE_BUCKET = "CAPTURE_BUCKET"
TOPIC = "TOPIC_ARN"
APPROVAL_MINUTES = "APPROVAL_MINUTES"  # how long a question waits for its answer
WARN_MINUTES = "WARN_MINUTES"  # how long before its end people are reminded
KINDS = "KINDS"  # of notices that webhooks get, with blanks between; "" = all
WEBHOOKS = "WEBHOOKS"  # the secret with the addresses and what POSTs are signed with
RELEASE = "RELEASE"
ENDPOINT = "ENDPOINT_NAME"
VERSION = "FUNCTION_VERSION_ARN"  # the new version of the API's function, number included
RUN_PREFIX = "RUN_PREFIX"  # the release's training run: s3://artifacts/runs/<run>, no slash at the end
REPLAY = "REPLAY"  # how many recent requests the new model answers before any caller meets it
MAX_DIFFERENCE = "MAX_ANSWER_DIFFERENCE"  # share of its predictions that may differ, 0..1
USER_HOOK = "USER_HOOK"  # the user's own hook as a function of the function image, "" where there is none


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformFunction:
    """One function.

    does: a sentence for the template. environment: names of what the template gives it. memory: MiB. seconds: its
    time limit. volume: whether it runs in the network with the shared volume at VOLUME. release: whether there is
    one a release, in the prod stack, beside what it watches. webhooks: whether it is there for webhooks alone, in the
    alarms stack; the others are in the functions stack. by_event: whether events call it, and nobody waits for its
    answer: Lambda tries each of them three times, and then puts it aside.
    """

    purpose: str
    does: str
    environment: tuple[str, ...]
    memory: int = 256
    seconds: int = 60
    volume: bool = False
    release: bool = False
    webhooks: bool = False
    by_event: bool = False

    @property
    def handler(self) -> str:
        """What Lambda calls."""
        return f"shipway.targets.aws.functions.{self.purpose.replace('-', '_')}.handler"


_HOOK = (PROJECT, RELEASE, ENDPOINT, VERSION, ARTIFACT_BUCKET, CAPTURE_BUCKET, RUN_PREFIX, USER_HOOK)

FUNCTIONS = (
    PlatformFunction(purpose=CREATE_EXPERIMENT, does="Records that a training run has begun.", environment=(PROJECT,)),
    PlatformFunction(
        purpose=QUERY_EVALUATION,
        does="Reads the evaluation and says whether the model passes the gate.",
        environment=(PROJECT, ARTIFACT_BUCKET),
    ),
    PlatformFunction(purpose=QUERY_TRAINING, does="Records how a training run ended.", environment=(PROJECT,)),
    PlatformFunction(
        purpose=SHARE_ARTIFACTS,
        does="Copies what a model brings for the API's function to the shared volume.",
        environment=(PROJECT, ARTIFACT_BUCKET),
        memory=1024,
        seconds=600,
        volume=True,
    ),
    PlatformFunction(
        purpose=QUERY_DRIFT,
        does="Tells people which features an analysis found drifted, worst first.",
        environment=(PROJECT, ARTIFACT_BUCKET, TOPIC),
        by_event=True,
    ),
    PlatformFunction(
        purpose=TELL_PEOPLE,
        does="Tells people how a run goes, that an alarm is over, and that a question is about to expire.",
        environment=(PROJECT, TOPIC, APPROVAL_MINUTES, WARN_MINUTES),
        by_event=True,
    ),
    PlatformFunction(
        purpose=KEEP_NOTICE,
        does="Keeps what the project's topic tells people.",
        environment=(PROJECT, ARTIFACT_BUCKET),
        by_event=True,
    ),
    PlatformFunction(
        purpose=POST_WEBHOOK,
        does="Posts what the project's topic says to webhooks.",
        environment=(PROJECT, KINDS, WEBHOOKS),
        webhooks=True,
    ),
    PlatformFunction(
        purpose=ADD_TRANSFORM_HEADER,
        does="Puts a header row on the output of a batch transform, for readers that need one.",
        environment=(PROJECT, ARTIFACT_BUCKET),
        memory=1024,
        seconds=300,
        by_event=True,
    ),
    PlatformFunction(
        purpose=CREATE_RELEASE,
        does="Writes a trained model down as a release and tells the pipeline its parts.",
        environment=(PROJECT, ARTIFACT_BUCKET),
        memory=1024,
        seconds=600,
    ),
    PlatformFunction(
        purpose=RECORD_LIVE,
        does="Writes down that a release took production traffic, and lets in clients who have waited for it.",
        environment=(PROJECT, ARTIFACT_BUCKET),
    ),
    PlatformFunction(
        purpose=PRE_TRAFFIC,
        does="Asks the new version with rows of the baseline data and with recent requests, before any caller does.",
        environment=(*_HOOK, REPLAY, MAX_DIFFERENCE),
        memory=512,
        seconds=600,
        release=True,
    ),
    PlatformFunction(
        purpose=POST_TRAFFIC,
        does="Asks the new version once more, and looks for what was captured of this release.",
        environment=_HOOK,
        seconds=900,
        release=True,
    ),
)
