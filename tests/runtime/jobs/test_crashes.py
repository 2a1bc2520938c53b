"""Processes die at any moment: a job's effects happen once, and it always gets an end."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shipway.domain.job import JobKind, JobNameTaken, JobNotFound, JobStage, JobStatus, Transition
from shipway.domain.job_request import job_request
from shipway.targets.local.jobs import Jobs
from shipway.targets.local.jobs.folder import JobFolder
from shipway.targets.local.jobs.runner import ABANDONED
from shipway.targets.local.sandbox import support
from waiting import until
from workshop import Workshop

SHELL = "#!/bin/sh\n"
# Counts its starts in a place that outlives the job, then waits for a sign of the test.
GATED = SHELL + "echo started; while [ ! -e /opt/ml/input/data/go ]; do sleep 0.02; done; echo 1 > /opt/ml/model/m"


def folder(shop: Workshop, name: str = "job") -> JobFolder:
    return JobFolder(shop.home / "jobs" / name)


def started(shop: Workshop) -> None:
    until(lambda: "started" in shop.log(), what="the program's first words")


def go(shop: Workshop) -> None:
    (folder(shop).ml / "input/data/go").touch()


def start(shop: Workshop, script: str = GATED) -> None:
    request = job_request(JobKind.TRAINING, shop.training(shop.image(train=script)))
    shop.jobs.start(request, token="key")


def test_a_killed_engine_leaves_the_job_running_and_the_next_one_attaches(workshop: Workshop) -> None:
    image = workshop.image(train=GATED)
    document = workshop.training(image)
    code = textwrap.dedent(
        f"""
        import sys
        from pathlib import Path
        from shipway.domain.job import JobKind
        from shipway.domain.job_request import job_request
        from shipway.targets.local.images import Images
        from shipway.targets.local.jobs import Jobs
        from shipway.targets.local.store import Store
        home = Path({str(workshop.home)!r})
        jobs = Jobs(home, Images(home), Store(home / "store"), grace=0.5)
        jobs.start(job_request(JobKind.TRAINING, {document!r}), token="key")
        jobs.wait("job")
        """
    )
    engine = subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
    try:
        until(lambda: folder(workshop).known, what="the job")
        started(workshop)
    finally:
        os.killpg(engine.pid, signal.SIGKILL)
        engine.wait()
    runner = folder(workshop).runner()

    workshop.jobs.start(job_request(JobKind.TRAINING, document), token="key")
    assert folder(workshop).runner() == runner
    go(workshop)
    assert workshop.jobs.wait("job").status is JobStatus.COMPLETED
    assert workshop.log().count("started") == 1


def test_a_killed_runner_takes_its_program_along_and_the_job_fails(workshop: Workshop) -> None:
    start(workshop)
    started(workshop)
    pid = until(lambda: folder(workshop).runner())
    os.kill(pid, signal.SIGKILL)
    record = workshop.jobs.wait("job")
    assert (record.status, record.failure_reason) == (JobStatus.FAILED, ABANDONED)
    assert workshop.log().count("started") == 1


def test_a_runner_that_dies_before_the_program_started_is_replaced(workshop: Workshop) -> None:
    start(workshop, SHELL + "echo 1 > /opt/ml/model/m; echo started")
    pid = until(lambda: folder(workshop).runner())
    if not folder(workshop).launched:
        os.kill(pid, signal.SIGKILL)
    record = workshop.jobs.wait("job")
    assert record.status is JobStatus.COMPLETED
    assert workshop.log().count("started") == 1


def test_outputs_of_a_program_that_ended_well_survive_a_runner_killed_while_it_keeps_them(workshop: Workshop) -> None:
    # As left by a runner killed right after it entered Uploading.
    start(workshop)
    started(workshop)
    record = workshop.jobs.get("job")
    os.kill(until(lambda: folder(workshop).runner()), signal.SIGKILL)
    until(lambda: folder(workshop).runner() is None)
    (folder(workshop).ml / "model/m").write_text("whole")
    done = Transition(stage=JobStage.UPLOADING, at=datetime.now(UTC))
    folder(workshop).write_record(replace(record, transitions=(*record.transitions, done), exit_code=0))
    assert workshop.jobs.wait("job").status is JobStatus.COMPLETED
    assert workshop.store.head("data", "models/job/output/model.tar.gz").size > 50


def test_many_starters_at_once_start_one_job(workshop: Workshop) -> None:
    document = workshop.training(workshop.image(train=SHELL + "echo started; echo 1 > /opt/ml/model/m"))
    request = job_request(JobKind.TRAINING, document)
    engines = [workshop.engine() for _ in range(6)]
    threads = [threading.Thread(target=engine.start, args=(request,), kwargs={"token": "k"}) for engine in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {engine.wait("job").status for engine in engines} == {JobStatus.COMPLETED}
    assert workshop.log().count("started") == 1


def test_a_name_is_used_once(workshop: Workshop) -> None:
    workshop.train(SHELL + "true")
    request = workshop.jobs.request("job")
    with pytest.raises(JobNameTaken):
        workshop.jobs.start(request, token="another")


@pytest.mark.parametrize("reacts", [True, False])
def test_stop_ends_a_program_that_reacts_and_one_that_does_not(workshop: Workshop, reacts: bool) -> None:
    trap = "trap 'echo half > /opt/ml/model/m; exit 0' TERM" if reacts else "trap '' TERM"
    start(workshop, SHELL + f"{trap}; echo started; while :; do sleep 0.02; done")
    started(workshop)
    workshop.jobs.stop("job")
    assert workshop.jobs.get("job").status is JobStatus.STOPPING
    record = workshop.jobs.wait("job")
    assert (record.status, record.exit_code) == (JobStatus.STOPPED, 0 if reacts else 137)
    assert ("model" in record.empty) is not reacts
    workshop.jobs.stop("job")
    assert workshop.jobs.get("job") == record


def test_a_program_that_cannot_notice_sigterm_is_not_waited_for(workshop: Workshop) -> None:
    patient = Jobs(workshop.home, workshop.images, workshop.store, grace=100)
    request = job_request(JobKind.TRAINING, workshop.training(workshop.image(train=GATED)))
    patient.start(request)
    started(workshop)
    patient.stop("job")
    until(lambda: patient.get("job").status is JobStatus.STOPPED, seconds=20)
    assert patient.get("job").exit_code == 137


def test_stop_is_kept_when_the_runner_dies(workshop: Workshop) -> None:
    start(workshop)
    started(workshop)
    folder(workshop).ask_stop()
    os.kill(until(lambda: folder(workshop).runner()), signal.SIGKILL)
    assert workshop.jobs.wait("job").status is JobStatus.STOPPED


def test_cancelling_whoever_waits_stops_the_job(workshop: Workshop) -> None:
    start(workshop)
    started(workshop)
    cancelled = threading.Event()
    cancelled.set()
    assert workshop.jobs.wait("job", cancelled).status is JobStatus.STOPPED


def test_unfinished_jobs_get_a_runner_again_after_a_restart(workshop: Workshop) -> None:
    start(workshop)
    started(workshop)
    os.kill(until(lambda: folder(workshop).runner()), signal.SIGKILL)
    until(lambda: folder(workshop).runner() is None)
    assert workshop.engine().recover() == 1
    until(lambda: workshop.jobs.get("job").status is JobStatus.FAILED)


def test_a_job_whose_runners_cannot_even_start_is_given_up(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "broken" / "sitecustomize.py"
    broken.parent.mkdir()
    broken.write_text("import os; os.write(2, b'no memory'); os._exit(9)")
    monkeypatch.setenv("PYTHONPATH", str(broken.parent))
    start(workshop)
    record = workshop.jobs.wait("job")
    assert record.status is JobStatus.FAILED
    assert "10 processes that should run it died" in record.failure_reason
    assert "no memory" in record.failure_reason


def test_a_runner_that_ended_before_it_was_noted_does_not_live(tmp_path: Path) -> None:
    job = JobFolder(tmp_path)
    with subprocess.Popen(["true"]) as ended:
        until(lambda: Path(f"/proc/{ended.pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z")
        job.note_runner(ended.pid, 1)  # only its remains are there
        assert job.runner() is None
    assert job.runner() is None


def test_modules_in_the_working_folder_are_not_the_runners(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('not this one')")
    monkeypatch.chdir(tmp_path)
    assert workshop.train(SHELL + "true").status is JobStatus.COMPLETED


def test_the_log_can_be_followed_while_the_program_runs(workshop: Workshop) -> None:
    start(workshop)
    lines = workshop.jobs.logs("job", follow=True)
    first = next(line for line in lines if "[shipway]" not in line)
    assert first.endswith(" started")
    assert not workshop.jobs.get("job").status.final
    go(workshop)
    assert any("output model: 1 files" in line for line in lines)


def test_jobs_are_listed_newest_first_and_unknown_ones_are_refused(workshop: Workshop) -> None:
    for name in ("one", "two"):
        workshop.train(SHELL + "true", name)
    assert [record.name for record in workshop.jobs.list()] == ["two", "one"]
    for name in ("three", "../jobs/one", ".new"):
        with pytest.raises(JobNotFound):
            workshop.jobs.get(name)


def test_a_full_disk_fails_the_job_and_its_end_is_still_written(workshop: Workshop, tmp_path: Path) -> None:
    # A small disk of its own, for this process alone, in a namespace: no rights are needed to mount it.
    program = SHELL + "head -c 99000000 /dev/zero > /opt/ml/model/m || { echo disk >&2; exit 1; }"
    code = textwrap.dedent(
        f"""
        import sys
        from pathlib import Path
        sys.path.insert(0, {str(Path(__file__).parents[2])!r})
        from workshop import Workshop
        shop = Workshop(Path("/mnt"))
        record = shop.train({program!r})
        print(record.status.value, record.failure_reason)
        """
    )
    argv = [support().bwrap, "--dev-bind", "/", "/", "--size", "30000000", "--tmpfs", "/mnt", "--proc", "/proc"]
    argv += ["--unshare-user", "--unshare-pid", "--", sys.executable, "-c", code]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout.startswith("Failed "), done.stderr
    assert "disk" in done.stdout
