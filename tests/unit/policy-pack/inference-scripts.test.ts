import { gzipSync } from "node:zlib";
import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { unpinnedImages } from "../../../policy-pack/lib/inference/images";
import { commandsIn } from "../../../policy-pack/lib/inference/scripts";
import { uncheckedWeights } from "../../../policy-pack/lib/inference/weights";
import { unknown } from "../../support/policy-harness";
import { cases } from "./cases";
import { judge, pass, unverifiable, violation } from "./rules";

const instance = "aws:ec2/instance:Instance";
const template = "aws:ec2/launchTemplate:LaunchTemplate";
const digest = `sha256:${"0a".repeat(32)}`;
const commit = "0a1b2c3d4e".repeat(4);

describe("commands of a script", () => {
  test("continued lines are one, comments and empty lines none", () => {
    expect(commandsIn("#!/bin/sh\n\ndocker run \\\n  -d \\\n  image\r\necho done\nlast \\")).toEqual([
      { line: 3, text: "docker run    -d    image" },
      { line: 6, text: "echo done" },
      { line: 7, text: "last  " },
    ]);
  });

  test("variables that the script sets are filled in", () => {
    const script = [
      "export TAG=v1",
      'IMAGE="vllm/vllm-openai"',
      "PLAIN='x'",
      "TOKEN=$(aws secretsmanager get-secret-value)",
      `echo $IMAGE:\${TAG} \${TAG:-none} \${PLAIN} $TOKEN \${OTHER:-none}`,
    ].join("\n");
    expect(commandsIn(script).at(-1)?.text).toBe(`echo vllm/vllm-openai:v1 v1 x $TOKEN \${OTHER:-none}`);
  });

  property.prop([fc.string({ unit: "grapheme" })])("any text can be read", (text) => {
    const commands = commandsIn(text);
    expect(commands.every(({ line }) => line >= 1 && line <= text.split(/\r?\n/).length)).toBe(true);
    expect(unpinnedImages(commands).length + uncheckedWeights(commands).length).toBeGreaterThanOrEqual(0);
  });
});

describe("images in commands", () => {
  const found = (...script: string[]): number[] =>
    unpinnedImages(commandsIn(script.join("\n"))).map(({ line }) => line);

  test.each([
    "docker run -d --gpus all -p 8000:8000 -v /models:/models --ipc=host vllm/vllm-openai:v0.6.3 --model x",
    "docker run -it --rm --name web ollama/ollama",
    "docker pull ghcr.io/open-webui/open-webui:main",
    "docker pull --quiet --platform linux/arm64 image",
    "sudo docker container run --detach image:1",
    "docker create --env A=B image:1",
    "docker run -dp 80:80 -p8000:8000 -v/a:/b image:1",
    "podman run image",
    "nerdctl image pull image",
    "ExecStart=/usr/bin/docker run --rm --name vllm vllm/vllm-openai:latest",
    "docker stop old || true; docker run image:1",
    "(docker run image:1)",
    "    image: vllm/vllm-openai:latest",
    '    image: "vllm/vllm-openai:latest"',
    '  "image": "vllm/vllm-openai:latest",',
    `docker run name@sha256:${"0a".repeat(31)}`,
  ])("finds %s", (command) => {
    expect(found("set -e", command)).toEqual([2]);
  });

  test.each([
    `docker run -d --gpus all vllm/vllm-openai@${digest} --model x:y`,
    `docker pull vllm/vllm-openai:v0.6.3@${digest}`,
    `    image: "ollama/ollama@${digest}"`,
    'docker run "$IMAGE"',
    `docker run -dp 80:80 -p8000:8000 a@${digest}`,
    `    image: \${IMAGE}`,
    "docker ps --filter image",
    "docker run",
    "docker run --help > /dev/null",
    "# docker run image:1",
    "systemctl enable docker",
    "echo image",
  ])("passes %s", (command) => {
    expect(found(command)).toEqual([]);
  });

  test("knows images that a variable names, and those that the script builds", () => {
    expect(found("IMAGE=vllm/vllm-openai:latest", 'docker run "$IMAGE"')).toEqual([2]);
    expect(found(`IMAGE=vllm/vllm-openai@${digest}`, 'docker run "$IMAGE"')).toEqual([]);
    expect(found("docker build -t gateway:local .", "docker run gateway:local", "docker run gateway:other")).toEqual([
      3,
    ]);
    expect(found("docker buildx build --tag=gateway .", "docker run gateway")).toEqual([]);
    expect(found("docker build --tag gateway .", "docker run gateway")).toEqual([]);
  });

  test("finds each command of a line", () => {
    expect(found(`docker pull a@${digest} && docker run b`)).toEqual([1]);
  });
});

