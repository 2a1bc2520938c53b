"""Projects whose documents are kept, and the place that they are rendered for."""

from pathlib import Path

from shipway.domain.project import Project
from shipway.project.decode import decode
from shipway.targets.aws.resources.place import Place
from shipway.targets.aws.resources.settings import Hooks

ROOT = Path(__file__).parents[2]
PLACE = Place(account="111122223333", region="us-east-1")
LONG_PLACE = Place(account="111122223333", region="ap-southeast-2")
HOOKS = Hooks(pre_traffic=True, post_traffic=True)


def example(name: str, more: str = "") -> Project:
    """Return an example's project. more: TOML that is added to its file."""
    text = (ROOT / "examples" / name / "shipway.toml").read_text() + more
    return decode(text.encode())


ALARMS = """
[[alarms]]
name = "slow"
metric = "Latency"
statistic = "p99"
evaluation_periods = 5
datapoints_to_alarm = 3
threshold = 250.0
low_samples = "ignore"
each_release = true
description = "answers take long"

[[alarms]]
name = "busy"
metric = "CPUUtilization"
period = "5m"
threshold = 180.0
missing = "notBreaching"

[[alarms]]
name = "slow-for-many"
rule = 'ALARM("slow") AND NOT ALARM("no-traffic")'
description = "answers take long while there are callers"
"""
HOOKS_OF_PEOPLE = 'webhooks = ["https://chat.example.org/hooks/1"]\n'
FLIGHTS = example(
    "flights",
    f'\n[notifications]\nmail = ["ml@example.org"]\n{HOOKS_OF_PEOPLE}[aws]\nrepository = "acme/flights"\n{ALARMS}',
)
DIGITS = example("digits", '\n[aws]\nsource = "codecommit"\nmonitor = "managed"\nnat_gateways = 2\n')
LONGEST = Project(name="p" * 32)
