"""What AWS charges, as dated tables. No table is the truth for long: an estimate tells which one it was made with."""

from collections.abc import Mapping
from dataclasses import dataclass, field

HOURS = 730  # of a month, as AWS's own calculator counts


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceTable:
    """Prices in US dollars, before taxes.

    region: whose prices they are. dated: when they were read. source: where, to look again.
    hosting, job: instance type -> an hour of an endpoint's instance, of a training or processing job's.
    fixed: what else -> its price, named by what it is counted in.
    """

    region: str
    dated: str
    source: str
    hosting: Mapping[str, float]
    job: Mapping[str, float] = field(default_factory=dict)
    fixed: Mapping[str, float] = field(default_factory=dict)


_M5 = {"ml.m5.large": 0.115, "ml.m5.xlarge": 0.23, "ml.m5.2xlarge": 0.461, "ml.m5.4xlarge": 0.922}
_C5 = {"ml.c5.large": 0.102, "ml.c5.xlarge": 0.204, "ml.c5.2xlarge": 0.408, "ml.c5.4xlarge": 0.816}

LISTED = PriceTable(
    region="us-east-1",
    dated="2026-03",
    source="aws.amazon.com/sagemaker/pricing and its neighbours, as public listings quote them",
    hosting={**_M5, **_C5, "ml.t2.medium": 0.056, "ml.t2.large": 0.111, "ml.g4dn.xlarge": 0.736},
    job={**_M5, **_C5, "ml.t3.medium": 0.05, "ml.m4.xlarge": 0.24, "ml.g4dn.xlarge": 0.736},
    fixed={
        "NAT gateway, hour": 0.045,
        "network interface endpoint, hour": 0.01,
        "public address, hour": 0.005,
        "key, month": 1.0,
        "alarm, month": 0.10,
        "alarm on alarms, month": 0.50,
        "dashboard, month": 3.0,
        "secret, month": 0.40,
        "queue that a function empties, month": 0.26,  # 5 pollers that ask each 20 s, at $0.40 a million
        "pipeline action, minute": 0.002,
        "build, minute": 0.01,
        "state transition": 0.000025,
        "API request": 0.0000035,
        "function request": 0.0000002,
        "function, GB second": 0.0000166667,
        "object storage, GB month": 0.023,
        "image storage, GB month": 0.10,
        "shared volume, GB month": 0.30,
        "logs, GB": 0.50,
    },
)

# The prices of the project that Shipway follows, for comparison: its README, "Running Costs".
FOLLOWED = PriceTable(
    region="us-east-1",
    dated="2021",
    source="github.com/aws-samples/amazon-sagemaker-safe-deployment-pipeline, README at 00ec67d",
    hosting={"ml.t2.medium": 0.065, "ml.m5.large": 0.134},
    job={"ml.m4.xlarge": 0.28, "ml.m5.xlarge": 0.269},
    fixed={
        "key, month": 1.0,
        "alarm, month": 0.10,
        "alarm on alarms, month": 0.50,
        "dashboard, month": 3.0,
        "object storage, GB month": 0.023,
        "function request": 0.0000002,
    },
)
