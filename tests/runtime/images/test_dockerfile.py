"""What is read from a Dockerfile."""

import pytest

from shipway.targets.local.images.dockerfile import read_dockerfile
from shipway.targets.local.images.image import SYSTEM_PATH
from shipway.targets.local.images.run import read_run


def test_a_whole_file() -> None:
    reading = read_dockerfile(
        """
ARG VERSION=3.11
FROM python:${VERSION}-slim
# a comment
ENV PYTHONUNBUFFERED=TRUE \\
    PATH="/opt/program:${PATH}"
ENV OLD form
LABEL com.amazonaws.sagemaker.capabilities.accept-bind-to-port=true owner="the team"
WORKDIR /opt
COPY --chmod=755 code/ program/
COPY a.txt b.txt /data/
WORKDIR program
USER nobody
ENTRYPOINT ["python", "-m", "awslambdaric"]
CMD ["handler.handler"]
"""
    )
    assert (reading.base, reading.python) == ("python:3.11-slim", "3.11")
    recipe = reading.recipe
    assert recipe.environment == {
        "PYTHONUNBUFFERED": "TRUE",
        "PATH": f"/opt/program:{SYSTEM_PATH}",
        "OLD": "form",
    }
    assert recipe.binds_to_port
    assert recipe.labels["owner"] == "the team"
    assert (recipe.entrypoint, recipe.cmd) == (("python", "-m", "awslambdaric"), ("handler.handler",))
    assert (recipe.workdir, recipe.user) == ("/opt/program", "nobody")
    copies = [(copy.sources, copy.target, copy.mode) for copy in reading.copies]
    assert copies == [(("code/",), "/opt/program", 0o755), (("a.txt", "b.txt"), "/data", None)]
    assert reading.warnings == []


def test_the_shell_form_goes_through_a_shell_and_an_entrypoint_forgets_the_command() -> None:
    recipe = read_dockerfile("FROM x\nCMD a\nENTRYPOINT serve --port 8080").recipe
    assert (recipe.entrypoint, recipe.cmd) == (("/bin/sh", "-c", "serve --port 8080"), ())


def test_of_several_stages_the_last_counts_with_what_it_inherits() -> None:
    reading = read_dockerfile(
        "FROM python:3.11 AS base\nENV A=1\nCOPY a /a\nFROM base AS more\nENV B=2\nFROM more\nCMD c\n"
    )
    assert reading.recipe.environment == {"A": "1", "B": "2"}
    assert [copy.target for copy in reading.copies] == ["/a"]


def test_packages_of_another_stage_are_taken_over() -> None:
    reading = read_dockerfile(
        "FROM python:3.11 AS packages\nCOPY a.lock /opt/\nRUN python -m venv /v && /v/bin/pip install -r /opt/a.lock\n"
        "FROM python:3.11\nCOPY --from=packages /v /v\nCOPY code /opt/program\n"
    )
    (packages,) = reading.taken
    assert (packages.requirements, reading.requirements, reading.warnings) == (["/opt/a.lock"], [], [])
    assert [copy.target for copy in reading.copies] == ["/opt/program"]
    assert reading.packages == ["/v"]


def test_a_stage_without_a_name_has_a_number_and_what_it_could_not_do_is_told() -> None:
    reading = read_dockerfile(
        "FROM x\nRUN pip install -r a.txt\nRUN make\nFROM x\nCOPY --from=0 /usr/local /usr/local\n"
    )
    assert [layer.requirements for layer in reading.taken] == [["/a.txt"]]
    assert reading.warnings == ["line 3: not run here: make"]


def test_files_of_another_stage_are_not_taken_for_its_packages() -> None:
    reading = read_dockerfile(
        "FROM x AS made\nCOPY src /src\nRUN pip install -r /src/a.txt\nFROM x\nCOPY --from=made /src /opt/program\n"
    )
    assert reading.taken == []
    assert reading.warnings[0].startswith("line 5: files of another image or stage are not copied here")


@pytest.mark.parametrize(
    ("lines", "warning"),
    [
        ("COPY --from=build /x /y", "line 2: files of another image or stage are not copied here"),
        ("ADD https://example.com/x /y", "line 2: only files of the build context are copied here"),
        ("RUN apt-get update && apt-get install -y libnowhere", "line 2: apt packages are this machine's here"),
        ("RUN curl -o x y", "line 2: not run here: curl -o x y"),
        ("RUN pip install numpy", "line 2: not locked, so not installed here: numpy"),
        ('SHELL ["bash"]', "line 2: SHELL is not done here"),
    ],
)
def test_what_cannot_be_had_here_is_told_with_its_line(lines: str, warning: str) -> None:
    (told,) = read_dockerfile(f"FROM python:3.11\n{lines}\n").warnings
    assert told.startswith(warning)


@pytest.mark.parametrize(
    ("line", "requirements"),
    [
        ("pip install -r /tmp/requirements.txt", ["/tmp/requirements.txt"]),
        ("pip3 install --no-cache-dir -r a.txt && rm -rf /root/.cache", ["a.txt"]),
        ("python3 -m pip install -U pip; python -m pip install -ra.txt -c c.txt", ["a.txt"]),
        ("uv pip install --system --require-hashes -r requirements.lock", ["requirements.lock"]),
        ("uv venv /v && uv pip install --python /v/bin/python -r a.lock", ["a.lock"]),
        ("python3.13 -m venv --without-pip /v; /v/bin/pip install --prefix /p -r a.txt", ["a.txt"]),
        ("apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt", []),
    ],
)
def test_installing_requirements_is_what_the_environment_is_for(line: str, requirements: list[str]) -> None:
    found = read_run(line, {})
    assert (found.requirements, found.warnings) == (requirements, [])


def test_chmod_is_followed() -> None:
    assert read_run("chmod +x /opt/program/train $P/serve", {"P": "/p"}).executable == [
        "/opt/program/train",
        "/p/serve",
    ]
    assert read_run("chmod 644 /opt/program/train", {}).executable == []
