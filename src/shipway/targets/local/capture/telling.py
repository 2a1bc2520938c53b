"""What recorders have counted becomes metrics: each record and each drop once, also around a crash."""

from datetime import datetime

from shipway.domain import metric_catalogue as metrics
from shipway.domain.metric import Series
from shipway.targets.local.capture import recorders, tally
from shipway.targets.local.capture.catalogue import Catalogue
from shipway.targets.local.capture.tally import Tally
from shipway.targets.local.gateway import Gateway, admin
from shipway.targets.local.home import Home
from shipway.targets.local.telemetry import Telemetry

AROUND = "around"  # requests that no recorder was there for, told by HAProxy


def tell(home: Home, gateway: Gateway, telemetry: Telemetry, now: datetime) -> None:
    """Add what was counted since the last time to the metrics of this minute. Raises OSError: no HAProxy answers."""
    catalogue = Catalogue(home)
    counted = {name: tally.read(recorders.tally_of(home.root, name)) for name in recorders.program_names()}
    epoch, around = admin.around(gateway.places.admin)
    counted[AROUND] = {epoch: Tally(dropped=around)}
    for recorder, counts in counted.items():
        told = catalogue.told(recorder)
        new = Tally()
        for endpoint, count in counts.items():
            new = new.plus(count.since(told.get(endpoint, Tally())))
        if new != Tally():
            telemetry.record(Series(metrics.CAPTURED), new.records, now)
            telemetry.record(Series(metrics.CAPTURE_DROPPED), new.dropped, now)
            catalogue.tell(recorder, counts)
