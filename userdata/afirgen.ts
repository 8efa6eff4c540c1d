import { type AfirgenOptions, checkAfirgenOptions } from "./afirgen-options";
import { assembleScript } from "./script";

export type { AfirgenOptions } from "./afirgen-options";

/** Where the application's scripts find what the stack knows. */
export const deploymentFile = "/etc/afirgen/deployment.env";

/**
 * User data of the machine that runs AFIRGen, on an Ubuntu AMI. docs/user-data.md says what it does in which order.
 * @throws InvalidOptionsError naming every wrong option
 */
export function renderAfirgen(options: AfirgenOptions): string {
  const { name, region, release, parameterPrefix, buckets, ...rest } = checkAfirgenOptions(options);
  const deployment = {
    AWS_REGION: region,
    PARAMETER_PREFIX: parameterPrefix,
    MODELS_BUCKET: buckets.models,
    TEMP_BUCKET: buckets.temp,
    BACKUPS_BUCKET: buckets.backups,
    DOMAIN_NAME: rest.domainName ?? "",
    ADMIN_EMAIL: rest.adminEmail ?? "",
    LOG_GROUP: rest.logGroup,
    METRICS_NAMESPACE: rest.metricsNamespace,
  };
  return assembleScript({
    title: "Runs AFIRGen with Docker Compose.",
    settings: {
      REGION: region,
      GROUP_NAME: name,
      // base.sh tells an Auto Scaling group of a failed boot; there is none here.
      LAUNCH_HOOK: "",
      SWAP_GIB: String(rest.swapGiB),
      RELEASE_BUCKET: release.bucket,
      RELEASE_PARAMETER: release.parameter,
    },
    // No value has a character that a shell or systemd would take for more than itself: the options' patterns see to that.
    documents: {
      [deploymentFile]: Object.entries(deployment)
        .map(([variable, value]) => `${variable}=${value}`)
        .join("\n"),
    },
    files: [
      { path: "/opt/llm-stacks/lib.sh", mode: "0644", template: "lib.sh" },
      { path: "/opt/llm-stacks/release", mode: "0755", template: "afirgen/release.sh" },
      { path: "/etc/ssh/sshd_config.d/00-llm-stacks.conf", mode: "0644", template: "sshd.conf" },
      { path: "/etc/logrotate.d/llm-stacks", mode: "0644", template: "logrotate.conf" },
      ...["llm-release.service", "llm-release.timer"].map((unit) => ({
        path: `/etc/systemd/system/${unit}`,
        mode: "0644" as const,
        template: `units/${unit}`,
      })),
    ],
    body: ["base.sh", "afirgen/boot.sh"],
  });
}
