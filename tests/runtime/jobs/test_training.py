"""Training jobs, each with real namespaces and a real program."""

import io
import json
import tarfile

import pytest

from shipway.domain.job import JobKind, JobStage, JobStatus
from shipway.domain.job_request import job_request
from workshop import Workshop

SHELL = "#!/bin/sh\n"
PYTHON = "#!/usr/bin/env python\n"


def archive(shop: Workshop, key: str) -> dict[str, bytes]:
    """Return the files of a stored tar.gz."""
    with tarfile.open(fileobj=io.BytesIO(shop.store.read("data", key))) as tar:
        return {entry.name: tar.extractfile(entry).read() for entry in tar if entry.isreg()}  # type: ignore[union-attr]


def test_a_program_sees_its_contract_and_its_model_is_kept(workshop: Workshop) -> None:
    workshop.store.put("data", "in/train/a.csv", b"1,2\n")
    workshop.store.put("data", "in/train/deep/b.csv", b"3,4\n")
    script = (
        PYTHON
        + """
import json, os, pathlib
ml = pathlib.Path("/opt/ml")
seen = {
    "hyperparameters": json.loads((ml / "input/config/hyperparameters.json").read_text()),
    "inputdataconfig": json.loads((ml / "input/config/inputdataconfig.json").read_text()),
    "hosts": json.loads((ml / "input/config/resourceconfig.json").read_text())["hosts"],
    "files": sorted(str(p.relative_to(ml / "input/data")) for p in (ml / "input/data").rglob("*") if p.is_file()),
    "job": os.environ["TRAINING_JOB_NAME"],
    "home": os.environ["HOME"],
    "extra": os.environ["EXTRA"],
    "cwd": os.getcwd(),
}
(ml / "model/seen.json").write_text(json.dumps(seen))
(ml / "output/data/plot.txt").write_text("plot")
print("loss=0.25")
print("loss=0.125")
"""
    )
    channel = {"ChannelName": "train", "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix"}}}
    channel["DataSource"]["S3DataSource"]["S3Uri"] = "s3://data/in/train"  # type: ignore[index]
    image = workshop.image(train=script)
    document = workshop.training(
        image,
        InputDataConfig=[channel],
        HyperParameters={"depth": "7"},
        Environment={"EXTRA": "yes"},
    )
    document["AlgorithmSpecification"]["MetricDefinitions"] = [  # type: ignore[index,call-overload]
        {"Name": "loss", "Regex": "loss=([0-9.]+)"}
    ]

    record = workshop.run(JobKind.TRAINING, document)

    assert record.status is JobStatus.COMPLETED, workshop.log()
    seen = json.loads(archive(workshop, "models/job/output/model.tar.gz")["seen.json"])
    assert seen["hyperparameters"] == {"depth": "7"}
    assert seen["inputdataconfig"]["train"]["TrainingInputMode"] == "File"
    assert seen["files"] == ["train/a.csv", "train/deep/b.csv"]
    assert (seen["job"], seen["home"], seen["extra"], seen["cwd"]) == ("job", "/tmp", "yes", "/opt/program")
    assert seen["hosts"] == ["algo-1"]
    assert archive(workshop, "models/job/output/output.tar.gz") == {"plot.txt": b"plot"}
    described = workshop.jobs.describe("job")
    assert described["ModelArtifacts"] == {"S3ModelArtifacts": "s3://data/models/job/output/model.tar.gz"}
    assert described["FinalMetricDataList"][0]["Value"] == 0.125  # type: ignore[index,call-overload]
    assert [step.stage for step in record.transitions] == [
        JobStage.STARTING,
        JobStage.DOWNLOADING,
        JobStage.TRAINING,
        JobStage.UPLOADING,
        JobStage.COMPLETED,
    ]


def test_the_same_model_makes_the_same_archive(workshop: Workshop) -> None:
    script = SHELL + "mkdir /opt/ml/model/d; echo b > /opt/ml/model/d/b; echo a > /opt/ml/model/a"
    for name in ("one", "two"):
        assert workshop.train(script, name).status is JobStatus.COMPLETED
    first, second = (workshop.store.head("data", f"models/{name}/output/model.tar.gz") for name in ("one", "two"))
    assert first.sha256 == second.sha256


def test_a_failure_file_is_the_reason(workshop: Workshop) -> None:
    record = workshop.train(SHELL + "printf 'column x is missing' > /opt/ml/output/failure; exit 1")
    assert (record.status, record.exit_code) == (JobStatus.FAILED, 1)
    assert record.failure_reason == "column x is missing"
    assert workshop.store.head("data", "models/job/output/output.tar.gz")
    assert not list(workshop.store.list("data", "models/job/output/model"))


def test_without_a_failure_file_exit_code_and_last_words_are_the_reason(workshop: Workshop) -> None:
    record = workshop.train(PYTHON + "import sys\nprint('reading'); raise SystemExit('no rows')")
    assert record.failure_reason == (
        "the program ended with exit code 1 and left no /opt/ml/output/failure; its last words: no rows"
    )


def test_a_program_that_is_not_there_is_named(workshop: Workshop) -> None:
    record = workshop.run(JobKind.TRAINING, workshop.training(workshop.image(other=SHELL)))
    assert record.status is JobStatus.FAILED
    assert "train" in record.failure_reason


