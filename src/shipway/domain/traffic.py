"""How requests are split between versions of a function: what may be asked, and the numbers a balancer needs."""

import hashlib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from shipway.domain.errors import ShipwayError

WINDOW = 1024  # requests over which HAProxy keeps a mean
BUCKETS = 10_000  # callers are told apart in hundredths of a percent
CLIENT = "x-shipway-client"  # the header in which the gateway tells who called, after it has checked the key
MOST = 256  # the highest weight that a server can have in HAProxy


class InvalidWeights(ShipwayError):
    """A split that no balancer can keep."""

    message: ClassVar[str] = "weights {weights} cannot be set: {problem}"
    hint: ClassVar[str] = "name one or two versions with whole percents that add up to 100"
    exit_code: ClassVar[int] = 2
    status: ClassVar[int] = 400


class VersionNotFound(ShipwayError):
    """Nothing of this version runs."""

    message: ClassVar[str] = "function {function!r} has no version {version!r}; there are: {known}"
    hint: ClassVar[str] = "publish it first"
    exit_code: ClassVar[int] = 4
    status: ClassVar[int] = 404


class StickyInvalid(ShipwayError):
    """A way to recognize callers that is none."""

    message: ClassVar[str] = "callers cannot stick by {text!r}: {problem}"
    hint: ClassVar[str] = 'write "none", "key", "header:NAME" or "cookie:NAME"'
    exit_code: ClassVar[int] = 2
    status: ClassVar[int] = 400


class KeyNameInvalid(ShipwayError):
    """A client's name that could not be written into a table."""

    message: ClassVar[str] = "{name!r} cannot be a client's name"
    hint: ClassVar[str] = "use 1 to 64 letters, digits, dots, hyphens and underscores"
    exit_code: ClassVar[int] = 2
    status: ClassVar[int] = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What one version has answered since it was published.

    requests: all answers. ok: 1xx to 3xx; client_errors: 4xx; server_errors: 5xx.
    failures: attempts that its processes left without an answer; most were answered by another process, so they are
    not part of `requests`, but a version that dies under traffic shows here.
    latency_ms: mean time to the answer over about the last thousand.
    """

    requests: int = 0
    ok: int = 0
    client_errors: int = 0
    server_errors: int = 0
    failures: int = 0
    latency_ms: float = 0.0

    def plus(self, other: "Counts") -> "Counts":
        """Return both together; latencies weighted by requests."""
        requests = self.requests + other.requests
        weighted = self.latency_ms * self.requests + other.latency_ms * other.requests
        return Counts(
            requests=requests,
            ok=self.ok + other.ok,
            client_errors=self.client_errors + other.client_errors,
            server_errors=self.server_errors + other.server_errors,
            failures=self.failures + other.failures,
            latency_ms=round(weighted / requests, 3) if requests else 0.0,
        )

    def since(self, baseline: "Counts") -> "Counts":
        """Return what came after `baseline`, an earlier reading of the same counters.

        The mean is a running one over WINDOW requests, so the share of it that is from before fades and is taken out.
        """
        requests = max(0, self.requests - baseline.requests)
        fading = (1 - 1 / WINDOW) ** requests if baseline.requests else 0.0
        mean = (self.latency_ms - baseline.latency_ms * fading) / (1 - fading) if requests else 0.0
        return Counts(
            requests=requests,
            ok=max(0, self.ok - baseline.ok),
            client_errors=max(0, self.client_errors - baseline.client_errors),
            server_errors=max(0, self.server_errors - baseline.server_errors),
            failures=max(0, self.failures - baseline.failures),
            latency_ms=round(max(0.0, mean), 3),
        )


def check_weights(function: str, weights: Mapping[str, int], known: Mapping[str, object]) -> dict[str, int]:
    """Return the split without versions at 0 percent.

    weights: version -> percent; one or two above zero, whole numbers that add up to 100.
    Raises InvalidWeights, VersionNotFound.
    """
    shown = dict(weights)
    for version, percent in weights.items():
        if version not in known:
            raise VersionNotFound(function=function, version=version, known=", ".join(sorted(known)) or "none")
        if isinstance(percent, bool) or not isinstance(percent, int) or not 0 <= percent <= 100:
            raise InvalidWeights(weights=shown, problem=f"{percent!r} is not a whole percent from 0 to 100")
    split = {version: percent for version, percent in weights.items() if percent}
    if not 1 <= len(split) <= 2:
        raise InvalidWeights(weights=shown, problem=f"{len(split)} versions would get traffic")
    if sum(split.values()) != 100:
        raise InvalidWeights(weights=shown, problem=f"they add up to {sum(split.values())}")
    return split


def server_weights(split: Mapping[str, int], servers: Mapping[str, int]) -> dict[str, int]:
    """Return the weight of each single server of a version, 0..256, so that versions share requests as `split` says.

    split: version -> percent. servers: version -> how many servers it has, >= 1.
    Exact while a split fits into whole numbers up to 256; else rounded, and never to 0 for a version with traffic.
    """
    common = math.lcm(*(servers[version] for version in split))
    raw = {version: percent * common // servers[version] for version, percent in split.items()}
    divisor = math.gcd(*raw.values())
    small = {version: weight // divisor for version, weight in raw.items()}
    scale = max(1.0, max(small.values()) / MOST)
    return {version: max(1, round(weight / scale)) for version, weight in small.items()}


def check_key_name(name: str) -> str:
    """Return a client's name if tables and logs can carry it; raises KeyNameInvalid."""
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", name):
        raise KeyNameInvalid(name=name)
    return name


