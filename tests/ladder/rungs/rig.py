"""The rig for a real account on ministack: what it makes there, until a type is missing, is taken away again.

The register of `emulators` says which types end it. SageMaker, which ministack does not know, is moto's.
"""

import json
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

import boto3
from tests.ladder.outcome import Outcome
from tests.ladder.rungs.emulators import REGISTER, ministack, moto
from tests.ladder.workbench import Bench

from contract import live
from shipway.domain import names
from shipway.targets.aws.errors import AwsRefused

PATIENCE = 60  # seconds


class Pointed(boto3.Session):
    """A session whose clients speak to one address, those of some services to others."""

    def __init__(self, address: str, **others: str) -> None:
        super().__init__(region_name=live.REGION, aws_access_key_id="testing", aws_secret_access_key="testing")
        self._address, self._others = address, others

    def client(self, service_name: str, **settings: object) -> object:  # type: ignore[override]
        """Return boto3's client of a service at its address."""
        address = self._others.get(service_name, self._address)
        return super().client(service_name, endpoint_url=address, **settings)  # type: ignore[call-overload]


def rung(_: Sequence[Bench]) -> Outcome:
    """Return what is left, and what ended it otherwise than the register tells."""
    lacks = json.loads(REGISTER.read_text())["ministack"]
    said: list[str] = []
    with ministack() as address, moto() as models, tempfile.TemporaryDirectory() as folder:
        world = live.World(session=Pointed(address, sagemaker=models), patience=PATIENCE, rest=0.05)
        stacks = live.Standing(live.project(Path(folder) / "tiny"), world, said.append)
        try:
            with live.session(stacks):
                refused: list[str] = []
        except AwsRefused as refusal:
            refused = sorted(re.findall(r"AWS::\w+::\w+", str(refusal)))
    made = [each for each in names.STACKS if f"{names.stack('tiny', each)} created" in said]
    ends = next(each for each in names.STACKS if each not in made)
    problems = [f"left: {line}" for line in stacks.left]
    if refused != lacks[ends]:
        problems.append(f"{ends} was refused for {refused}, and lacks {lacks[ends]} in the register")
    return Outcome(f"made {', '.join(made)}; {ends} lacks {', '.join(refused)}; all taken away again", problems)
