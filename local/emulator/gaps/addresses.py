"""One of several Elastic IP addresses.

DescribeAddresses heeds the allocation ids it is asked for and nothing else. The provider looks for the address of an association by
the filter `association-id`, so with a NAT gateway's address beside it the association fails: "too many results: wanted 1, got 2".

Filters as in AWS, where one that is not known is an error and not left out
(https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeAddresses.html).
"""

from ministack.services import ec2

from gaps import replace

FOR_VERSION = "1.5.33"

# Members of ministack's record, by filter.
_MEMBERS = {
    "allocation-id": "AllocationId",
    "association-id": "AssociationId",
    "domain": "Domain",
    "instance-id": "InstanceId",
    "network-interface-id": "NetworkInterfaceId",
    "private-ip-address": "PrivateIpAddress",
    "public-ip": "PublicIp",
}
_OF_TAGS = ("tag:", "tag-key", "tag-value")


def close() -> None:
    describe = replace(ec2._ACTION_MAP, "DescribeAddresses", lambda params: _describe(describe, params))


def _describe(describe, params):
    filters = ec2._parse_filters(params)
    unknown = [name for name in filters if name not in _MEMBERS and not name.startswith(_OF_TAGS)]
    if unknown:
        return ec2._error("InvalidParameterValue", f"The filter '{unknown[0]}' is invalid", 400)
    asked = {"AllocationId": ec2._parse_member_list(params, "AllocationId"), "PublicIp": ec2._parse_member_list(params, "PublicIp")}
    wanted = [allocation for allocation, address in ec2._addresses.items() if _is_wanted(address, asked, filters)]
    if not wanted:
        return ec2._xml(200, "DescribeAddressesResponse", "<addressesSet/>")
    return describe({f"AllocationId.{i}": allocation for i, allocation in enumerate(wanted, 1)})


def _is_wanted(address, asked, filters) -> bool:
    if any(values and address[member] not in values for member, values in asked.items()):
        return False
    if not ec2._resource_matches_tag_filters(address["AllocationId"], filters):
        return False
    return all(
        any(ec2._glob_match(pattern, address[_MEMBERS[name]] or "") for pattern in patterns)
        for name, patterns in filters.items()
        if name in _MEMBERS
    )
