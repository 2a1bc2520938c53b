"""Documents to compare: random ones made from a seed, only of what a peer claims to know."""

import random
from collections.abc import Iterator
from typing import Any

from tests.peers.asl.case import Case

RESOURCE = "arn:aws:states:::lambda:invoke"
ERRORS = ("Alpha", "Beta", "Gamma")
INPUT: dict[str, Any] = {
    "n": 3,
    "m": -2.5,
    "s": "text",
    "b": True,
    "none": None,
    "l": [4, 8, 15, 16],
    "rows": [{"k": "x", "v": 1}, {"k": "y", "v": 2}, {"k": "z", "v": 3}],
    "o": {"p": {"q": 7}, "dash-ed": "d"},
    "when": "2030-01-01T00:00:00Z",
}
PATHS = (
    "$", "$.n", "$.s", "$.b", "$.none", "$.l", "$.l[0]", "$.l[2]", "$['o']['p']['q']", "$.o.p", "$.rows[1].k",
    "$.rows[*].v",
    "$.l[1:3]", "$.rows[?(@.v > 1)].k", "$..q", "$.l[*]", "$$.Execution.Input.n",
)  # fmt: skip
CALLS = (
    "States.Format('{}-{}', $.n, $.s)", "States.ArrayLength($.l)", "States.MathAdd($.n, 4)",
    "States.Array($.n, 'x', $.b)",
    "States.ArrayPartition($.l, 3)", "States.ArrayContains($.l, 8)", "States.ArrayRange(1, 9, 3)",
    "States.ArrayGetItem($.l, 1)",
    "States.ArrayUnique(States.Array(1, 1, 2))", "States.Base64Encode($.s)", "States.Base64Decode('dGV4dA==')",
    "States.Hash($.s, 'SHA-256')", "States.JsonToString($.o)", "States.StringToJson('{\"a\": [1]}')",
    "States.JsonMerge(States.StringToJson('{\"a\": 1}'), $.o.p, false)", "States.StringSplit('a,b,c', ',')",
    "States.Format('{}', States.ArrayLength(States.Array($.n, $.n)))",
)  # fmt: skip
RULES: tuple[dict[str, Any], ...] = (
    {"Variable": "$.n", "NumericGreaterThan": 2},
    {"Variable": "$.n", "NumericEqualsPath": "$.l[0]"},
    {"Variable": "$.m", "NumericLessThanEquals": -2.5},
    {"Variable": "$.s", "StringMatches": "t*t"},
    {"Variable": "$.s", "StringLessThan": "m"},
    {"Variable": "$.b", "BooleanEquals": False},
    {"Variable": "$.when", "TimestampGreaterThan": "2029-01-01T00:00:00Z"},
    {"Variable": "$.none", "IsNull": True},
    {"Variable": "$.missing", "IsPresent": True},
    {"Variable": "$.n", "IsString": True},
    {"Variable": "$.when", "IsTimestamp": True},
    {"Variable": "$.n", "StringEquals": "3"},
)
EXPRESSIONS = (
    "$states.input.n + 1", "$states.input.s & '!'", "$count($states.input.l)", "$sum($states.input.l)",
    "$states.input.rows[v > 1].k",
    "$states.input.rows.v", "$map($states.input.l, function($x) { $x * 2 })", "$states.input.o.p.q",
    "$states.input.b ? 'yes' : 'no'",
    "$filter($states.input.l, function($x) { $x > 5 })", "{'a': $states.input.n, 'b': [1..3]}",
    "$uppercase($states.input.s)",
    "$join($states.input.rows.k, '-')", "$states.input.l[0] = 4", "$merge([$states.input.o.p, {'z': 1}])",
    "$partition($states.input.l, 3)",
    "$range(0, 10, 5)", "$parse('{\"x\": 1}')", "$sort($states.input.l, function($a, $b) { $a < $b })",
    "$exists($states.input.zz)",
    "$states.context.Execution.Input.n", "$string($states.input.n)", "$round(2.567, 2)", "$states.input.none",
    "$reverse($states.input.l)",
    "$states.input.missing", "$states.input.s + 1",
)  # fmt: skip
BROKEN = 2  # how many of them, the last ones, fail
CONDITIONS = (
    "$states.input.n > 2", "$states.input.s = 'other'", "$states.input.b and $states.input.n = 3",
    "$contains($states.input.s, 'ex')",
    "$exists($states.input.zz)", "$not($states.input.b)", "15 in $states.input.l",
)  # fmt: skip


