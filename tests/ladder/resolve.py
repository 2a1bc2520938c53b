"""Stacks as they would stand in an account: parameters, conditions and intrinsics worked out, ids made up."""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

ACCOUNT = "111122223333"
NAMED = {  # type -> the property that is its name, where CloudFormation would else make one up
    "AWS::ApiGateway::UsagePlan": "UsagePlanName",
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::CloudWatch::CompositeAlarm": "AlarmName",
    "AWS::CloudWatch::Dashboard": "DashboardName",
    "AWS::CodeBuild::Project": "Name",
    "AWS::CodeDeploy::DeploymentConfig": "DeploymentConfigName",
    "AWS::CodePipeline::Pipeline": "Name",
    "AWS::ECR::Repository": "RepositoryName",
    "AWS::Events::Rule": "Name",
    "AWS::IAM::Role": "RoleName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SageMaker::Endpoint": "EndpointName",
    "AWS::SageMaker::EndpointConfig": "EndpointConfigName",
    "AWS::SageMaker::Model": "ModelName",
    "AWS::Scheduler::Schedule": "Name",
    "AWS::SecretsManager::Secret": "Name",
    "AWS::SQS::Queue": "QueueName",
}
ARNS = {  # type -> its ARN, less partition; {name}, {region}, {account}
    "AWS::CodeBuild::Project": "codebuild:{region}:{account}:project/{name}",
    "AWS::CodeCommit::Repository": "codecommit:{region}:{account}:{name}",
    "AWS::EFS::AccessPoint": "elasticfilesystem:{region}:{account}:access-point/fsap-0123456789abcdef0",
    "AWS::EFS::FileSystem": "elasticfilesystem:{region}:{account}:file-system/fs-0123456789abcdef0",
    "AWS::Events::Rule": "events:{region}:{account}:rule/{name}",
    "AWS::IAM::Role": "iam::{account}:role/{name}",
    "AWS::KMS::Key": "kms:{region}:{account}:key/01234567-89ab-cdef-0123-456789abcdef",
    "AWS::Lambda::Function": "lambda:{region}:{account}:function:{name}",
    "AWS::Logs::LogGroup": "logs:{region}:{account}:log-group:{name}:*",
    "AWS::S3::Bucket": "s3:::{name}",
    "AWS::SecretsManager::Secret": "secretsmanager:{region}:{account}:secret:{name}-AbCdEf",
    "AWS::SNS::Topic": "sns:{region}:{account}:{name}",
    "AWS::SQS::Queue": "sqs:{region}:{account}:{name}",
    "AWS::StepFunctions::StateMachine": "states:{region}:{account}:stateMachine:{name}",
}
IDS = {  # type -> what ids of the service begin with
    "AWS::EC2::EIP": "eipalloc",
    "AWS::EC2::InternetGateway": "igw",
    "AWS::EC2::NatGateway": "nat",
    "AWS::EC2::RouteTable": "rtb",
    "AWS::EC2::SecurityGroup": "sg",
    "AWS::EC2::Subnet": "subnet",
    "AWS::EC2::VPC": "vpc",
    "AWS::EFS::FileSystem": "fs",
}
BY_ARN = {"AWS::SecretsManager::Secret", "AWS::SNS::Topic", "AWS::StepFunctions::StateMachine"}  # Ref gives the ARN