@dataclass(frozen=True, slots=True, kw_only=True)
class Sticky:
    """How a caller is recognized, so that it keeps its version while two share the traffic.

    kind: "none", "key" (the client that the API key belongs to), "header" or "cookie". name: of the header, in small
    letters, or of the cookie.
    """

    kind: str = "none"
    name: str = ""

    @property
    def active(self) -> bool:
        """Whether callers stick at all."""
        return self.kind != "none"

    @property
    def source(self) -> str:
        """The header or cookie that tells the caller."""
        return CLIENT if self.kind == "key" else self.name

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}" if self.name else self.kind


NOT_STICKY = Sticky()


def parse_sticky(text: str) -> Sticky:
    """Return what "none", "key", "header:NAME" or "cookie:NAME" says. Raises StickyInvalid."""
    kind, colon, name = text.partition(":")
    if kind in ("none", "key") and not colon:
        return Sticky(kind=kind)
    if kind not in ("header", "cookie") or not colon:
        raise StickyInvalid(text=text, problem=f"{kind!r} is no way to recognize a caller")
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name):
        raise StickyInvalid(text=text, problem=f"{name!r} cannot be a {kind}'s name")
    return Sticky(kind=kind, name=name.lower() if kind == "header" else name)


def bucket(caller: str | bytes, salt: str) -> int:
    """Return a caller's place among all callers of one deployment, 0..BUCKETS-1, evenly spread.

    caller: the value of its header, cookie or client name as sent. salt: the newer version, so that it is not the
    same callers who meet every new version first. The gateway computes the same number.
    """
    value = caller.encode() if isinstance(caller, str) else caller
    return int.from_bytes(hashlib.sha256(value + b":" + salt.encode()).digest()[:4], "big") % BUCKETS


def threshold(percent: int) -> int:
    """Return the bucket below which callers go to the newer version that gets `percent` of them."""
    return percent * BUCKETS // 100


def sticky_version(caller: str | bytes, older: str, newer: str, percent: int) -> str:
    """Return which of two versions a caller meets while the newer one has `percent`, 0..100.

    A caller changes sides at one percentage and at no other, so a change of the split moves only those between the
    old and the new percentage, all in the same direction.
    """
    return newer if bucket(caller, newer) < threshold(percent) else older