@pytest.mark.parametrize("ignoring", [False, True])
def test_a_program_that_hangs_meets_its_time_limit(workshop: Workshop, ignoring: bool) -> None:
    trap = "trap '' TERM" if ignoring else "trap 'echo leaving; echo half > /opt/ml/model/m; exit 0' TERM"
    script = SHELL + f"{trap}\necho waiting\nwhile :; do sleep 0.05; done"
    record = workshop.train(script, StoppingCondition={"MaxRuntimeInSeconds": 1})
    assert (record.status, record.stage) == (JobStatus.STOPPED, JobStage.MAX_RUNTIME_EXCEEDED)
    assert record.failure_reason == "the program ran longer than its limit of 1 s (MaxRuntimeInSeconds)"
    assert record.exit_code == (137 if ignoring else 0)
    assert ("leaving" in workshop.log()) is not ignoring
    assert bool(archive(workshop, "models/job/output/model.tar.gz")) is not ignoring


def test_no_model_is_told(workshop: Workshop) -> None:
    record = workshop.train(SHELL + "exit 0")
    assert record.status is JobStatus.COMPLETED
    assert "model" in record.empty
    assert archive(workshop, "models/job/output/model.tar.gz") == {}
    assert "left nothing in /opt/ml/model" in workshop.log()


def test_output_in_parts_is_one_line_and_the_last_one_needs_no_end(workshop: Workshop) -> None:
    workshop.train(SHELL + "printf one; sleep 0.05; printf ' two\\n'; echo err >&2; printf last")
    lines = workshop.log().splitlines()
    assert [line for line in lines if not line.startswith("[shipway]")] == ["one two", "err", "last"]


def test_a_link_that_leaves_the_model_folder_is_refused(workshop: Workshop) -> None:
    record = workshop.train(SHELL + "ln -s ../output/data /opt/ml/model/out")
    assert record.status is JobStatus.FAILED
    assert record.failure_reason == "the link out leads out of /opt/ml/model, to ../output/data"


def test_missing_input_fails_before_the_program_runs(workshop: Workshop) -> None:
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://data/nothing"}}
    record = workshop.train(SHELL + "true", InputDataConfig=[{"ChannelName": "train", "DataSource": source}])
    assert record.status is JobStatus.FAILED
    assert record.started is None
    assert "nothing" in record.failure_reason


def test_a_missing_bucket_fails_before_the_program_runs(workshop: Workshop) -> None:
    record = workshop.train(SHELL + "true", OutputDataConfig={"S3OutputPath": "s3://nowhere/x"})
    assert record.started is None
    assert "nowhere" in record.failure_reason


def test_checkpoints_of_one_run_are_there_in_the_next(workshop: Workshop) -> None:
    script = SHELL + "cat /opt/ml/checkpoints/n 2>/dev/null; echo 1 >> /opt/ml/checkpoints/n; exit 1"
    where = {"S3Uri": "s3://data/checkpoints"}
    for name in ("one", "two"):
        workshop.train(script, name, CheckpointConfig=where)
    assert workshop.store.read("data", "checkpoints/n") == b"1\n1\n"


def test_a_program_cannot_write_more_than_its_volume(workshop: Workshop) -> None:
    script = PYTHON + "import os\nf = os.open('/opt/ml/model/m', os.O_CREAT | os.O_WRONLY)\nos.truncate(f, 3 << 30)"
    record = workshop.train(script, ResourceConfig={"InstanceCount": 2, "VolumeSizeInGB": 1})
    assert record.status is JobStatus.FAILED
    assert "File too large" in record.failure_reason
    assert record.warnings == ("ResourceConfig.InstanceCount is 2: there is one host here",)


def test_an_isolated_job_has_no_network_but_its_own_loopback(workshop: Workshop) -> None:
    script = PYTHON + "import os, socket\nprint(os.path.exists('/sys/class/net'), socket.if_nameindex())"
    workshop.train(script, EnableNetworkIsolation=True)
    assert workshop.log().splitlines()[0] == "False [(1, 'lo')]"


def test_the_home_folder_and_this_machines_files_are_out_of_sight(workshop: Workshop) -> None:
    secret = workshop.home / "keys" / "service"
    secret.parent.mkdir()
    secret.write_text("secret")
    script = PYTHON + f"import os\nprint(os.path.exists({str(secret)!r}), os.path.exists('/etc/shadow'))\n"
    script += "print(sorted(os.listdir('/tmp')), len([p for p in os.listdir('/proc') if p.isdigit()]))\n"
    script += "print('SSH_AUTH_SOCK' in os.environ, os.environ.get('PYTHONPATH'))"
    workshop.train(script)
    lines = [line for line in workshop.log().splitlines() if not line.startswith("[shipway]")]
    assert lines[0] == "False False"
    assert lines[1].endswith(" 1")
    assert lines[2] == "False None"


def test_two_jobs_run_at_once_and_each_has_its_own_folders(workshop: Workshop) -> None:
    workshop.store.put("data", "meet/keep", b"")
    script = SHELL + "echo $TRAINING_JOB_NAME > /opt/ml/model/name; echo $TRAINING_JOB_NAME > /tmp/x; cat /tmp/x"
    image = workshop.image(train=script)
    names = ["a", "b", "c"]
    for name in names:
        workshop.jobs.start(job_request(JobKind.TRAINING, workshop.training(image, name)))
    for name in names:
        assert workshop.jobs.wait(name).status is JobStatus.COMPLETED
        assert archive(workshop, f"models/{name}/output/model.tar.gz") == {"name": f"{name}\n".encode()}