class Stack:
    """One stack with its parameters: `resources` is what is made, worked out."""

    def __init__(self, name: str, document: Any, given: Mapping[str, str], region: str = "us-east-1") -> None:
        self.name = name
        self.region = region
        self._document = document
        declared = document.get("Parameters", {})
        self.values = {
            key: given.get(key, each.get("Default"))
            for key, each in declared.items()
            if key in given or "Default" in each
        }
        self.missing = sorted(set(declared) - set(self.values))
        self._conditions = document.get("Conditions", {})
        self.kinds = {key: each["Type"] for key, each in document["Resources"].items()}

    @property
    def resources(self) -> dict[str, Any]:
        """Logical id -> the resource as it is made; those whose condition does not hold are not there."""
        return {
            key: self.worked_out({name: part for name, part in each.items() if name != "Metadata"})
            for key, each in self._document["Resources"].items()
            if "Condition" not in each or self.holds(each["Condition"])
        }

    @property
    def outputs(self) -> dict[str, str]:
        """What other stacks are given."""
        return {key: self.worked_out(each["Value"]) for key, each in self._document.get("Outputs", {}).items()}

    def holds(self, condition: Any) -> bool:
        """Tell whether a condition holds."""
        if isinstance(condition, str):
            return self.holds(self._conditions[condition])
        ((kind, parts),) = condition.items()
        match kind:
            case "Fn::Equals":
                one, other = (str(self.worked_out(part)) for part in parts)
                return one == other
            case "Fn::Not":
                return not self.holds(parts[0])
            case "Fn::And":
                return all(self.holds(part) for part in parts)
            case "Condition":
                return self.holds(parts)
        raise ValueError(kind)

    def worked_out(self, value: Any) -> Any:
        """Return a value without intrinsics; AWS::NoValue leaves its key or its place in a list."""
        if isinstance(value, list):
            return [each for each in map(self.worked_out, value) if each is not NOTHING]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((kind, part),) = value.items()
            if kind == "Ref" or kind.startswith("Fn::"):
                return self._intrinsic(kind, part)
        made = {key: self.worked_out(each) for key, each in value.items()}
        return {key: each for key, each in made.items() if each is not NOTHING}

    def _intrinsic(self, kind: str, part: Any) -> Any:  # noqa: PLR0911  one case an intrinsic
        match kind:
            case "Ref":
                return self._ref(part)
            case "Fn::GetAtt":
                resource, _, attribute = (
                    ".".join(part).partition(".") if isinstance(part, list) else part.partition(".")
                )
                return self._attribute(resource, attribute)
            case "Fn::Sub":
                return self._sub(part)
            case "Fn::If":
                condition, yes, no = part
                return self.worked_out(yes if self.holds(condition) else no)
            case "Fn::Join":
                glue, parts = part
                return str(glue).join(str(each) for each in self.worked_out(parts))
            case "Fn::Select":
                index, parts = part
                return self.worked_out(parts)[int(index)]
            case "Fn::GetAZs":
                return [f"{self.region}a", f"{self.region}b", f"{self.region}c"]
            case "Fn::Cidr":
                block, count, _ = part
                first, second, *_ = str(self.worked_out(block)).split(".")
                return [f"{first}.{second}.{number}.0/24" for number in range(int(count))]
        raise ValueError(kind)

    def _ref(self, name: str) -> Any:
        pseudo = {
            "AWS::Region": self.region,
            "AWS::AccountId": ACCOUNT,
            "AWS::Partition": "aws",
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::StackName": self.name,
            "AWS::NoValue": NOTHING,
        }
        if name in pseudo:
            return pseudo[name]
        if name in self.values:
            value = self.values[name]
            listed = self._document["Parameters"][name]["Type"] == "CommaDelimitedList"
            return str(value).split(",") if listed else value
        kind = self.kinds[name]
        return self._attribute(name, "Arn") if kind in BY_ARN else self._physical(name)

    def _sub(self, part: Any) -> str:
        text, extra = (part, {}) if isinstance(part, str) else part
        given = {key: self.worked_out(each) for key, each in extra.items()}

        def one(found: re.Match[str]) -> str:
            name = found[1]
            if name in given:
                return str(given[name])
            resource, dot, attribute = name.partition(".")
            return str(self._attribute(resource, attribute) if dot else self._ref(name))

        return re.sub(r"\$\{([^!}]+)\}", one, text)

    def _physical(self, name: str) -> str:
        resource = self._document["Resources"][name]
        kind = resource["Type"]
        if kind in IDS:
            return f"{IDS[kind]}-{hashlib.sha256(name.encode()).hexdigest()[:17]}"
        own = resource.get("Properties", {}).get(NAMED.get(kind, ""))
        if own is not None:
            return str(self.worked_out(own))
        topic = resource.get("Properties", {}).get("TopicName" if kind.endswith("Topic") else "StateMachineName")
        return str(self.worked_out(topic)) if topic is not None else f"{self.name}-{name}-0A1B2C3D4E5F"

    def _attribute(self, name: str, attribute: str) -> Any:
        kind = self.kinds[name]
        if attribute.endswith("Name") or attribute in ("Id", "Ref"):
            return self._physical(name)
        if attribute == "Arn" and kind in ARNS:
            rest = ARNS[kind].format(region=self.region, account=ACCOUNT, name=self._physical(name))
            return f"arn:aws:{rest}"
        if attribute == "Version":
            return "7"
        return f"{self._physical(name)}-{attribute}"


class _Nothing:
    def __repr__(self) -> str:
        return "nothing"


NOTHING = _Nothing()


def together(
    documents: Mapping[str, Any], given: Mapping[str, Mapping[str, str]], project: str, region: str
) -> dict[str, Stack]:
    """Return all stacks, each given its own parameters and the outputs of those before it, in the documents' order."""
    known: dict[str, str] = {}
    stacks = {}
    for name, document in documents.items():
        stack = Stack(f"{project}-{name}", document, {**known, **given.get(name, {})}, region)
        stacks[name] = stack
        if not stack.missing:
            known |= stack.outputs
    return stacks


def written(document: Any) -> str:
    """Return a document for people."""
    return json.dumps(document, indent=1)
