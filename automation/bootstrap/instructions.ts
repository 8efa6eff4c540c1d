import { type BootstrapOutputs, githubEnvironments } from "./program";

export interface InstructionsFor {
  readonly environment: string;
  readonly region: string;
  readonly repository: string;
  readonly backendUrl: string;
  readonly outputs: BootstrapOutputs;
}

/** What to do after bootstrap, as commands. None of the values is a secret. */
export function instructions({ environment, region, repository, backendUrl, outputs }: InstructionsFor): string[] {
  const names = githubEnvironments(environment);
  const variables = (githubEnvironment: string, values: Record<string, string>) =>
    Object.entries(values).map(
      ([name, value]) => `  gh variable set ${name} --repo ${repository} --env ${githubEnvironment} --body '${value}'`,
    );
  const secrets = `awskms://${outputs.keyAlias}?region=${region}`;
  return [
    "",
    "On this machine, once:",
    `  pulumi login '${backendUrl}'`,
    `  pulumi stack init ${environment} --secrets-provider '${secrets}'     # writes the key into Pulumi.${environment}.yaml: commit it`,
    `  pulumi config set llm-stacks:permissionsBoundary ${outputs.workloadBoundary} --stack ${environment}     # without it CI may not make roles: commit it`,
    "",
    "In GitHub, make these environments (Settings, Environments), and give the first its reviewers:",
    `  ${Object.values(names).join(", ")}`,
    "",
    "and their variables; none is a secret:",
    ...variables(names.deploy, {
      AWS_ROLE_ARN: outputs.deployRole,
      AWS_REGION: region,
      PULUMI_BACKEND_URL: backendUrl,
    }),
    ...variables(names.preview, {
      AWS_ROLE_ARN: outputs.previewRole,
      AWS_REGION: region,
      PULUMI_BACKEND_URL: backendUrl,
    }),
    ...variables(names.images, {
      AWS_ROLE_ARN: outputs.imagesRole,
      AWS_REGION: region,
      IMAGES_INSTANCE_PROFILE: outputs.imagesInstanceProfile,
    }),
  ];
}
