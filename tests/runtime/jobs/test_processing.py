"""Processing and transform jobs, each with a real program."""

import json

from shipway.domain.job import JobKind, JobStatus
from shipway.domain.values import JsonObject
from workshop import Workshop

PYTHON = "#!/usr/bin/env python\n"
SERVE = (
    PYTHON
    + """
import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def do_GET(self):
        self.answer(200, b"")
    def do_POST(self):
        text = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if "bad" in text:
            return self.answer(400, b"bad record")
        factor = float(open("/opt/ml/model/factor").read())
        sums = [sum(float(cell) for cell in line.split(",")) * factor for line in text.splitlines()]
        self.answer(200, "\\n".join(f"{value:g}" for value in sums).encode() + b"\\n")
    def log_message(self, *args):
        pass
http.server.ThreadingHTTPServer(("", 8080), Handler).serve_forever()
"""
)


def processing(shop: Workshop, script: str, **more: object) -> JsonObject:
    image = shop.image(**{"prepare.py": script})
    document: JsonObject = {
        "ProcessingJobName": "job",
        "RoleArn": "arn:aws:iam::000000000000:role/process",
        "AppSpecification": {"ImageUri": image.uri, "ContainerEntrypoint": ["prepare.py"]},
        "ProcessingResources": {
            "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 5}
        },
        "ProcessingInputs": [
            {
                "InputName": "raw",
                "S3Input": {
                    "S3Uri": "s3://data/raw.csv",
                    "LocalPath": "/opt/ml/processing/input/data",
                    "S3DataType": "S3Prefix",
                    "S3InputMode": "File",
                },
            }
        ],
        "ProcessingOutputConfig": {
            "Outputs": [
                {
                    "OutputName": "train",
                    "S3Output": {
                        "S3Uri": "s3://data/out/train",
                        "LocalPath": "/opt/ml/processing/output/train",
                        "S3UploadMode": "EndOfJob",
                    },
                }
            ]
        },
    }
    return document | more  # type: ignore[operator]


def test_processing_reads_its_inputs_and_its_outputs_are_kept_without_links(workshop: Workshop) -> None:
    workshop.store.put("data", "raw.csv", b"1\n2\n")
    script = PYTHON + "import json, pathlib, os\n"
    script += "ml = pathlib.Path('/opt/ml')\n"
    script += "out = ml / 'processing/output/train'\n"
    script += (
        "(out / 'deep').mkdir(); (out / 'deep/x.csv').write_text((ml / 'processing/input/data/raw.csv').read_text())\n"
    )
    script += "os.symlink('deep/x.csv', out / 'link'); os.mkfifo(out / 'pipe')\n"
    script += "(out / 'config').write_text((ml / 'config/processingjobconfig.json').read_text())\n"
    script += "(ml / 'output/message').write_text('2 rows')\n"
    record = workshop.run(JobKind.PROCESSING, processing(workshop, script))
    assert record.status is JobStatus.COMPLETED, workshop.log()
    assert record.exit_message == "2 rows"
    keys = [version.key for version in workshop.store.list("data", "out/")]
    assert keys == ["out/train/config", "out/train/deep/x.csv"]
    assert workshop.store.read("data", "out/train/deep/x.csv") == b"1\n2\n"
    config = json.loads(workshop.store.read("data", "out/train/config"))
    assert config["ProcessingInputs"][0]["S3Input"]["S3Uri"] == "s3://data/raw.csv"
    assert workshop.jobs.describe("job")["ExitMessage"] == "2 rows"


def test_nothing_of_a_failed_processing_job_is_kept(workshop: Workshop) -> None:
    workshop.store.put("data", "raw.csv", b"1\n")
    script = "#!/bin/sh\necho half > /opt/ml/processing/output/train/half; exit 3"
    record = workshop.run(JobKind.PROCESSING, processing(workshop, script))
    assert (record.status, record.exit_code) == (JobStatus.FAILED, 3)
    assert not list(workshop.store.list("data", "out/"))


def transform(shop: Workshop, **more: object) -> JsonObject:
    trainer = shop.image("trainer", train="#!/bin/sh\necho 10 > /opt/ml/model/factor")
    shop.run(JobKind.TRAINING, shop.training(trainer, "trained"))
    served = shop.image("served", serve=SERVE)
    shop.models["sum"] = (served.uri, "s3://data/models/trained/output/model.tar.gz")
    document: JsonObject = {
        "TransformJobName": "job",
        "ModelName": "sum",
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://data/batch"}},
            "ContentType": "text/csv",
            "SplitType": "Line",
        },
        "TransformOutput": {"S3OutputPath": "s3://data/answers", "AssembleWith": "Line", "Accept": "text/csv"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    }
    return document | more  # type: ignore[operator]


def test_transform_asks_the_served_model_for_every_line(workshop: Workshop) -> None:
    workshop.store.put("data", "batch/a.csv", b"1,2\n3,4\n")
    workshop.store.put("data", "batch/b.csv", b"5,6\n")
    record = workshop.run(JobKind.TRANSFORM, transform(workshop))
    assert record.status is JobStatus.COMPLETED, workshop.log()
    assert workshop.store.read("data", "answers/a.csv.out") == b"30\n70\n"
    assert workshop.store.read("data", "answers/b.csv.out") == b"110\n"


def test_transform_filters_its_input_and_joins_the_answers(workshop: Workshop) -> None:
    workshop.store.put("data", "batch/a.csv", b"id1,1,2\nid2,3,4\n")
    rules = {"InputFilter": "$[1:]", "JoinSource": "Input", "OutputFilter": "$[0:]"}
    record = workshop.run(JobKind.TRANSFORM, transform(workshop, DataProcessing=rules))
    assert record.status is JobStatus.COMPLETED, workshop.log()
    assert workshop.store.read("data", "answers/a.csv.out") == b"id1,1,2,30\nid2,3,4,70\n"


def test_transform_fails_with_the_models_own_words(workshop: Workshop) -> None:
    workshop.store.put("data", "batch/a.csv", b"bad\n")
    record = workshop.run(JobKind.TRANSFORM, transform(workshop))
    assert record.status is JobStatus.FAILED
    assert record.failure_reason == "a.csv: line 1: the model answered 400: bad record"
