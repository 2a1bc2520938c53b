"""A rollback: an earlier release takes all traffic at once, as a durable execution of two stages."""

from shipway.domain.errors import ShipwayError
from shipway.domain.release import Release, ReleaseNeverLive, ReleaseStatus
from shipway.domain.values import JsonObject

STAGES = ("Verify", "Deploy")
ELIGIBLE = (ReleaseStatus.LIVE, ReleaseStatus.RETIRED, ReleaseStatus.IMPORTED)


class ReleaseIncomplete(ShipwayError):
    """A part of a release is gone, or is not what its bundle says, and cannot be made again here."""

    message = "release {release} cannot be brought back: {problem}"
    hint = "bring back what is missing: shipway releases import FILE, from an archive of this release"
    exit_code = 3
    status = 409


def eligible(release: Release) -> Release:
    """Return a release that may be rolled back to: production has had it, here or where it was imported from.

    Raises ReleaseNeverLive: a rollback asks nobody, so it must not be a way around the gate and the approval.
    """
    if release.status not in ELIGIBLE:
        raise ReleaseNeverLive(release=release.number, status=release.status)
    return release


def document(project: str) -> JsonObject:
    """Return the state machine of a rollback. Its input: Release (number) and By (who asked for it)."""
    asked: JsonObject = {"Release.$": "$.Release", "By.$": "$.By"}
    return {
        "Comment": f"Rollback of {project}",
        "StartAt": "Verify",
        "States": {
            "Verify": {
                "Type": "Task",
                "Resource": "arn:aws:states:::shipway:verifyRelease",
                "Parameters": asked,
                "ResultPath": "$.Verify",
                "Next": "Deploy",
            },
            "Deploy": {
                "Type": "Task",
                "Resource": "arn:aws:states:::shipway:rollBack",
                "Parameters": {"Execution.$": "$$.Execution.Id", **asked},
                "ResultPath": "$.Deploy",
                "End": True,
            },
        },
    }
