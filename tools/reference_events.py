"""Write the reference page on events, from what the domain says about them."""

from shipway.domain.events import EVENTS

HEAD = """\
# Events

`shipway executions show --follow --json` and `GET /api/v1/executions/{id}/events` tell an execution's history, one
event after the other. Each has a number that grows (ask for those after it to go on), the time, the kind, and where it
belongs to: the state's name, its path of branches, and the attempt. `detail` holds what is listed here.

| kind | says | detail |
|---|---|---|
"""


def events() -> str:
    """Return the page."""
    lines = []
    for kind, meaning in EVENTS.items():
        detail = "; ".join(f"`{name}`: {what}" for name, what in meaning.details.items())
        lines.append(f"| `{kind.value}` | {meaning.says} | {detail} |")
    return HEAD + "\n".join(lines) + "\n"
