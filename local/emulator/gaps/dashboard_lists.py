"""The list of dashboards, in JSON and CBOR.

ministack gives the time of a dashboard's last change as text, where the protocols have a number: the AWS SDK for JavaScript refuses the whole answer ("Expected
real number, got implicit NaN").
"""

from ministack.services import cloudwatch

from gaps import replace

FOR_VERSION = "1.5.33"


def close() -> None:
    old = replace(cloudwatch, "_list_dashboards", lambda params, data, is_cbor, is_json=False: _list(old, params, data, is_cbor, is_json))


def _list(old, params, data, is_cbor, is_json):
    if not is_cbor and not is_json:
        return old(params, data, is_cbor, is_json)
    prefix = (data or {}).get("DashboardNamePrefix", "")
    entries = [
        {
            "DashboardName": dashboard["DashboardName"],
            "DashboardArn": dashboard["DashboardArn"],
            "Size": dashboard["Size"],
            "LastModified": cloudwatch._cbor_timestamp(dashboard["LastModified"]) if is_cbor else dashboard["LastModified"],
        }
        for name, dashboard in sorted(cloudwatch._dashboards.items())
        if name.startswith(prefix)
    ]
    answer = cloudwatch._cbor_ok if is_cbor else cloudwatch._json_ok
    return answer({"DashboardEntries": entries})
