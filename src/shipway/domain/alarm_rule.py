"""Composite alarms: alarms on other alarms' states, by a rule in CloudWatch's language. Pure."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import ClassVar

from shipway.domain.alarm import AlarmState, Evaluation
from shipway.domain.alarm_suppression import Suppressor
from shipway.domain.errors import ShipwayError

_TOKEN = re.compile(r'\s*(?:([()])|"([^"]*)"|([^\s()"]+))')
_STATES = tuple(state.value for state in AlarmState)
_NAMED = re.compile(rf'\b({"|".join(_STATES)})\s*\(\s*(?:"([^"]*)"|([^\s()"]+))\s*\)')
DEEPEST = 50  # brackets within brackets
States = Mapping[str, AlarmState]
Node = Callable[[States], bool]


class RuleInvalid(ShipwayError):
    """A composite alarm's rule that cannot be read, or that waits for itself."""

    message: ClassVar[str] = "the rule {rule!r} {problem}"
    hint: ClassVar[str] = 'write it as ALARM("errors") AND NOT OK("latency"), with AND, OR, NOT, brackets, TRUE, FALSE'
    exit_code: ClassVar[int] = 2
    status: ClassVar[int] = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Composite:
    """An alarm that is in ALARM while its rule holds, else OK. rule: its text. alarms: the names in it, in order.

    suppressor: what keeps it from acting, None = nothing.
    """

    name: str
    rule: str
    alarms: tuple[str, ...]
    node: Node
    description: str = ""
    notify: bool = True
    suppressor: Suppressor | None = None

    @property
    def named(self) -> tuple[str, ...]:
        """The alarms that it cannot do without: those of its rule, and the one that suppresses it."""
        return self.alarms if self.suppressor is None else (*self.alarms, self.suppressor.alarm)

    @property
    def condition(self) -> str:
        """What it waits for, in words: its rule, and what keeps it from acting."""
        return f"{self.rule}, suppressed by {self.suppressor.alarm}" if self.suppressor else self.rule

    def evaluate(self, states: States) -> Evaluation:
        """Return its state. states: of every alarm that it names; one that is not there has INSUFFICIENT_DATA."""
        holds = self.node(states)
        told = ", ".join(f"{name} is {states.get(name, AlarmState.INSUFFICIENT_DATA)}" for name in self.alarms)
        state = AlarmState.ALARM if holds else AlarmState.OK
        return Evaluation(state=state, reason=f"{self.rule} is {str(holds).lower()}" + (f": {told}" if told else ""))


def composite(name: str, rule: str, description: str = "", *, notify: bool = True) -> Composite:
    """Return the alarm of a rule. Raises RuleInvalid with the place of the mistake."""
    reader = _Reader(rule)
    node = reader.whole()
    alarms = tuple(dict.fromkeys(reader.alarms))
    return Composite(name=name, rule=rule, alarms=alarms, node=node, description=description, notify=notify)


def renamed(rule: str, name: Callable[[str], str]) -> str:
    """Return a rule that can be read, with other names for its alarms. name: old name -> new name."""
    return _NAMED.sub(lambda found: f'{found[1]}("{name(found[2] or found[3])}")', rule)


def ordered(composites: Iterable[Composite]) -> Sequence[Composite]:
    """Return them so that each comes after those that its rule names. Raises RuleInvalid for a circle."""
    known = {each.name: each for each in composites}
    sorter = TopologicalSorter({each.name: [name for name in each.alarms if name in known] for each in known.values()})
    try:
        return [known[name] for name in sorter.static_order()]
    except CycleError as error:
        way = " -> ".join(reversed(error.args[1]))
        raise RuleInvalid(rule=known[error.args[1][0]].rule, problem=f"waits for itself: {way}") from None


class _Reader:
    """A recursive descent over a rule: OR binds loosest, then AND, then NOT."""

    def __init__(self, rule: str) -> None:
        self.alarms: list[str] = []
        self._rule = rule
        self._tokens = self._split()
        self._at = 0
        self._depth = 0

    def whole(self) -> Node:
        node = self._any()
        if self._at < len(self._tokens):
            raise self._wrong(f"goes on with {self._next!r} where AND, OR or its end is expected")
        return node

    def _any(self) -> Node:
        parts = [self._all()]
        while self._take("OR"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else lambda states: any(part(states) for part in parts)

    def _all(self) -> Node:
        parts = [self._one()]
        while self._take("AND"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else lambda states: all(part(states) for part in parts)

    def _one(self) -> Node:
        if self._take("NOT"):
            self._deeper()
            inner = self._one()
            self._depth -= 1
            return lambda states: not inner(states)
        if self._take("("):
            self._deeper()
            node = self._any()
            self._depth -= 1
            self._need(")")
            return node
        for word, value in (("TRUE", True), ("FALSE", False)):
            if self._take(word):
                return lambda _, value=value: value  # type: ignore[misc]
        return self._state()

    def _state(self) -> Node:
        word = self._next
        if word not in _STATES:
            raise self._wrong(
                f"has {word!r} where {', '.join(_STATES)}, NOT or ( is expected" if word else "ends early"
            )
        self._at += 1
        wanted = AlarmState(word)
        self._need("(")
        name = self._next.removeprefix('"')
        if not name or name in "()":
            raise self._wrong(f"names no alarm behind {word}(")
        self._at += 1
        self._need(")")
        self.alarms.append(name)
        return lambda states: states.get(name, AlarmState.INSUFFICIENT_DATA) is wanted

    @property
    def _next(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self, token: str) -> bool:
        found = self._next == token
        self._at += found
        return found

    def _need(self, token: str) -> None:
        if not self._take(token):
            raise self._wrong(f"lacks a {token!r}" + (f" before {self._next!r}" if self._next else " at its end"))

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._wrong(f"is more than {DEEPEST} brackets deep")

    def _split(self) -> list[str]:
        """Return the rule's words; a quoted name keeps its first quote, so that it is never taken for an operator."""
        found, at = [], 0
        text = self._rule.rstrip()
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None:
                raise self._wrong("has a name that no quote ends")
            bracket, quoted, word = match.groups()
            found.append(bracket or (f'"{quoted}' if quoted is not None else word))
            at = match.end()
        return found

    def _wrong(self, problem: str) -> RuleInvalid:
        return RuleInvalid(rule=self._rule, problem=problem)
