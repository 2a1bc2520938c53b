"""The account in memory with a whole project in it: what the target in memory does, told as AWS's services tell it.

The services' documents are made from the state of tests/fakes.py, and what is asked of the services is done there: the
adapters read and ask through real boto3 clients, and must come to the same values as the target in memory itself.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from aws.account import NUMBER, REGION, Account, Refusal
from aws.admitting import Admitting
from aws.ringing import Ringing
from aws.serving import Serving
from aws.storage import Storage
from aws.telling import Telling
from aws.transforming import Transforming
from aws.watching import Watching
from fake_captures import RECORDS, URI
from fakes import FakeTarget
from shipway.domain import names
from shipway.domain.approval import Decision
from shipway.domain.capture import encode
from shipway.domain.deployment import DeploymentFinished
from shipway.domain.pipeline import Cause, CauseKind, Execution, ExecutionStatus, Stage, StageStatus
from shipway.domain.store.name import parse_uri
from shipway.domain.values import canonical
from waiting import until

Asked = dict[str, Any]
STATUS = {
    ExecutionStatus.QUEUED: "InProgress",
    ExecutionStatus.RUNNING: "InProgress",
    ExecutionStatus.SUCCEEDED: "Succeeded",
    ExecutionStatus.FAILED: "Failed",
    ExecutionStatus.STOPPED: "Stopped",
    ExecutionStatus.SUPERSEDED: "Superseded",
}
ACTION = {StageStatus.SUCCEEDED: "Succeeded", StageStatus.FAILED: "Failed", StageStatus.STOPPED: "Abandoned"}
PROVIDERS = {"Train": ("Invoke", "StepFunctions"), "Approval": ("Approval", "Manual"), "Source": ("Source", "S3")}
ARTIFACTS = f"tiny-artifacts-{NUMBER}-use1"
CAPTURES = f"tiny-capture-{NUMBER}-use1"
ROLE = f"arn:aws:iam::{NUMBER}:role/tiny"


def outside(execution: str) -> str:
    """Return an execution's id as CodePipeline forms them."""
    return f"{int(execution.rpartition('-')[2]):08d}-0000-4000-8000-000000000000"


def inside(identity: str) -> str:
    """Return the id of the target in memory."""
    return f"tiny-{int(identity[:8])}"


