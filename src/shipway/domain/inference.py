"""Inference ids: the name of one answer, which tells the release that gave it."""

import re
from dataclasses import dataclass

from shipway.domain.errors import ShipwayError

_TRACED = re.compile(r"(?P<call>[A-Za-z0-9][A-Za-z0-9._:-]{0,127})-r(?P<release>[1-9][0-9]{0,8})")


class InferenceNotTraceable(ShipwayError):
    """The id does not say which release answered."""

    message = "inference id {inference!r} names no release"
    hint = "use the x-inference-id of an answer as it is: it ends in -r and the release's number"
    exit_code = 4
    status = 404


@dataclass(frozen=True, slots=True, kw_only=True)
class Inference:
    """One answer. call: the part that is the request's own; release: number of the release that answered, >= 1."""

    call: str
    release: int

    def __str__(self) -> str:
        return f"{self.call}-r{self.release}"


def parse_inference(text: str) -> Inference:
    """Return what an inference id says: "<call>-r<release>". Raises InferenceNotTraceable."""
    found = _TRACED.fullmatch(text.strip())
    if found is None:
        raise InferenceNotTraceable(inference=text)
    return Inference(call=found["call"], release=int(found["release"]))


def recorded_as(text: str) -> set[str]:
    """Return the ids under which a capture may have the answer: as it is written, and without its release."""
    found = _TRACED.fullmatch(text.strip())
    return {text, found["call"]} if found else {text}
