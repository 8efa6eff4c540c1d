import { UsageError } from "../lib/exit";

/** Host of GitHub's tokens. Source: https://docs.github.com/en/actions/security-for-github-actions/security-hardening-your-deployments/configuring-openid-connect-in-amazon-web-services */
export const githubIssuer = "token.actions.githubusercontent.com";

/** @throws UsageError unless it is the owner and the name of a repository, as GitHub writes them */
export function parseRepository(text: string): string {
  if (/^[A-Za-z0-9](?:[A-Za-z0-9-]{0,37}[A-Za-z0-9])?\/[A-Za-z0-9._-]{1,100}$/.test(text) && !/\/\.{1,2}$/.test(text))
    return text;
  throw new UsageError(
    `"${text}" is no repository of GitHub.`,
    "Write its owner and its name: --repository my-organisation/llm-stacks",
  );
}

/** Trust policy that lets in the jobs of one repository that run in one of its environments, and nobody else. */
export function githubTrust(providerArn: string, repository: string, environment: string): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "GitHub",
        Effect: "Allow",
        Principal: { Federated: providerArn },
        Action: "sts:AssumeRoleWithWebIdentity",
        Condition: {
          StringEquals: {
            [`${githubIssuer}:aud`]: "sts.amazonaws.com",
            [`${githubIssuer}:sub`]: `repo:${repository}:environment:${environment}`,
          },
        },
      },
    ],
  });
}
