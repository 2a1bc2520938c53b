"""SageMaker's models and transform jobs of the account in memory: a job answers each row when it is let run."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aws.account import NUMBER, REGION, Account, Refusal
from aws.storage import Storage
from shipway.domain.store.name import parse_uri

Asked = dict[str, Any]


@dataclass
class Transforming:
    """storage: where rows are and answers go. now: the time. fails: why jobs fail, "" while they do not.

    ended: called with the name of each job that is through, as EventBridge tells of it.
    """

    storage: Storage
    now: Callable[[], datetime]
    fails: str = ""
    ended: Callable[[str], object] = lambda _: None
    models: dict[str, Asked] = field(default_factory=dict)
    jobs: dict[str, Asked] = field(default_factory=dict)

    def into(self, account: Account) -> "Transforming":
        """Serve models and transform jobs in an account."""
        account.serves |= {
            "sagemaker.CreateModel": self._make,
            "sagemaker.DescribeModel": lambda asked: self._model(asked["ModelName"]),
            "sagemaker.DeleteModel": lambda asked: self.models.pop(asked["ModelName"]) and {},
            "sagemaker.ListModels": self._models,
            "sagemaker.CreateTransformJob": self._start,
            "sagemaker.DescribeTransformJob": lambda asked: self._job(asked["TransformJobName"]),
            "sagemaker.StopTransformJob": self._stop,
            "sagemaker.ListTransformJobs": lambda _: {"TransformJobSummaries": []},
        }
        return self

    def run(self, name: str) -> None:
        """Let a job come to its end: it answers each row with the sum of its numbers."""
        job = self.jobs[name]
        job |= {"TransformJobStatus": "Failed" if self.fails else "Completed", "TransformEndTime": self.now()}
        if self.fails:
            job["FailureReason"] = self.fails
            return
        bucket, prefix = parse_uri(job["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"])
        to_bucket, to_prefix = parse_uri(job["TransformOutput"]["S3OutputPath"])
        for key in [each for each in self.storage.keys(bucket) if each.startswith(prefix)]:
            rows = self.storage.text(bucket, key).splitlines()
            answers = "".join(f"{sum(map(float, row.split(','))):g}\n" for row in rows)
            name_ = key.removeprefix(prefix).lstrip("/") or key.rpartition("/")[2]
            self.storage.put(to_bucket, f"{to_prefix}/{name_}.out", answers)
        self.ended(name)

    def _make(self, asked: Asked) -> Asked:
        if asked["ModelName"] in self.models:
            raise Refusal("ValidationException", "Cannot create already existing model")
        self.models[asked["ModelName"]] = asked
        return {"ModelArn": self._arn("model", asked["ModelName"])}

    def _model(self, name: str) -> Asked:
        if name not in self.models:
            raise Refusal("ValidationException", f"Could not find model {name}")
        told = {key: value for key, value in self.models[name].items() if key != "Tags"}
        return told | {"CreationTime": self.now(), "ModelArn": self._arn("model", name)}

    def _models(self, asked: Asked) -> Asked:
        found = [each for each in self.models if asked["NameContains"] in each]
        arns = {each: self._arn("model", each) for each in found}
        return {
            "Models": [{"ModelName": name, "ModelArn": arn, "CreationTime": self.now()} for name, arn in arns.items()]
        }

    def _start(self, asked: Asked) -> Asked:
        name = asked["TransformJobName"]
        if name in self.jobs:
            raise Refusal("ResourceInUse", f"Job {name} already exists")
        self._model(asked["ModelName"])
        self.jobs[name] = asked | {"CreationTime": self.now(), "TransformJobStatus": "InProgress"}
        return {"TransformJobArn": self._arn("transform-job", name)}

    def _job(self, name: str) -> Asked:
        if name not in self.jobs:
            raise Refusal("ValidationException", f"Could not find requested job with name: {name}")
        return self.jobs[name] | {"TransformJobArn": self._arn("transform-job", name)}

    def _stop(self, asked: Asked) -> None:
        self._job(asked["TransformJobName"])
        self.jobs[asked["TransformJobName"]] |= {"TransformJobStatus": "Stopping"}

    @staticmethod
    def _arn(kind: str, name: str) -> str:
        return f"arn:aws:sagemaker:{REGION}:{NUMBER}:{kind}/{name}"
