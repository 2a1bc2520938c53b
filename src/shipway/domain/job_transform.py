"""CreateTransformJob documents: a model's own `serve`, asked for every record of some objects."""

import re
from typing import Final

from shipway.domain.job import ML, Input, JobKind, JobRequest, Output
from shipway.domain.job_reader import Reader
from shipway.domain.values import JsonObject

FOLDER: Final = f"{ML}/transform"
PLAN: Final = f"{FOLDER}/plan.json"
HOUR: Final = 3600
_MODEL = r"[a-zA-Z0-9](-*[a-zA-Z0-9])*"
# What the filters can say here: the whole record, one column or a range of a CSV line, one field of a JSON object.
FILTER = re.compile(r"\$|\$\[(-?\d+)\]|\$\[(-?\d*):(-?\d*)\]|\$\.([A-Za-z_]\w*)")
_FIELDS = frozenset(
    """
    BatchStrategy DataCaptureConfig DataProcessing Environment ExperimentConfig MaxConcurrentTransforms
    MaxPayloadInMB ModelClientConfig ModelName Tags TransformInput TransformJobName TransformOutput
    TransformResources
    """.split()  # noqa: SIM905 - a table is easier to read without quotes
)


def read_transform(name: str, reader: Reader) -> JobRequest:
    """Return the job; its plan.json tells the program that asks `serve` what to send and how to put answers together.

    Each input object becomes `<S3OutputPath>/<its name>.out`.
    """
    reader.only(_FIELDS)
    source = reader.object("TransformInput", required=True)
    source.choice("CompressionType", ("None",), "None")
    objects = source.object("DataSource", required=True).object("S3DataSource", required=True)
    objects.choice("S3DataType", ("S3Prefix",), "S3Prefix")
    target = reader.object("TransformOutput", required=True)
    client = reader.object("ModelClientConfig")
    return JobRequest(
        name=name,
        kind=JobKind.TRANSFORM,
        image="",
        model=reader.text("ModelName", _MODEL, 63),
        document=reader.value,
        seconds=28 * 24 * HOUR,
        volume=0,
        environment=reader.strings("Environment", 16, (1024, 10240)),
        files={
            PLAN: {
                "content_type": source.text("ContentType", default="text/csv"),
                "accept": target.text("Accept", default=""),
                "split": source.choice("SplitType", ("None", "Line"), "None"),
                "assemble": target.choice("AssembleWith", ("None", "Line"), "None"),
                "batch": reader.choice("BatchStrategy", ("MultiRecord", "SingleRecord"), "MultiRecord"),
                "concurrent": reader.number("MaxConcurrentTransforms", 0, 100, 1) or 1,
                "payload": reader.number("MaxPayloadInMB", 0, 100, 6) << 20,
                "seconds": client.number("InvocationsTimeoutInSeconds", 1, HOUR, 600),
                "retries": client.number("InvocationsMaxRetries", 0, 3, 0),
                **_processing(reader),
            }
        },
        inputs=(Input(name="input", uri=objects.uri("S3Uri"), path=f"{FOLDER}/input"),),
        outputs=(Output(name="output", path=f"{FOLDER}/output", uri=target.uri("S3OutputPath")),),
        isolated=True,
    )


def _processing(reader: Reader) -> JsonObject:
    processing = reader.object("DataProcessing")
    filters = {}
    for field in ("InputFilter", "OutputFilter"):
        text = processing.text(field, most=63, default="$")
        if not FILTER.fullmatch(text):
            processing.say(field, f"{text!r} is not supported here, only $, $[n], $[n:m] and $.name")
        filters[field] = text
    return {
        "input_filter": filters["InputFilter"],
        "output_filter": filters["OutputFilter"],
        "join": processing.choice("JoinSource", ("None", "Input"), "None"),
    }
