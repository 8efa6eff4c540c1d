import { isPinned, unpinnedImages } from "../../lib/inference/images";
import { commandsOf } from "../../lib/inference/scripts";
import { launchTypes } from "../../lib/launches";
import { defineRule, type ResourceView } from "../../lib/rule";
import type { Value } from "../../lib/value";

const taskType = "aws:ecs/taskDefinition:TaskDefinition";
const modelType = "aws:sagemaker/model:Model";

/**
 * llm-image-digest: Container images are pinned by digest
 *
 * In user data, the images of docker, podman and nerdctl commands and of Compose files end in @sha256: and a digest, but
 * those that the script builds; in ECS task definitions and SageMaker models all images. An image in a variable that the
 * script does not set is not known, and passes. Undefined: passes.
 *
 * @severity medium
 * @checkov none
 * @securityHub none
 * @see https://docs.aws.amazon.com/AmazonECR/latest/userguide/docker-pull-ecr-image.html
 */
export const rule = defineRule({
  id: "llm-image-digest",
  family: "inference",
  title: "Container images are pinned by digest",
  severity: "medium",
  why: "A tag can mean another image tomorrow: a new instance of the fleet then runs code that nobody tried, with the fleet's role and GPUs.",
  fix: "write the image as name@sha256:digest; `docker buildx imagetools inspect name:tag` shows it.",
  checkov: [],
  securityHub: [],
  page: "https://docs.aws.amazon.com/AmazonECR/latest/userguide/docker-pull-ecr-image.html",
  types: [...launchTypes, taskType, modelType],
  check(resource, report) {
    for (const userData of [resource.props.at("userData"), resource.props.at("userDataBase64")]) {
      const lines = unpinnedImages(commandsOf(userData)).map(({ line }) => line);
      const problem = `a container image without a digest is in line ${lines.join(", ")} of the user data`;
      report.when(
        userData.matches(() => lines.length > 0),
        userData,
        problem,
      );
    }
    for (const image of imagesOf(resource)) {
      const isOpen = image.matches((name) => typeof name === "string" && !isPinned(name));
      report.when(image.isSet().and(isOpen), image, "the container image has no digest");
    }
  },
});

function imagesOf({ type, props }: ResourceView): readonly Value[] {
  if (type === taskType) {
    const definitions = props.at("containerDefinitions").asDocument()?.elements() ?? [];
    return definitions.map((definition) => definition.at("image"));
  }
  if (type !== modelType) return [];
  return [props.at("primaryContainer"), ...props.at("containers").elements()].map((container) => container.at("image"));
}