describe("weights in commands", () => {
  const found = (...script: string[]): number[] =>
    uncheckedWeights(commandsIn(script.join("\n"))).map(({ line }) => line);

  test.each([
    "ollama pull llama3.2:3b",
    "/snap/bin/ollama run phi3",
    "hf download microsoft/Phi-3-mini-4k-instruct",
    "huggingface-cli download microsoft/Phi-3-mini-4k-instruct --revision main",
    "vllm serve microsoft/Phi-3-mini-4k-instruct --port 8000",
    "docker run vllm/vllm-openai --model microsoft/Phi-3-mini-4k-instruct",
    "docker run vllm/vllm-openai --model=microsoft/Phi-3-mini-4k-instruct",
    "docker run text-generation-inference --model-id microsoft/Phi-3-mini-4k-instruct",
    "python3 -m sglang.launch_server --model-path microsoft/Phi-3-mini",
    "python3 -c 'snapshot_download(\"microsoft/Phi-3\")'",
    "model = AutoModel.from_pretrained('microsoft/Phi-3')",
    "git clone https://huggingface.co/microsoft/Phi-3",
    "curl -L -o model.gguf https://huggingface.co/a/b/resolve/main/c.gguf",
    "wget https://example.com/models/phi3.safetensors",
    "aws s3 cp s3://bucket/models/phi3 /models --recursive",
    "aws s3 sync s3://my-models/ /models",
    "aws s3 cp s3://bucket/phi3.gguf /opt/phi3.gguf",
  ])("finds %s", (command) => {
    expect(found("set -e", command)).toEqual([2]);
  });

  test.each([
    `hf download microsoft/Phi-3 --revision ${commit}`,
    `vllm serve microsoft/Phi-3 --revision=${commit}`,
    "vllm serve /models/phi3",
    "docker run image --model microsoft/Phi-3",
    `python3 -c 'snapshot_download("a/b", revision="${commit}")'`,
    `curl -LO https://huggingface.co/a/b/resolve/${commit}/c.gguf`,
    "curl -fsSL https://example.com/install.sh -o install.sh",
    "wget https://example.com/site.tar.gz",
    "git clone https://github.com/a/b",
    "aws s3 cp s3://bucket/config.json /etc/config.json",
    "ollama list",
    "ollama serve",
  ])("passes %s", (command) => {
    expect(found(command)).toEqual([]);
  });

  test.each([
    "echo '0a  model.gguf' | sha256sum --check",
    "sha256sum -c SHA256SUMS",
    "shasum -a 256 -c SHA256SUMS",
    `[ "$(sha256sum model.gguf | cut -d' ' -f1)" = ${"0a".repeat(32)} ]`,
    "ollama list | grep 0a1b2c3d4e5f",
    `git -C Phi-3 checkout ${commit}`,
  ])("a script that checks passes: %s", (check) => {
    expect(found("ollama pull phi3", "git clone https://huggingface.co/microsoft/Phi-3", check)).toEqual([]);
  });

  test.each(["sha256sum model.gguf", "ollama list", "git checkout main", "echo sha256sum"])(
    "and one that only looks doesn't: %s",
    (check) => {
      expect(found("ollama pull phi3", check)).toEqual([1]);
    },
  );
});

