import { commandsOf } from "../../lib/inference/scripts";
import { uncheckedWeights } from "../../lib/inference/weights";
import { launchTypes } from "../../lib/launches";
import { defineRule } from "../../lib/rule";

/**
 * llm-weights-checksum: Model weights are pinned by revision or checksum
 *
 * Where user data fetches weights (Ollama, the Hugging Face hub, curl, wget, S3, git), the command names a commit of 40
 * digits, or the script compares a checksum: `sha256sum --check`, or what it computes or `ollama list` shows with a digest
 * that is written out. Undefined: passes.
 *
 * @severity medium
 * @checkov none
 * @securityHub none
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
 */
export const rule = defineRule({
  id: "llm-weights-checksum",
  family: "inference",
  title: "Model weights are pinned by revision or checksum",
  severity: "medium",
  why: "A model's name can mean other weights tomorrow, and a file of weights can hold code: a new instance then answers differently, or for someone else.",
  fix: "add `--revision` with a commit, or check the file with `sha256sum --check` before the engine starts.",
  checkov: [],
  securityHub: [],
  page: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html",
  types: launchTypes,
  check({ props }, report) {
    for (const userData of [props.at("userData"), props.at("userDataBase64")]) {
      const lines = uncheckedWeights(commandsOf(userData)).map(({ line }) => line);
      const problem = `line ${lines.join(", ")} of the user data fetches model weights that nothing checks`;
      report.when(
        userData.matches(() => lines.length > 0),
        userData,
        problem,
      );
    }
  },
});
