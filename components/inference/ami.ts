import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { Architecture, Hardware } from "./hardware";

/**
 * The image that instances start from: an id, or a parameter of SSM Parameter Store that holds one, with `:` and a version if wanted.
 */
export type Ami = { readonly ssmParameter: string } | { readonly id: string };

/**
 * Public parameters with the newest image of a kind.
 * Sources: https://docs.aws.amazon.com/dlami/latest/devguide/find-dlami-id.html and
 * https://documentation.ubuntu.com/aws/aws-how-to/instances/find-ubuntu-images/
 */
export const amiParameters = {
  /** Deep Learning Base AMI with NVIDIA driver, CUDA, Docker and NVIDIA's container runtime, on Ubuntu 22.04. */
  gpu: "/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-ubuntu-22.04/latest/ami-id",
  /** Ubuntu Server 24.04 LTS of Canonical. */
  ubuntu: {
    x86_64: "/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id",
    arm64: "/aws/service/canonical/ubuntu/server/24.04/stable/current/arm64/hvm/ebs-gp3/ami-id",
  } satisfies Record<Architecture, string>,
} as const;

/** Root device of all images above. */
export const rootDevice = "/dev/sda1";

/** The newest image that suits an instance type: the Deep Learning AMI for GPUs, Ubuntu for the others. */
export function defaultAmi({ gpus, arch }: Hardware): Ami {
  return { ssmParameter: gpus > 0 ? amiParameters.gpu : amiParameters.ubuntu[arch] };
}

/** Whether the text of an AMI can be right: an id, or the name of a parameter. */
export function isAmi(ami: Ami): boolean {
  return "id" in ami ? /^ami-[0-9a-f]{8,17}$/.test(ami.id) : /^\/[A-Za-z0-9_./-]+(:\d+)?$/.test(ami.ssmParameter);
}

/**
 * The image's id, read at each preview and update when a parameter names it.
 *
 * A launch template could hold the parameter itself (`resolve:ssm:`), and each instance would start from what is newest in that minute: two
 * instances of one group could differ, no preview would show it, and AWS can't roll such a template back
 * (https://docs.aws.amazon.com/autoscaling/ec2/userguide/instance-refresh-rollback.html). With the id, the image stays the same between updates; a
 * newer one shows in the preview as a change of `imageId` and comes by a rolling refresh that is rolled back if instances don't get healthy.
 * To stay on one image, give its id, or the parameter's version.
 */
export function imageIdOf(ami: Ami, opts: pulumi.InvokeOutputOptions): pulumi.Input<string> {
  if ("id" in ami) return ami.id;
  // `value` is taken for a secret, and would hide the id in previews and from policies.
  return aws.ssm.getParameterOutput({ name: ami.ssmParameter }, opts).insecureValue;
}
