"""What instances are launched with, beyond image and type.

ministack forgets the metadata options and the root volume that RunInstances names, its user data when it is asked for it (DescribeInstanceAttribute), and puts
every instance into the region's first zone with a public address. The provider then reports changes at every preview, and policies on what was made find an
instance that answers metadata without sessions, from an unencrypted disk. An Elastic IP does not become the address of its instance. Terminating an instance leaves
its disk, which then is what `down` finds left.
"""

import re

from ministack.services import ec2

from gaps import replace

FOR_VERSION = "1.5.33"

# Members of the instance's record, so that ministack's persistence keeps them.
_METADATA = "MetadataOptions"
_DEFAULTS = {
    "HttpTokens": "optional",
    "HttpPutResponseHopLimit": "1",
    "HttpEndpoint": "enabled",
    "HttpProtocolIpv6": "disabled",
    "InstanceMetadataTags": "disabled",
}


def close() -> None:
    run = replace(ec2._ACTION_MAP, "RunInstances", lambda params: _keep(run(params), params))
    to_xml = replace(ec2, "_instance_xml", lambda instance: _with_options(to_xml(instance), instance))
    attribute = replace(ec2._ACTION_MAP, "DescribeInstanceAttribute", lambda params: _attribute(attribute, params))
    associate = replace(ec2._ACTION_MAP, "AssociateAddress", lambda params: _associate(associate, params))
    disassociate = replace(ec2._ACTION_MAP, "DisassociateAddress", lambda params: _disassociate(disassociate, params))
    terminate = replace(ec2._ACTION_MAP, "TerminateInstances", lambda params: _release_disks(terminate(params), params))
    ec2._ACTION_MAP["ModifyInstanceMetadataOptions"] = _modify_metadata


def _keep(response, params):
    status, headers, body = response
    text = body.decode() if isinstance(body, bytes) else body
    if status != 200:
        return response
    for instance_id in set(re.findall(r"<instanceId>(i-[0-9a-f]+)</instanceId>", text)):
        instance = ec2._instances[instance_id]
        instance[_METADATA] = {name: ec2._p(params, f"{_METADATA}.{name}") or default for name, default in _DEFAULTS.items()}
        subnet = ec2._subnets.get(instance["SubnetId"], {})
        zone = subnet.get("AvailabilityZone") or instance["Placement"]["AvailabilityZone"]
        instance["Placement"]["AvailabilityZone"] = zone
        if subnet and not subnet.get("MapPublicIpOnLaunch"):
            _give_address(instance, "")
        _keep_root(instance, params, zone)
    items = "".join(ec2._instance_xml(ec2._instances[one]) for one in re.findall(r"<instanceId>(i-[0-9a-f]+)<", text))
    text = re.sub(r"<instancesSet>.*</instancesSet>", lambda _: f"<instancesSet>{items}</instancesSet>", text, flags=re.DOTALL)
    return status, headers, text.encode()


def _keep_root(instance, params, zone: str) -> None:
    device = next((stub[4] for stub in ec2._STUB_AMIS if stub[0] == instance["ImageId"]), instance["RootDeviceName"])
    instance["RootDeviceName"] = device
    for mapping in instance["BlockDeviceMappings"][:1]:
        mapping["DeviceName"] = device
        volume = ec2._volumes[mapping["Ebs"]["VolumeId"]]
        volume["AvailabilityZone"] = zone
        volume["Attachments"][0]["Device"] = device
        index = 1
        while name := ec2._p(params, f"BlockDeviceMapping.{index}.DeviceName"):
            if name == device:
                _size(volume, params, f"BlockDeviceMapping.{index}.Ebs")
                goes = ec2._p(params, f"BlockDeviceMapping.{index}.Ebs.DeleteOnTermination") != "false"
                volume["Attachments"][0]["DeleteOnTermination"] = mapping["Ebs"]["DeleteOnTermination"] = goes
            index += 1


def _size(volume, params, prefix: str) -> None:
    numbers = {"Size": "VolumeSize", "Iops": "Iops", "Throughput": "Throughput"}
    volume.update({ours: int(given) for ours, theirs in numbers.items() if (given := ec2._p(params, f"{prefix}.{theirs}"))})
    volume["VolumeType"] = ec2._p(params, f"{prefix}.VolumeType") or volume["VolumeType"]
    volume["Encrypted"] = ec2._p(params, f"{prefix}.Encrypted") == "true"


def _release_disks(response, params):
    if response[0] != 200:
        return response
    ended = ec2._parse_member_list(params, "InstanceId")
    for volume_id, volume in list(ec2._volumes.items()):
        held = [attachment for attachment in volume["Attachments"] if attachment["InstanceId"] in ended]
        if any(attachment["DeleteOnTermination"] for attachment in held):
            del ec2._volumes[volume_id]
            ec2._tags.pop(volume_id, None)
        elif held:
            volume.update(Attachments=[], State="available")
    return response


def _with_options(text: str, instance) -> str:
    if not instance.get("PublicIpAddress"):
        text = re.sub(r"<(dnsName|ipAddress)></\1>", "", text)
    options = instance.get(_METADATA)
    if not options:
        return text
    members = "".join(f"<{name[0].lower()}{name[1:]}>{value}</{name[0].lower()}{name[1:]}>" for name, value in options.items())
    return re.sub(r"</item>\s*$", f"<metadataOptions><state>applied</state>{members}</metadataOptions></item>", text)


def _attribute(attribute, params):
    instance = ec2._instances.get(ec2._p(params, "InstanceId"))
    if instance is None or ec2._p(params, "Attribute") != "userData" or not instance.get("UserData"):
        return attribute(params)
    inner = f"<instanceId>{instance['InstanceId']}</instanceId><userData><value>{instance['UserData']}</value></userData>"
    return ec2._xml(200, "DescribeInstanceAttributeResponse", inner)


def _modify_metadata(params):
    instance = ec2._instances.get(ec2._p(params, "InstanceId"))
    if instance is None:
        return ec2._error("InvalidInstanceID.NotFound", f"The instance ID '{ec2._p(params, 'InstanceId')}' does not exist", 400)
    given = {name: value for name in _DEFAULTS if (value := ec2._p(params, name))}
    instance[_METADATA] = {**_DEFAULTS, **instance.get(_METADATA, {}), **given}
    return ec2._xml(200, "ModifyInstanceMetadataOptionsResponse", f"<instanceId>{instance['InstanceId']}</instanceId>")


def _give_address(instance, address: str) -> None:
    region = ec2.get_region()
    place = "compute-1" if region == "us-east-1" else f"{region}.compute"
    instance["PublicIpAddress"] = address
    instance["PublicDnsName"] = f"ec2-{address.replace('.', '-')}.{place}.amazonaws.com" if address else ""


def _associate(associate, params):
    response = associate(params)
    address = ec2._addresses.get(ec2._p(params, "AllocationId"))
    instance = ec2._instances.get(ec2._p(params, "InstanceId"))
    if response[0] == 200 and address and instance:
        _give_address(instance, address["PublicIp"])
    return response


def _disassociate(disassociate, params):
    wanted = ec2._p(params, "AssociationId")
    held = [address["InstanceId"] for address in ec2._addresses.values() if address.get("AssociationId") == wanted]
    response = disassociate(params)
    for instance_id in held:
        if instance_id in ec2._instances:
            _give_address(ec2._instances[instance_id], "")
    return response