class Maker:
    """Makes one machine. Every state takes INPUT and passes it on, so that each path makes sense everywhere."""

    def __init__(self, seed: int, *, jsonata: bool) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self.jsonata = jsonata
        self.tasks: dict[str, list[dict[str, Any]]] = {}
        self.count = 0
        self.quiet = False  # nothing may fail: which of two failing branches is first is not specified

    def machine(self, depth: int = 0) -> dict[str, Any]:
        """Return the states of one scope: a chain with detours."""
        length = self.chance.randint(1, 3 if depth else 4)
        names = [self.name() for _ in range(length)]
        states: dict[str, Any] = {}
        for name, following in zip(names, [*names[1:], None], strict=True):
            states |= self.state(name, following, depth)
        return {"StartAt": names[0], "States": states}

    def name(self) -> str:
        """Return a fresh name."""
        self.count += 1
        return f"S{self.count}"

    def state(self, name: str, following: str | None, depth: int) -> dict[str, Any]:
        """Return a state and those that only it leads to."""
        kinds = [self.a_pass, self.a_wait]
        if self.quiet:
            kinds += [self.a_map]
        else:
            kinds += [self.a_task, self.a_retried, self.a_choice]
        if depth < 2 and not self.quiet:
            kinds += [self.a_parallel, self.a_map]
        return self.chance.choice(kinds)(name, following, depth)

    def exits(self, following: str | None) -> dict[str, Any]:
        """Return Next or End."""
        return {"Next": following} if following else {"End": True}

    def value(self) -> Any:
        """Return a template with paths and calls, or with expressions."""
        if self.jsonata:
            known = EXPRESSIONS[:-BROKEN] if self.quiet else EXPRESSIONS
            return {f"k{at}": f"{{% {self.chance.choice(known)} %}}" for at in range(self.chance.randint(1, 3))}
        return {f"k{at}.$": self.chance.choice(PATHS + CALLS) for at in range(self.chance.randint(1, 3))}

    def out(self, last: bool, value: Any) -> dict[str, Any]:
        """Return fields that keep the value beside the input, so that the next state finds INPUT."""
        if self.jsonata:
            return (
                {"Output": value}
                if last
                else {"Output": {**{k: f"{{% $states.input.{k} %}}" for k in INPUT}, "made": value}}
            )
        return {} if last else {"ResultPath": "$.made"}

    def a_pass(self, name: str, following: str | None, _: int) -> dict[str, Any]:
        """A Pass with a made value."""
        value = self.value()
        fields = {} if self.jsonata else {"Parameters": value}
        return {name: {"Type": "Pass", **fields, **self.out(following is None, value), **self.exits(following)}}

    def a_wait(self, name: str, following: str | None, _: int) -> dict[str, Any]:
        """A Wait."""
        return {name: {"Type": "Wait", "Seconds": 1, **self.exits(following)}}

    def a_task(self, name: str, following: str | None, _: int) -> dict[str, Any]:
        """A Task that may fail a few times, with retries and a catcher."""
        if self.jsonata:  # that peer's mocks throw the same error at every retry
            self.tasks[name] = self.replies()[:1]
        else:
            self.tasks[name] = self.replies()
        state: dict[str, Any] = {"Type": "Task", "Resource": RESOURCE, **self.exits(following)}
        # that peer's mocks answer without looking at Arguments, so they must not fail
        state |= {"Arguments": {"n": "{% $states.input.n %}"}} if self.jsonata else {"Parameters": self.value()}
        state |= self.out(following is None, "{% $states.result %}")
        return self.recovering(name, state)

    def a_retried(self, name: str, following: str | None, _: int) -> dict[str, Any]:
        """A Parallel of one Task, retried as a whole."""
        inner = self.name()
        self.tasks[inner] = self.replies()
        branch = {"StartAt": inner, "States": {inner: {"Type": "Task", "Resource": RESOURCE, "End": True}}}
        fields, after = self.gathered(following)
        return self.recovering(name, {"Type": "Parallel", "Branches": [branch], **fields}) | after

    def gathered(self, following: str | None) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return how a Parallel goes on, and a state for that: one peer leaves a Parallel's Output out (settled)."""
        if not self.jsonata or following is None:
            return {**({} if self.jsonata else self.out(following is None, None)), **self.exits(following)}, {}
        again = self.name()
        output = {**{k: f"{{% $states.context.Execution.Input.{k} %}}" for k in INPUT}, "made": "{% $states.input %}"}
        return {"Next": again}, {again: {"Type": "Pass", "Output": output, "Next": following}}

    def replies(self) -> list[dict[str, Any]]:
        """Return what a task answers, call by call."""
        thrown = [{"throw": [self.chance.choice(ERRORS), "cause"]} for _ in range(self.chance.choice((0, 0, 1, 2, 4)))]
        return [*thrown, {"return": self.chance.choice((5, "r", [1], {"r": 1}))}]

    def recovering(self, name: str, state: dict[str, Any]) -> dict[str, Any]:
        """Return the state with retriers and perhaps a catcher, and the catcher's state."""
        names = [[self.chance.choice(ERRORS)] for _ in range(self.chance.randint(0, 2))]
        if self.chance.random() < 0.5:
            wide = ["States.ALL"] if state["Type"] == "Parallel" else ["States.ALL", "States.TaskFailed"]  # settled
            names.append([self.chance.choice(wide)])
        retry = [{"ErrorEquals": one, "IntervalSeconds": 1, "MaxAttempts": self.chance.randint(0, 3)} for one in names]
        state |= {"Retry": retry} if retry else {}
        extra: dict[str, Any] = {}
        if self.chance.random() < 0.6:
            caught = self.name()
            where = {"Output": {"e": "{% $states.errorOutput.Error %}"}} if self.jsonata else {"ResultPath": "$.error"}
            state["Catch"] = [{"ErrorEquals": ["States.ALL"], "Next": caught, **where}]
            extra = {caught: {"Type": "Succeed"}}
        return {name: state, **extra}

    def a_choice(self, name: str, following: str | None, _: int) -> dict[str, Any]:
        """A Choice between going on and two ends."""
        done, failed = self.name(), self.name()
        chosen = following or done
        choices = [{**self.rule(), "Next": target} for target in self.chance.sample([chosen, failed, done], 2)]
        used = {chosen, *(rule["Next"] for rule in choices)}
        ends = {done: {"Type": "Succeed"}, failed: {"Type": "Fail", "Error": "Chosen", "Cause": "c"}}
        return {
            name: {"Type": "Choice", "Choices": choices, "Default": chosen},
            **{end: state for end, state in ends.items() if end in used},
        }

    def rule(self) -> dict[str, Any]:
        """Return a condition."""
        if self.jsonata:
            return {"Condition": f"{{% {self.chance.choice(CONDITIONS)} %}}"}
        one, two = self.chance.choice(RULES), self.chance.choice(RULES)
        return self.chance.choice(
            [dict(one), {"Not": dict(one)}, {"And": [dict(one), dict(two)]}, {"Or": [dict(one), dict(two)]}]
        )

    def a_parallel(self, name: str, following: str | None, depth: int) -> dict[str, Any]:
        """A Parallel of two."""
        branches = [self.machine(depth + 1)]
        was, self.quiet = self.quiet, True
        branches.append(self.machine(depth + 1))
        self.quiet = was
        fields, after = self.gathered(following)
        return {name: {"Type": "Parallel", "Branches": branches, **fields}, **after}

    def a_map(self, name: str, following: str | None, _: int) -> dict[str, Any]:
        """A Map over the list, each item as `item` beside the input's members."""
        inner = self.name()
        one: dict[str, Any] = {"Type": "Pass", "End": True}
        items: dict[str, Any]
        if self.jsonata:
            one["Output"] = "{% {'twice': $states.input.v * 2, 'at': $states.input.i} %}"
            context = "$states.context.Map.Item"
            items = {
                "Items": "{% $states.input.l %}",
                "ItemSelector": {"v": f"{{% {context}.Value %}}", "i": f"{{% {context}.Index %}}"},
            }
        else:
            one["Parameters"] = {"v.$": "$.v", "sum.$": "States.MathAdd($.v, $.i)"}
            items = {
                "ItemsPath": "$.l",
                "ItemSelector": {"v.$": "$$.Map.Item.Value", "i.$": "$$.Map.Item.Index", "s.$": "$.s"},
            }
        processor = {"ItemProcessor": {"StartAt": inner, "States": {inner: one}}}
        out = self.out(following is None, "{% $states.result %}")
        return {name: {"Type": "Map", **items, **processor, **out, **self.exits(following)}}


def generated(seed: int, count: int, *, jsonata: bool) -> Iterator[Case]:
    """Yield `count` cases, always the same for the same seed."""
    for number in range(count):
        maker = Maker(seed * 1_000_003 + number, jsonata=jsonata)
        document = maker.machine()
        if jsonata:
            document["QueryLanguage"] = "JSONata"
        language = "jsonata" if jsonata else "jsonpath"
        yield Case(name=f"{language} {seed}/{number}", document=document, input=INPUT, tasks=maker.tasks)
