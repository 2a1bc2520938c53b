"""The Amazon States Language: documents are checked, then decided one state at a time. Pure."""

from shipway.domain.asl.document import load
from shipway.domain.asl.errors import DocumentInvalid, ErrorName, Problem
from shipway.domain.asl.interpret import complete, enter, failures, recover
from shipway.domain.asl.machine import TOP, Machine, QueryLanguage, State, StateMachine, StateType
from shipway.domain.asl.steps import (
    Branch,
    Completion,
    End,
    Env,
    Failed,
    Fork,
    Integration,
    Jsonata,
    JsonataError,
    Next,
    Recovery,
    Retry,
    Run,
    Sleep,
    Step,
)

__all__ = [
    "TOP",
    "Branch",
    "Completion",
    "DocumentInvalid",
    "End",
    "Env",
    "ErrorName",
    "Failed",
    "Fork",
    "Integration",
    "Jsonata",
    "JsonataError",
    "Machine",
    "Next",
    "Problem",
    "QueryLanguage",
    "Recovery",
    "Retry",
    "Run",
    "Sleep",
    "State",
    "StateMachine",
    "StateType",
    "Step",
    "complete",
    "enter",
    "failures",
    "load",
    "recover",
]
