import * as aws from "@pulumi/aws";
import { buildSystems } from "./stacks/build";
import { readStackConfig } from "./stacks/config";

/** Reads the stack's configuration, builds its systems and returns their outputs. */
export = async () => {
  const config = readStackConfig();
  const { accountId } = await aws.getCallerIdentity();
  return buildSystems(config, accountId);
};
