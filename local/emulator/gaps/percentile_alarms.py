"""Alarms on a percentile (`extendedStatistic: p99`).

ministack gives such an alarm the statistic Average as well, which on AWS it can't have, and the provider shows a change at
every preview.
"""

from ministack.services import cloudwatch

from gaps import replace

FOR_VERSION = "1.5.33"


def close() -> None:
    put = replace(cloudwatch, "_put_metric_alarm", lambda *args, **kwargs: _without_statistic(put(*args, **kwargs)))


def _without_statistic(response):
    for alarm in cloudwatch._alarms.values():
        if alarm.get("ExtendedStatistic"):
            alarm.pop("Statistic", None)
    return response
