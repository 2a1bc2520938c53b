"""A real process supervisor (supervisord) that holds the data plane apart from the control plane."""

from shipway.targets.local.supervise.program import Program
from shipway.targets.local.supervise.runtime import runtime_folder
from shipway.targets.local.supervise.supervisor import ProgramFailed, ProgramUnknown, Supervisor, SupervisorDown

__all__ = ["Program", "ProgramFailed", "ProgramUnknown", "Supervisor", "SupervisorDown", "runtime_folder"]