@dataclass
class Cloud(Account):
    """fake: what happens. storage: the buckets. watching: CloudWatch. api: where the public API answers."""

    fake: FakeTarget = field(default_factory=FakeTarget)
    storage: Storage = field(default_factory=Storage)
    watching: Watching = field(default_factory=Watching)
    api: str = "http://127.0.0.1:9/prod/api"

    def __post_init__(self) -> None:
        self.storage.buckets |= {ARTIFACTS: {}, CAPTURES: {}, "tiny-data": {}}
        self.storage.put(CAPTURES, parse_uri(URI)[1], b"".join(map(encode, RECORDS)))
        self.storage.into(self)
        self.watching.into(self)
        self.ringing = Ringing(self.fake).into(self)
        self.admitting = Admitting(plan="plan1").into(self)
        self.telling = Telling().into(self)
        self.transforming = Transforming(self.storage, lambda: self.fake.now).into(self)
        self.serving = Serving(self.fake).into(self)
        for name in ("s3.GetObject", "s3.ListObjectsV2"):
            self.serves[name] = self._after_ledger(self.serves[name])
        self.serves |= self._pipeline() | self._training() | self._production() | self._rest()

    def release(self) -> None:
        """Bring a release into production."""
        self.fake.up()
        self.fake.start(Cause())
        until(lambda: StageStatus.WAITING in {each.status for each in self.fake.execution("latest").stages})
        self.fake.decide("latest", Decision(approve=True, by="ada"))
        until(lambda: self.fake.execution("latest").status.final)

    # CodePipeline

    def _pipeline(self) -> dict[str, Any]:
        return {
            "codepipeline.GetPipeline": lambda _: {"pipeline": self._definition()},
            "codepipeline.StartPipelineExecution": self._start,
            "codepipeline.ListPipelineExecutions": self._executions,
            "codepipeline.GetPipelineExecution": self._execution,
            "codepipeline.ListActionExecutions": self._actions,
            "codepipeline.GetPipelineState": self._state,
            "codepipeline.StopPipelineExecution": self._stop,
            "codepipeline.RetryStageExecution": self._retry,
            "codepipeline.PutApprovalResult": self._answer_approval,
        }

    def _definition(self) -> Asked:
        identity = {"category": "Source", "owner": "AWS", "provider": "S3", "version": "1"}
        source = {"name": "Source", "actions": [{"name": "Source", "actionTypeId": identity}]}
        build = {"name": "Build", "actions": [{"name": "Build", "actionTypeId": identity | {"category": "Build"}}]}
        return {"name": "tiny-pipeline", "roleArn": ROLE, "stages": [source, build]}

    def _start(self, asked: Asked) -> Asked:
        said = {each["name"]: each["value"] for each in asked["variables"]}
        plain = {name: "" if value == "-" else value for name, value in said.items()}
        cause = Cause(kind=CauseKind(plain["CauseKind"]), by=plain["CauseBy"], reason=plain["CauseReason"])
        return {"pipelineExecutionId": outside(self.fake.start(cause).id)}

    def _executions(self, _: Asked) -> Asked:
        self.fake.advance()
        found = [self._summary(each) for each in reversed(self.fake.runs.values())]
        return {"pipelineExecutionSummaries": found}

    def _summary(self, run: Execution) -> Asked:
        return {
            "pipelineExecutionId": outside(run.id),
            "status": STATUS[run.status],
            "startTime": run.started,
            "lastUpdateTime": run.ended or self.fake.now,
            "trigger": {"triggerType": "StartPipelineExecution", "triggerDetail": f"arn:aws:sts::{NUMBER}:user/ada"},
            "executionType": "STANDARD",
        }

    def _execution(self, asked: Asked) -> Asked:
        run = self._run(asked["pipelineExecutionId"])
        cause = {"CauseKind": run.cause.kind.value, "CauseBy": run.cause.by, "CauseReason": run.cause.reason}
        variables = [{"name": name, "resolvedValue": value or "-"} for name, value in cause.items()]
        told = {"pipelineName": "tiny-pipeline", "pipelineExecutionId": outside(run.id), "status": STATUS[run.status]}
        return {"pipelineExecution": {**told, "variables": variables}}

    def _run(self, identity: str) -> Execution:
        run = self.fake.runs.get(inside(identity))
        if run is None:
            raise Refusal("PipelineExecutionNotFoundException")
        return run

    def _actions(self, asked: Asked) -> Asked:
        only = asked.get("filter", {}).get("pipelineExecutionId")
        runs = [run for run in self.fake.runs.values() if only in (None, outside(run.id))]
        return {"actionExecutionDetails": [each for run in runs for each in self._of(run)][::-1]}

    def _of(self, run: Execution) -> list[Asked]:
        about_to_ask = ("Approval", StageStatus.RUNNING)
        begun = [stage for stage in run.stages if stage.started and (stage.name, stage.status) != about_to_ask]
        return [self._action(run, stage) for stage in begun]

    def _action(self, run: Execution, stage: Stage) -> Asked:
        category, provider = PROVIDERS.get(stage.name, ("Build", "CodeBuild"))
        name = "Approval1" if stage.name == "Approval" else stage.name
        result: Asked = {"externalExecutionSummary": stage.message or run.error_cause}
        if provider == "CodeBuild":
            result["externalExecutionId"] = f"tiny-build:{outside(run.id)}"
        if stage.name == "Train":
            result["externalExecutionId"] = f"arn:aws:states:{REGION}:{NUMBER}:execution:tiny-training:{run.id}"
        if stage.name == "Approval" and run.id in self.fake.approvals:
            said = self.fake.approvals[run.id]
            result["externalExecutionSummary"] = f"{said.by}: {said.comment}"
        variables = {"Release": str(run.release)} if stage.name == "Train" and run.release else {}
        return {
            "pipelineExecutionId": outside(run.id),
            "actionExecutionId": f"{outside(run.id)[:-1]}{stage.attempt}",
            "stageName": stage.name,
            "actionName": name,
            "startTime": stage.started,
            "lastUpdateTime": stage.ended or self.fake.now,
            "status": ACTION.get(stage.status, "InProgress"),
            "input": {"actionTypeId": {"category": category, "owner": "AWS", "provider": provider, "version": "1"}},
            "output": {"executionResult": result, "outputVariables": variables},
        }

    def _state(self, _: Asked) -> Asked:
        actions = [
            {
                "actionName": each["actionName"],
                "latestExecution": {
                    "actionExecutionId": each["actionExecutionId"],
                    "status": "InProgress",
                    "token": each["pipelineExecutionId"],
                },
            }
            for run in self.fake.runs.values()
            for each in self._of(run)
            if each["stageName"] == "Approval" and each["status"] == "InProgress" and not run.status.final
        ]
        return {"stageStates": [{"stageName": "Approval", "actionStates": actions}]}

    def _stop(self, asked: Asked) -> Asked:
        if self._run(asked["pipelineExecutionId"]).asks and not asked["abandon"]:
            return {"pipelineExecutionId": asked["pipelineExecutionId"]}  # it stops once somebody has answered
        self.fake.stop(inside(asked["pipelineExecutionId"]), by="ada", reason=asked["reason"])
        return {"pipelineExecutionId": asked["pipelineExecutionId"]}

    def _retry(self, asked: Asked) -> Asked:
        self.fake.retry(inside(asked["pipelineExecutionId"]), by="ada")
        return {"pipelineExecutionId": asked["pipelineExecutionId"]}

    def _answer_approval(self, asked: Asked) -> Asked:
        by, _, comment = asked["result"]["summary"].partition(": ")
        approve = asked["result"]["status"] == "Approved"
        self.fake.decide(inside(asked["token"]), Decision(approve=approve, by=by, comment=comment))
        return {"approvedAt": self.fake.now}

    # Step Functions, SageMaker, CloudWatch Logs

    def _training(self) -> dict[str, Any]:
        return {
            "stepfunctions.GetExecutionHistory": lambda _: {"events": []},
            "stepfunctions.StopExecution": lambda _: {"stopDate": self.fake.now},
            "codebuild.StopBuild": lambda asked: {"build": {"id": asked["id"]}},
            "sagemaker.ListTrainingJobs": lambda _: {"TrainingJobSummaries": self._jobs()},
            "sagemaker.ListProcessingJobs": lambda _: {"ProcessingJobSummaries": []},
            "logs.DescribeLogStreams": self._streams,
            "logs.FilterLogEvents": self._lines,
        }

    def _jobs(self) -> list[Asked]:
        return [
            {
                "TrainingJobName": job.name,
                "TrainingJobArn": f"arn:aws:sagemaker:{REGION}:{NUMBER}:training-job/{job.name}",
                "CreationTime": job.started,
                "TrainingEndTime": job.ended,
                "TrainingJobStatus": job.status,
            }
            for job in self.fake.jobs()
        ]

    def _streams(self, asked: Asked) -> Asked:
        job = asked.get("logStreamNamePrefix", "").rstrip("/")
        if asked["logGroupName"] != "/aws/sagemaker/TrainingJobs" or job not in self.fake.written:
            raise Refusal("ResourceNotFoundException")
        return {"logStreams": [{"logStreamName": f"{job}/algo-1-1"}]}

    def _lines(self, asked: Asked) -> Asked:
        job = asked["logStreamNamePrefix"].rstrip("/")
        at = int(self.fake.now.timestamp() * 1000)
        lines = enumerate(self.fake.written[job])
        return {"events": [{"eventId": str(place), "timestamp": at + place, "message": line} for place, line in lines]}

    # CloudFormation, CodeDeploy, Lambda

    def _production(self) -> dict[str, Any]:
        return {
            "cloudformation.DescribeStacks": self._stack,
            "cloudformation.ListStackResources": self._resources,
            "codedeploy.ListDeployments": lambda _: {"deployments": self._deployment_ids()},
            "codedeploy.BatchGetDeployments": self._deployments,
            "codedeploy.ListDeploymentTargets": lambda asked: {"targetIds": [asked["deploymentId"]]},
            "codedeploy.BatchGetDeploymentTargets": self._deployment_target,
            "codedeploy.StopDeployment": self._stop_deployment,
            "lambda.GetFunctionConfiguration": lambda asked: {
                "Environment": {"Variables": {"RELEASE": asked["Qualifier"]}}
            },
        }

    def _stack(self, asked: Asked) -> Asked:
        concern = asked["StackName"].removeprefix("tiny-")
        there = self.fake.up_now and (concern not in names.BY_PIPELINE or bool(self.fake.periods))
        if not there and concern != "alarms":  # an apply that ended early has left it
            raise Refusal("ValidationError", f"Stack with id {asked['StackName']} does not exist")
        outputs = {"ApiUrl": self.api, "UsagePlanId": "plan1"} if concern == "prod" else {}
        told = [{"OutputKey": name, "OutputValue": value} for name, value in outputs.items()]
        stack = {"StackName": asked["StackName"], "StackStatus": "CREATE_COMPLETE", "CreationTime": self.fake.now}
        return {"Stacks": [stack | {"Outputs": told}]}

    def _resources(self, asked: Asked) -> Asked:
        self._stack(asked)
        made = self.ringing.resources(asked["StackName"])
        if asked["StackName"] == "tiny-prod":
            kinds = ("AWS::CodeDeploy::Application", "AWS::CodeDeploy::DeploymentGroup")
            made += [(kind, f"tiny-api-{kind.rpartition(':')[2]}") for kind in kinds]
        return {
            "StackResourceSummaries": [
                {
                    "LogicalResourceId": "".join(filter(str.isalnum, name)),
                    "PhysicalResourceId": name,
                    "ResourceType": kind,
                    "LastUpdatedTimestamp": self.fake.now,
                    "ResourceStatus": "CREATE_COMPLETE",
                }
                for kind, name in made
            ]
        }

    def _deployment_ids(self) -> list[str]:
        return [f"d-{each.id}" for each in self.fake.deployments(100)]

    def _deployments(self, asked: Asked) -> Asked:
        status = {"succeeded": "Succeeded", "rolled_back": "Stopped"}
        return {
            "deploymentsInfo": [
                {
                    "deploymentId": f"d-{each.id}",
                    "status": status.get(each.phase, "InProgress"),
                    "createTime": each.started,
                }
                | ({"completeTime": each.ended} if each.ended else {})
                for each in self.fake.deployments(100)
                if f"d-{each.id}" in asked["deploymentIds"]
            ]
        }

    def _deployment_target(self, asked: Asked) -> Asked:
        found = self.fake.find_deployment(asked["deploymentId"].removeprefix("d-"))
        moved = {"currentVersion": "1", "targetVersion": str(found.release), "targetVersionWeight": 10.0}
        events = [{"lifecycleEventName": "AllowTraffic", "status": "InProgress"}]
        return {"deploymentTargets": [{"lambdaTarget": {"lambdaFunctionInfo": moved, "lifecycleEvents": events}}]}

    def _stop_deployment(self, asked: Asked) -> Asked:
        try:
            self.fake.abort(asked["deploymentId"].removeprefix("d-"), by="ada")
        except DeploymentFinished as finished:
            raise Refusal("DeploymentAlreadyCompletedException") from finished
        return {"status": "Pending"}

    # The others

    def _rest(self) -> dict[str, Any]:
        return {
            "sts.GetCallerIdentity": lambda _: {"Account": NUMBER},
            "ecr.DescribeImages": lambda _: {"imageDetails": [{"imageDigest": "sha256:" + "a" * 64}]},
            "events.DescribeRule": lambda asked: {"Name": asked["Name"], "State": "ENABLED", "Description": "watched"},
        }

    # The ledger, which functions of the pipeline write

    def _after_ledger(self, serve: Any) -> Any:
        def served(asked: Asked) -> Asked:
            self._write_ledger()
            answer: Asked = serve(asked)
            return answer

        return served

    def _write_ledger(self) -> None:
        for release in self.fake.ledger.values():
            record = {
                "number": release.number,
                "bundle": asdict(release.bundle),
                "digest": release.digest,
                "execution": outside(release.execution),
                "created": release.created.isoformat(),
            }
            self._once(names.release_record("tiny", release.number), record)
        for place, period in enumerate(self.fake.periods):
            record = {"release": period.release, "since": period.since.isoformat(), "execution": "", "verdict": ""}
            self._once(f"{names.live_prefix('tiny')}{place:08d}-x.json", record)

    def _once(self, key: str, record: Asked) -> None:
        if key not in self.storage.buckets[ARTIFACTS]:
            self.storage.put(ARTIFACTS, key, canonical(record))


@contextmanager
def public_api(cloud: Cloud) -> Iterator[None]:
    """The cloud's public API on this machine while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            answer = cloud.fake.invoke(body, content_type=self.headers["content-type"])
            self.send_response(answer.status if self.headers["x-api-key"] else 403)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        cloud.api = f"http://127.0.0.1:{server.server_port}/prod/api"
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
