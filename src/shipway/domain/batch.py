"""Batch: a release's model asked for every record of some objects, as a durable execution around a transform job."""

from dataclasses import dataclass

from shipway.domain import names
from shipway.domain.errors import ShipwayError
from shipway.domain.transform_header import ADD_TRANSFORM_HEADER
from shipway.domain.values import Json, JsonObject

SKIPPED_LINES = "SHIPWAY_SKIPPED_LINES"  # lines before the first record of each file, so that errors name the right one
LINE, WHOLE = "Line", "None"


class BatchNotFound(ShipwayError):
    """Nothing was started under this name."""

    message = "batch {batch!r} does not exist"
    hint = "list them: shipway batch list"
    exit_code = 4
    status = 404


class BatchInputMissing(ShipwayError):
    """A prefix without objects."""

    message = "there is no object below {uri}"
    hint = "upload some first: shipway data put FOLDER {uri}"
    exit_code = 4
    status = 404


class BatchNeedsRelease(ShipwayError):
    """No release was named, and none is live."""

    message = "no release is live that could answer"
    hint = "name one with --release N: shipway releases"
    exit_code = 4
    status = 404


class BatchInvalid(ShipwayError):
    """Settings that do not go together."""

    message = "the batch cannot be started: {problem}"
    hint = "see shipway batch start --help"
    exit_code = 2
    status = 422


class BatchFailed(ShipwayError):
    """It ended without its output."""

    message = "batch {batch} {status}: {reason}"
    hint = "read its log: shipway logs {batch}"
    exit_code = 3
    status = 422


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRequest:
    """What is asked. The fields without a note are CreateTransformJob's own.

    input: s3 name of a prefix or an object. output: s3 name of a prefix, "" for a place in the artifacts.
    release: its number, 0 for the live one. header: whether the first line of each file names its columns; that line
    is not sent. columns: names of what the model answers; the finished files then begin with a header row.
    payload: MaxPayloadInMB, 0 for no limit. concurrent: MaxConcurrentTransforms.
    """

    input: str
    output: str = ""
    release: int = 0
    header: bool = False
    columns: tuple[str, ...] = ()
    content_type: str = "text/csv"
    accept: str = "text/csv"
    split: str = LINE
    assemble: str = LINE
    strategy: str = "MultiRecord"
    payload: int = 6
    concurrent: int = 1
    join: str = WHOLE
    input_filter: str = "$"
    output_filter: str = "$"


def check(request: BatchRequest) -> BatchRequest:
    """Return the request if its settings go together. Raises BatchInvalid."""
    csv = request.content_type == "text/csv"
    problem = ""
    if request.header and not (csv and request.split == LINE):
        problem = "a header row is for CSV that is split by lines"
    elif request.columns and request.assemble != LINE:
        problem = "columns need rows: assemble by lines"
    elif request.columns and request.join == "Input" and not request.header and request.output_filter == "$":
        problem = "joined rows need the names of the source's columns, and its files have no header row"
    elif request.join == "Input" and request.split != LINE:
        problem = "answers are joined to records, and the files are not split"
    if problem:
        raise BatchInvalid(problem=problem)
    return request


def joined(request: BatchRequest) -> bool:
    """Return whether each answer stands behind its whole source row."""
    return request.join == "Input" and request.output_filter == "$"


def transform_job(name: str, model: str, request: BatchRequest, source: str, output: str) -> JsonObject:
    """Return the CreateTransformJob document. source, output: s3 prefixes that are read and written."""
    processing: JsonObject = {
        "InputFilter": request.input_filter,
        "OutputFilter": request.output_filter,
        "JoinSource": request.join,
    }
    return {
        "TransformJobName": name,
        "ModelName": model,
        "BatchStrategy": request.strategy,
        "MaxConcurrentTransforms": request.concurrent,
        "MaxPayloadInMB": request.payload,
        "Environment": {SKIPPED_LINES: "1"} if request.header else {},
        "TransformInput": {
            "ContentType": request.content_type,
            "SplitType": request.split,
            "CompressionType": "None",
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": source}},
        },
        "TransformOutput": {"S3OutputPath": output, "Accept": request.accept, "AssembleWith": request.assemble},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
        "DataProcessing": processing,
    }


def document(project: str) -> JsonObject:
    """Return the state machine of a batch. Its input: Batch (its name) and Request (BatchRequest as an object)."""
    header: JsonObject = {
        "S3Uri.$": "$.Prepare.Raw",
        "Header.$": "$.Prepare.Header",
        "OutputS3Uri.$": "$.Prepare.Output",
    }
    return {
        "Comment": f"Batch of {project}",
        "StartAt": "Prepare",
        "States": {
            "Prepare": {
                "Type": "Task",
                "Resource": "arn:aws:states:::shipway:prepareBatch",
                "ResultPath": "$.Prepare",
                "Next": "Transform",
            },
            "Transform": {
                "Type": "Task",
                "Resource": "arn:aws:states:::sagemaker:createTransformJob.sync",
                "InputPath": "$.Prepare.Transform",
                "ResultPath": "$.Transform",
                "Next": "Headed?",
            },
            "Headed?": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.Prepare.Headed", "BooleanEquals": True, "Next": "Add header"}],
                "Default": "Done",
            },
            "Add header": {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Parameters": {
                    "FunctionName": names.platform_function(project, ADD_TRANSFORM_HEADER),
                    "Payload": header,
                },
                "ResultPath": "$.Headed",
                "Next": "Done",
            },
            "Done": {"Type": "Succeed"},
        },
    }


def prepared(transform: JsonObject, header: tuple[str, ...], raw: str, output: str) -> Json:
    """Return what the first state tells the others. raw: where the transform writes; output: where people look."""
    columns: list[Json] = [*header]
    return {"Transform": transform, "Header": columns, "Headed": bool(header), "Raw": raw, "Output": output}
