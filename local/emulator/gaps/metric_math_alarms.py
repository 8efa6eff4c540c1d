"""Alarms on metric math (`metricQueries`).

ministack forgets the queries and gives such an alarm a statistic and a period, which on AWS it can't have, so the provider shows a
change at every preview. Here the queries are kept and told again; nothing is computed, and such an alarm never rings by itself.
"""

from ministack.services import cloudwatch

from gaps import replace

FOR_VERSION = "1.5.33"

_OF_ONE_METRIC = ("MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Period", "Dimensions", "Unit")


def close() -> None:
    put = replace(cloudwatch, "_put_metric_alarm", lambda params, data, *how: _keep_queries(put(params, data, *how), data))


def _keep_queries(response, data):
    queries = (data or {}).get("Metrics")
    alarm = cloudwatch._alarms.get((data or {}).get("AlarmName", ""))
    if response[0] == 200 and queries and alarm:
        for key in _OF_ONE_METRIC:
            alarm.pop(key, None)
        alarm["Metrics"] = queries
    return response
