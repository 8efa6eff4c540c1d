import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { defaults } from "../../../../services/afirgen/backend/settings";
import { variableNames } from "../../../../services/afirgen/backend/settings-variables";
import { metricNames, metrics } from "../../../../services/afirgen/metrics";
import { ensureShellcheck, shellcheck } from "../../../support/shellcheck";

const folder = join(__dirname, "../../../../services/afirgen/deploy");
const read = (name: string) => readFileSync(join(folder, name), "utf8");

interface Service {
  image: string;
  restart: string;
  mem_limit: string;
  memswap_limit: string;
  healthcheck: { test: string[] };
  environment: Record<string, string>;
  volumes: string[];
  logging: { driver: string; options: Record<string, string> };
  ports?: string[];
}
const { services } = parse(read("docker-compose.free-tier.yml"), { merge: true }) as {
  services: Record<string, Service>;
};
const megabytes = (text: string) => Number(/^(\d+)m$/.exec(text)?.[1]);

describe("the compose file", () => {
  test("[afirgen P2] limits are those of the design in proportion, and 960 MiB at most in all", () => {
    const asked: Record<string, number> = { backend: 300, "gguf-server": 400, "asr-ocr-server": 300, nginx: 50 };
    expect(Object.keys(services)).toEqual(Object.keys(asked));
    const given = Object.fromEntries(Object.entries(services).map(([name, each]) => [name, megabytes(each.mem_limit)]));
    const sum = Object.values(given).reduce((a, b) => a + b, 0);
    expect(sum).toBeLessThanOrEqual(960);
    expect(sum).toBeGreaterThan(950);
    for (const [name, limit] of Object.entries(given)) {
      expect(Math.abs(limit - ((asked[name] ?? 0) * 960) / 1050)).toBeLessThanOrEqual(1);
    }
    // What does not fit goes to the machine's 4 GiB of swap.
    const swap = Object.values(services).reduce(
      (all, each) => all + megabytes(each.memswap_limit) - megabytes(each.mem_limit),
      0,
    );
    expect(swap).toBeLessThanOrEqual(4096);
  });

  test.each(Object.entries(services))(
    "%s restarts by itself, is checked, pinned, and its log is bounded",
    (_, service) => {
      expect(service.restart).toBe("unless-stopped");
      expect(service.healthcheck.test[0]).toBe("CMD");
      expect(service.image).toMatch(/@sha256:[0-9a-f]{64}$|:\d+\.\d+\.\d+-|^afirgen\/asr-ocr:/);
      expect(service.logging).toEqual({ driver: "json-file", options: { "max-size": "10m", "max-file": "3" } });
      expect(service.environment["MAX_WORKERS"]).toBe("1");
    },
  );

  test("only nginx can be reached; models, knowledge base and sessions are on the machine's disk", () => {
    expect(Object.keys(services).filter((name) => services[name]?.ports !== undefined)).toEqual(["nginx"]);
    const mounted = Object.values(services).flatMap(({ volumes }) => volumes.map((volume) => volume.split(":")[0]));
    expect(mounted).toEqual(
      expect.arrayContaining(["/opt/afirgen/models", "/opt/afirgen/kb", "/opt/afirgen/sessions"]),
    );
  });

  test("every variable that it sets is one of the backend's, and its models have the names that the backend asks for", () => {
    const { backend, "asr-ocr-server": speech } = services;
    expect(variableNames).toEqual(expect.arrayContaining(Object.keys(backend?.environment ?? {})));
    expect([speech?.environment["ASR_MODEL"], speech?.environment["OCR_MODEL"]]).toEqual([
      defaults().ASR_MODEL,
      defaults().OCR_MODEL,
    ]);
  });
});

describe("the CloudWatch agent", () => {
  interface Plugin {
    measurement: { name: string; rename: string; unit: string }[];
    drop_original_metrics?: string[];
  }
  const agent = JSON.parse(read("cloudwatch-agent.json")) as {
    agent: Record<string, unknown>;
    metrics: {
      aggregation_dimensions: string[][];
      append_dimensions?: object;
      metrics_collected: Record<string, Plugin>;
    };
  };
  const collected = Object.values(agent.metrics.metrics_collected);

  test("sends its three of the ten metrics, every minute", () => {
    const sent = collected.flatMap(({ measurement }) => measurement.map(({ rename, unit }) => [rename, unit]));
    const expected = metricNames
      .filter((name) => metrics[name].publisher === "agent")
      .map((name) => [name, metrics[name].unit]);
    expect(sent).toEqual(expected);
    expect(agent.agent["metrics_collection_interval"]).toBe(60);
  });

  test("each with one set of dimensions, the empty one: those with dimensions of their own are summed up and dropped", () => {
    expect(agent.agent["omit_hostname"]).toBe(true);
    expect(agent.metrics.append_dimensions).toBeUndefined();
    expect(agent.metrics.aggregation_dimensions).toEqual([[]]);
    const { cpu, disk, mem } = agent.metrics.metrics_collected;
    for (const plugin of [cpu, disk]) {
      const names = plugin?.measurement.flatMap(({ name, rename }) => [name, rename]);
      expect(plugin?.drop_original_metrics).toEqual(names);
    }
    // Without a dimension of its own it is not summed up, so dropping it would leave nothing.
    expect(mem?.drop_original_metrics).toBeUndefined();
  });
});

describe("scripts", () => {
  const scripts = readdirSync(join(folder, "bin"));
  beforeAll(async () => {
    await ensureShellcheck();
  });

  test.each(scripts)("ShellCheck has nothing to say of %s", async (name) => {
    const script = read(`bin/${name}`).replace("#!/bin/sh", "#!/bin/sh\n# shellcheck disable=SC1091,SC2154");
    expect(await shellcheck(script)).toEqual([]);
  });

  test("those that cron and systemd start are there", () => {
    const started = [
      ...`${read("cron.d/afirgen")}${read("systemd/afirgen-oom-reporter.service")}`.matchAll(
        /\/opt\/afirgen\/bin\/([\w-]+)/g,
      ),
    ];
    expect(started.map(([, name]) => name)).toHaveLength(4);
    for (const [, name] of started) expect(scripts).toContain(name);
  });
});
