"""What a rung of the ladder says."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Outcome:
    """said: one line with its numbers. problems: what must be mended, empty when the rung holds."""

    said: str
    problems: list[str] = field(default_factory=list)
