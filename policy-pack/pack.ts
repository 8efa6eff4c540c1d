import { PolicyPack } from "@pulumi/policy";
import { buildPack, packName } from "./build-pack";
import { readEnvironment } from "./lib/environment";
import { PackError } from "./lib/pack-error";
import { rules } from "./registry";

try {
  const { policies, initialConfig } = buildPack(rules, readEnvironment(process.env), new Date());
  const description =
    "Rules for AWS programs: tagging, encryption, exposure, reliability, logging, free tier, language models";
  new PolicyPack(packName, { policies, description, provider: "aws" }, initialConfig);
} catch (error) {
  if (!(error instanceof PackError)) throw error;
  console.error(error.message);
  process.exit(1);
}