describe("llm-image-digest", () => {
  const id = "llm-image-digest";
  const script = "#!/bin/sh\ndocker run a:1\ndocker run b:1\n";
  const found = (path: string) =>
    violation(`${path}: a container image without a digest is in line 2, 3 of the user data`);
  const base64 = Buffer.from(script).toString("base64");

  cases(id, instance, [
    ["reads user data as text", { userData: script }, found("userData")],
    ["reads it in base64", { userDataBase64: base64 }, found("userDataBase64")],
    ["reads it compressed", { userDataBase64: gzipSync(script).toString("base64") }, found("userDataBase64")],
    ["passes digests", { userData: `docker run a@${digest}` }, pass],
    ["passes without user data", {}, pass],
    ["can't judge unknown user data", { userData: unknown }, unverifiable("userData")],
  ]);
  cases(id, template, [["reads a template's", { userData: base64 }, found("userData")]]);
  cases(id, "aws:ecs/taskDefinition:TaskDefinition", [
    [
      "judges each container of a task, as text",
      { containerDefinitions: JSON.stringify([{ image: `a@${digest}` }, { image: "b:1" }]) },
      violation("containerDefinitions[1].image: the container image has no digest"),
    ],
    ["can't judge unknown containers", { containerDefinitions: unknown }, unverifiable("containerDefinitions")],
    ["passes what is no JSON", { containerDefinitions: "[" }, pass],
  ]);
  cases(id, "aws:sagemaker/model:Model", [
    [
      "judges a model's container",
      { primaryContainer: { image: "a:1" } },
      violation("primaryContainer.image: the container image has no digest"),
    ],
    [
      "judges its further containers",
      { containers: [{ image: `a@${digest}` }, { image: unknown }, { image: "b" }] },
      { ...violation("containers[2].image: the container image has no digest"), unknowns: ["containers[1].image"] },
    ],
    ["passes one without an image", { primaryContainer: { modelPackageName: "p" } }, pass],
  ]);
});

describe("llm-weights-checksum", () => {
  const script = "ollama pull phi3";
  cases("llm-weights-checksum", instance, [
    [
      "refuses unchecked weights",
      { userData: script },
      violation("userData: line 1 of the user data fetches model weights that nothing checks"),
    ],
    [
      "reads base64",
      { userDataBase64: Buffer.from(script).toString("base64") },
      violation("userDataBase64: line 1 of the user data fetches model weights that nothing checks"),
    ],
    ["passes checked ones", { userData: `${script}\nollama list | grep 0a1b2c3d4e5f` }, pass],
    ["passes without user data", {}, pass],
    ["can't judge unknown user data", { userData: unknown }, unverifiable("userData")],
  ]);
});

