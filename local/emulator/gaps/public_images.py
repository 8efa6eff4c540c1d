"""Public SSM parameters with the newest machine image of AWS and Canonical.

ministack knows those of Amazon Linux only. Systems here start from the Deep Learning AMI and Ubuntu (components/inference/ami.ts), and
GetParameter answers ParameterNotFound for theirs, which ends every preview. DescribeImages has to know the images too: the provider asks for their root device when an
instance names a root volume of its own ("collecting instance settings: empty result").
"""

from ministack.services import ec2, ssm

FOR_VERSION = "1.5.33"

_UBUNTU = "/aws/service/canonical/ubuntu/server/24.04/stable/current"
_IMAGES = {
    "/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-ubuntu-22.04/latest/ami-id": "ami-0d1a2204a00000001",
    f"{_UBUNTU}/amd64/hvm/ebs-gp3/ami-id": "ami-02404a00000000001",
    f"{_UBUNTU}/arm64/hvm/ebs-gp3/ami-id": "ami-02404a00000000002",
}


def close() -> None:
    known = ssm._PUBLIC_AMI_PARAMETERS
    twice = known.keys() & _IMAGES.keys()
    if twice:
        raise RuntimeError(f"ministack has {', '.join(sorted(twice))} by now: take them out of public_images.py")
    known.update(_IMAGES)
    # Id, name, description, platform, root device, owner (Amazon or Canonical), the owner's alias.
    ec2._STUB_AMIS.extend(
        (image, name.strip("/"), name.strip("/"), "", "/dev/sda1", *_owner(name)) for name, image in _IMAGES.items()
    )


def _owner(name: str):
    return ("099720109477", None) if "/canonical/" in name else ("898082745236", "amazon")
