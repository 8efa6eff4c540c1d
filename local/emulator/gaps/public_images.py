"""Public SSM parameters with the newest machine image of AWS and Canonical.

ministack knows those of Amazon Linux only. Systems here start from the Deep Learning AMI and Ubuntu (components/inference/ami.ts), and
GetParameter answers ParameterNotFound for theirs, which ends every preview.
"""

from ministack.services import ssm

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