describe("llm-provider-keys", () => {
  const id = "llm-provider-keys";
  const keys = [
    `sk-ant-${"a1".repeat(20)}`,
    `sk-or-v1-${"a1".repeat(20)}`,
    `sk-${"a1".repeat(20)}`,
    `sk-proj-${"a1".repeat(20)}`,
    `hf_${"aB".repeat(17)}`,
    `AIza${"a".repeat(35)}`,
    `gsk_${"a1".repeat(26)}`,
    `r8_${"a1".repeat(18)}`,
    `xai-${"a1".repeat(40)}`,
    `pplx-${"a1".repeat(24)}`,
    `nvapi-${"a1".repeat(32)}`,
    `csk-${"a1".repeat(24)}`,
    `ABSK${"a1".repeat(40)}`,
  ];
  const userData = violation("userData: the user data holds a model provider's API key");
  const variable = (path: string) => violation(`${path}: the variable holds a model provider's API key`);

  test.each(keys)("finds %s in user data, environment and tags, and does not quote it", async (key) => {
    const lambda = "aws:lambda/function:Function";
    expect(await judge(id, { type: instance, props: { userData: `echo ${key} > /etc/key` } })).toEqual(userData);
    expect(await judge(id, { type: lambda, props: { environment: { variables: { A: key } } } })).toEqual(
      variable("environment.variables.A"),
    );
    expect(await judge(id, { type: "aws:s3/bucket:Bucket", props: { tags: { key } } })).toEqual(
      violation("tags.key: the tag holds a model provider's API key"),
    );
  });

  const text = (line: string) => ({ userData: `#!/bin/sh\n${line}\n` });
  const secret = "abcdefghijklmnop1234";
  cases(id, instance, [
    ["finds a variable of the name", text(`export MISTRAL_API_KEY=${secret}`), userData],
    ["finds one of sixteen letters", text("COHERE_API_KEY=abcdefghijklmnop"), userData],
    ["finds it quoted", text(`COHERE_API_KEY="${secret}"`), userData],
    ["finds it in YAML", text(`  HF_TOKEN: ${secret}`), userData],
    [
      "finds it in base64",
      { userDataBase64: Buffer.from(`HF_TOKEN=${secret}`).toString("base64") },
      violation("userDataBase64: the user data holds a model provider's API key"),
    ],
    [
      "passes one that is read at start",
      text("OPENAI_API_KEY=$(aws secretsmanager get-secret-value --secret-id openai-production)"),
      pass,
    ],
    ["passes one from a variable", text(`OPENAI_API_KEY="\${OPENAI_KEY_FROM_SECRET}"`), pass],
    ["passes the EMPTY that local engines are given", text("OPENAI_API_KEY=EMPTY"), pass],
    ["passes other names", text(`MODEL_NAME=${secret}`), pass],
    ["passes without user data", {}, pass],
    ["can't judge unknown user data", { userData: unknown }, unverifiable("userData")],
  ]);

  cases(id, "aws:lambda/function:Function", [
    [
      "finds a variable by its name",
      { environment: { variables: { AZURE_OPENAI_KEY: secret } } },
      variable("environment.variables.AZURE_OPENAI_KEY"),
    ],
    [
      "finds Bedrock's",
      { environment: { variables: { AWS_BEARER_TOKEN_BEDROCK: secret } } },
      variable("environment.variables.AWS_BEARER_TOKEN_BEDROCK"),
    ],
    [
      "passes the ARN of a secret",
      { environment: { variables: { OPENAI_API_KEY: "arn:aws:secretsmanager:us-east-1:1:secret:a" } } },
      pass,
    ],
    ["passes a parameter's name", { environment: { variables: { OPENAI_API_KEY: "/prod/openai/api-key" } } }, pass],
    [
      "passes a dynamic reference",
      { environment: { variables: { OPENAI_API_KEY: "{{resolve:secretsmanager:openai}}" } } },
      pass,
    ],
    ["passes names that only begin so", { environment: { variables: { OPENAI_API_KEY_SECRET_ID: secret } } }, pass],
    [
      "an unknown variable hides no other",
      { environment: { variables: { A: unknown, HF_TOKEN: secret } } },
      { ...variable("environment.variables.HF_TOKEN"), unknowns: ["environment.variables.A"] },
    ],
  ]);

  test.each<[string, object, string]>([
    [
      "aws:sagemaker/model:Model",
      { primaryContainer: { environment: { HF_TOKEN: secret } } },
      "primaryContainer.environment.HF_TOKEN",
    ],
    [
      "aws:sagemaker/model:Model",
      { containers: [{ environment: { HF_TOKEN: secret } }] },
      "containers[0].environment.HF_TOKEN",
    ],
    [
      "aws:apprunner/service:Service",
      {
        sourceConfiguration: {
          imageRepository: { imageConfiguration: { runtimeEnvironmentVariables: { HF_TOKEN: secret } } },
        },
      },
      "sourceConfiguration.imageRepository.imageConfiguration.runtimeEnvironmentVariables.HF_TOKEN",
    ],
    [
      "aws:codebuild/project:Project",
      {
        environment: {
          environmentVariables: [
            { name: "A", value: "b" },
            { name: "HF_TOKEN", value: secret },
          ],
        },
      },
      "environment.environmentVariables[1].value",
    ],
    [
      "aws:ecs/taskDefinition:TaskDefinition",
      { containerDefinitions: JSON.stringify([{ environment: [{ name: "HF_TOKEN", value: secret }] }]) },
      "containerDefinitions[0].environment[0].value",
    ],
    [
      "aws:batch/jobDefinition:JobDefinition",
      { containerProperties: JSON.stringify({ environment: [{ name: "HF_TOKEN", value: secret }] }) },
      "containerProperties.environment[0].value",
    ],
  ])("reads the environment of %s", async (type, props, path) => {
    expect(await judge(id, { type, props: props as never })).toEqual(variable(path));
  });

  test("a build's variable of another type holds a name", async () => {
    const project = (kind: string) => ({
      type: "aws:codebuild/project:Project",
      props: { environment: { environmentVariables: [{ name: "HF_TOKEN", value: secret, type: kind }] } },
    });
    expect(await judge(id, project("SECRETS_MANAGER"))).toEqual(pass);
    expect(await judge(id, project("PLAINTEXT"))).toEqual(variable("environment.environmentVariables[0].value"));
  });

  test("reads the tags of an Auto Scaling group and notes unknown ones", async () => {
    const group = "aws:autoscaling/group:Group";
    const tagged = (value: string) => ({ type: group, props: { tags: [{ key: "key", value }] } });
    expect(await judge(id, tagged(keys[0] ?? ""))).toEqual(
      violation("tags[0].value: the tag holds a model provider's API key"),
    );
    expect(await judge(id, tagged(unknown))).toEqual(unverifiable("tags[0].value"));
    expect(await judge(id, tagged("task-force-of-the-year-2026-and-more"))).toEqual(pass);
  });
});
