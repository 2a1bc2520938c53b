"""A project's [deployment] as the deployment's plan and as the verdict's settings."""

from datetime import timedelta

from shipway.domain.deployment import Plan, exposures
from shipway.domain.project import DeploymentSettings
from shipway.domain.verdict import Settings

LEAST, MOST = 0.0001, 0.9999  # a rate of exactly 0 or 1 leaves a test nothing to decide
ENOUGH = 60  # seconds of evidence that a pass needs where the bake is long
QUIET = 10  # seconds without evidence after which nothing passes


def planned(settings: DeploymentSettings) -> Plan:
    """Return how traffic moves."""
    return Plan(
        strategy=settings.strategy,
        percent=settings.percent,
        bake=settings.bake,
        step=settings.step,
        interval=settings.interval,
        hook_timeout=settings.hook_timeout,
        max_silence=settings.max_silence,
        max_hold=settings.max_hold,
    )


def judged_by(settings: DeploymentSettings, *, live: bool) -> Settings:
    """Return how the new version is judged.

    live: whether a version is live. It is compared with only while both get requests: not when all move at once, where
    the new version is held to its own limits alone.
    """
    bakes = exposures(planned(settings))
    shared = bool(bakes) and all(exposure.percent < 100 for exposure in bakes)
    shortest = min((exposure.bake for exposure in bakes), default=timedelta(seconds=ENOUGH))
    rate = min(max(settings.max_error_rate, LEAST), MOST)
    usual = Settings()
    return Settings(
        false_rollback=settings.false_rollback,
        max_error_rate=rate,
        max_latency=settings.max_latency.total_seconds() or None,
        min_requests=settings.min_requests,
        min_seconds=max(1, min(ENOUGH, int(shortest.total_seconds() / 2))),
        must_rule_out=min(max(usual.must_rule_out, 1.5 * rate), MOST),
        max_silence=max(1, min(QUIET, int(settings.max_silence.total_seconds()))),
        live=live and shared,
    )
