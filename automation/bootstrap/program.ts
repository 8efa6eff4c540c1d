import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { partitionOf, type SystemContext } from "../../components/lib/context";
import { ServiceRole } from "../../components/lib/service-role";
import { componentTags } from "../../components/lib/tags";
import { CiRole } from "./ci-role";
import {
  boundaryDocument,
  deployStatements,
  imageStatements,
  type Place,
  readStatements,
  workloadBoundaryDocument,
  workloadBoundaryName,
} from "./permissions";
import { backupPrefix, StateBucket } from "./state-bucket";
import { keyUse, StateKey } from "./state-key";
import { githubIssuer } from "./trust";

/** Pulumi project of the bootstrap stacks. Not that of the systems: removing a stack must not list its bucket as left over. */
export const bootstrapProject = "llm-stacks-bootstrap";
/** Begins the names of all that bootstrap makes. */
export const platform = "platform";

export interface BootstrapOptions extends Place {
  /** `owner/name` on GitHub. */
  readonly repository: string;
  /** Make the account's provider for GitHub's tokens; there can be one only. */
  readonly makeProvider: boolean;
  /** Leave the provider in the account when the rest is destroyed: other environments may use it. */
  readonly keepProvider: boolean;
  /** Let everything be destroyed, with what is in it. */
  readonly disposable: boolean;
}

export interface BootstrapOutputs {
  readonly bucket: string;
  readonly keyAlias: string;
  readonly deployRole: string;
  readonly previewRole: string;
  readonly imagesRole: string;
  readonly imagesInstanceProfile: string;
  /** ARN that stacks are given as `llm-stacks:permissionsBoundary`. */
  readonly workloadBoundary: string;
}

/** The context of what belongs to an environment as a whole. */
export function platformContext({ accountId, region, environment }: Place, disposable: boolean): SystemContext {
  return {
    project: bootstrapProject,
    stack: environment,
    environment,
    system: platform,
    costTier: "pay-per-use",
    region,
    accountId,
    protectData: !disposable,
    disposableData: disposable,
  };
}

/** Names of GitHub's environments for an environment of AWS: who may change it, who may read it, who may make images. */
export function githubEnvironments(environment: string) {
  return { deploy: environment, preview: `${environment}-preview`, images: `${environment}-images` } as const;
}

/** The resources that an environment needs before its first stack. */
export function buildBootstrap(options: BootstrapOptions): Record<keyof BootstrapOutputs, pulumi.Input<string>> {
  const context = platformContext(options, options.disposable);
  const partition = partitionOf(options.region);
  const tags = componentTags(context, "access");
  const key = new StateKey(`${platform}-state`, { context, service: "state" });
  const bucket = new StateBucket(`${platform}-pulumi-state`, { context, service: "state", key });
  if (options.makeProvider) {
    new aws.iam.OpenIdConnectProvider(
      `${platform}-github`,
      { url: `https://${githubIssuer}`, clientIdLists: ["sts.amazonaws.com"], tags },
      // Other environments of the account use it too.
      { retainOnDelete: options.keepProvider },
    );
  }
  const boundary = new aws.iam.Policy(`${platform}-boundary`, {
    name: `${platform}-boundary-${options.environment}`,
    description: "The most that roles of CI may do",
    policy: boundaryDocument(options),
    tags,
  });
  const workloads = new aws.iam.Policy(`${platform}-workload-boundary`, {
    name: workloadBoundaryName(options.environment),
    description: "The most that roles of stacks may do",
    policy: workloadBoundaryDocument(options),
    tags,
  });

  const builder = new ServiceRole(`${platform}-image-builder`, {
    context,
    service: "access",
    trusts: "ec2.amazonaws.com",
    description: "The machine that Packer makes an image of",
    managedPolicies: ["AmazonSSMManagedInstanceCore"],
  });
  const profile = new aws.iam.InstanceProfile(`${platform}-image-builder-profile`, {
    name: builder.name,
    role: builder.nodes.role.name,
    tags,
  });

  const { deploy, preview, images } = githubEnvironments(options.environment);
  const common = {
    context,
    service: "access",
    boundary,
    repository: options.repository,
    provider: `arn:${partition}:iam::${options.accountId}:oidc-provider/${githubIssuer}`,
  };
  const read = readStatements(options);
  const deployRole = new CiRole(`${platform}-deploy`, {
    ...common,
    githubEnvironment: deploy,
    description: `Deploys stacks of ${options.environment}`,
    statements: [...read, ...deployStatements(options)],
    state: [
      { sid: "ListStates", actions: ["s3:ListBucket", "s3:GetBucketLocation"], resources: [bucket.arn] },
      { sid: "States", actions: ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], resources: [`${bucket.arn}/*`] },
      { sid: "Secrets", actions: [...keyUse.read, ...keyUse.write], resources: [key.arn] },
    ],
  });
  const previewRole = new CiRole(`${platform}-preview`, {
    ...common,
    githubEnvironment: preview,
    description: `Reads stacks of ${options.environment}: previews, drift, smoke tests`,
    statements: read,
    state: [
      { sid: "ListStates", actions: ["s3:ListBucket", "s3:GetBucketLocation"], resources: [bucket.arn] },
      { sid: "ReadStates", actions: ["s3:GetObject"], resources: [`${bucket.arn}/*`] },
      { sid: "Lock", actions: ["s3:PutObject", "s3:DeleteObject"], resources: [`${bucket.arn}/.pulumi/locks/*`] },
      { sid: "BackUp", actions: ["s3:PutObject"], resources: [`${bucket.arn}/${backupPrefix}*`] },
      { sid: "Secrets", actions: [...keyUse.read, "kms:GenerateDataKey"], resources: [key.arn] },
    ],
  });
  const imagesRole = new CiRole(`${platform}-images`, {
    ...common,
    githubEnvironment: images,
    description: "Makes images with Packer",
    statements: imageStatements(options, `arn:${partition}:iam::${options.accountId}:role/${builder.name}`),
  });
  return {
    bucket: bucket.nodes.bucket.bucket,
    keyAlias: key.alias,
    deployRole: deployRole.nodes.role.arn,
    previewRole: previewRole.nodes.role.arn,
    imagesRole: imagesRole.nodes.role.arn,
    imagesInstanceProfile: profile.name,
    workloadBoundary: workloads.arn,
  };
}
