import { buildPack, packName } from "./build-pack";
import { readEnvironment } from "./lib/environment";
import { PackError } from "./lib/pack-error";
import { version } from "./package.json";
import { rules } from "./registry";
import { serve } from "./server/serve";

const description =
  "Rules for AWS programs: tagging, encryption, exposure, reliability, logging, free tier, language models";

try {
  const pack = buildPack(rules, readEnvironment(process.env), new Date());
  void serve({ name: packName, version, description, pack });
} catch (error) {
  if (!(error instanceof PackError)) throw error;
  console.error(error.message);
  process.exit(1);
}
