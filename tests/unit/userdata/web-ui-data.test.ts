/**
 * What Open WebUI holds goes from one instance to the next. The stand-in has real tar, and copies in the place of S3, DynamoDB and SQLite; it does not show that AWS
 * takes what it is sent.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { renderOllama } from "../../../userdata/render";
import { Machine } from "./machine";
import { digestOf, ollamaOptions } from "./options";

const machines: Machine[] = [];
afterEach(() => {
  for (const machine of machines.splice(0)) machine.remove();
});

const script = renderOllama(ollamaOptions);
const withDatabase = renderOllama({ ...ollamaOptions, databaseUrlParameter: "/ollama/dev/database-url" });
const data = "var/lib/llm-stacks/web-ui";

/** An instance that has booted, with real tar. */
async function booted(using: string = script, prepare: (machine: Machine) => void = () => {}) {
  const machine = new Machine();
  machines.push(machine);
  machine.given("library", digestOf("d"));
  rmSync(join(machine.root, ".bin/tar"));
  for (const [name, path] of [
    ["tar", "/bin/tar"],
    ["gzip", "/bin/gzip"],
  ] as const) {
    symlinkSync(path, join(machine.root, ".bin", name));
  }
  prepare(machine);
  const boot = await machine.boot(using);
  return { machine, boot };
}

function write(machine: Machine, path: string, text: string): void {
  const file = join(machine.root, data, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

const backUp = (machine: Machine, failing = "") => machine.run(join(machine.root, "opt/llm-stacks/backup"), failing);
const failures = (commands: readonly string[]) =>
  commands.flatMap((command) => /"BackupFailures".*"Value":(\d)/.exec(command)?.[1] ?? []);

/** What the second instance is told by the table after the first has saved. */
function handOver(from: Machine): (to: Machine) => void {
  const archive = readFileSync(join(from.state, "saved-archive"));
  const sha256 = createHash("sha256").update(archive).digest("hex");
  return (to) => {
    mkdirSync(to.state, { recursive: true });
    writeFileSync(join(to.state, "saved-archive"), archive);
    const Item = {
      id: { S: "web-ui" },
      holder: { S: "i-before" },
      objectVersion: { S: "version-2" },
      archiveSha256: { S: sha256 },
      savedAt: { S: "2026-11-21T12:00:00Z" },
    };
    to.given("item", JSON.stringify({ Item }));
  };
}

describe("[ollama 8.2] a backup", () => {
  test("brings uploads, database and index to the bucket, and tells the table as the holder", async () => {
    const { machine } = await booted();
    write(machine, "webui.db", "accounts");
    write(machine, "vector_db/chroma.sqlite3", "index");
    write(machine, "cache/model.bin", "can be fetched again");
    const { status, commands } = await backUp(machine);
    expect(status).toBe(0);
    const aws = commands.filter((command) => command.startsWith("aws ") && !command.includes("put-metric-data"));
    expect(aws).toEqual([
      "aws s3 sync --only-show-errors ROOT/var/lib/llm-stacks/web-ui/uploads s3://ollama-storage-dev-1a2b3c4d/uploads",
      "aws s3api put-object --bucket ollama-storage-dev-1a2b3c4d --key web-ui/data.tar.gz --body TEMPORARY/data.tar.gz --query VersionId --output text",
      expect.stringMatching(
        /^aws dynamodb update-item --table-name ollama-data-table-dev .*--condition-expression holder = :me .*":me":\{"S":"i-0123456789abcdef0"\},":version":\{"S":"version-2"\}/,
      ),
    ]);
    expect(failures(commands)).toEqual(["0"]);
  });

  test("sends nothing twice", async () => {
    const { machine } = await booted();
    write(machine, "webui.db", "accounts");
    await backUp(machine);
    const again = await backUp(machine);
    expect(again.commands.filter((command) => command.includes("put-object"))).toEqual([]);
    write(machine, "webui.db", "accounts, and one more");
    const changed = await backUp(machine);
    expect(changed.commands.filter((command) => command.includes("put-object"))).toHaveLength(1);
  });

  test.each([
    ["the bucket can't be reached", "s3 sync"],
    ["the archive is refused", "put-object"],
    ["the database can't be read", "^sqlite3"],
    ["the table can't be reached", "update-item"],
  ])("that fails since %s says so in its metric and log", async (_what, failing) => {
    const { machine } = await booted();
    write(machine, "webui.db", "accounts");
    const { status, commands, output } = await backUp(machine, failing);
    expect(status).not.toBe(0);
    expect(failures(commands)).toEqual(["1"]);
    expect(output).toContain("ERROR: Open WebUI's data did not get to the bucket");
    // The next run tries again.
    expect(failures((await backUp(machine)).commands)).toEqual(["0"]);
  });

  test("of an instance that has been taken over from counts for nothing, and is no failure", async () => {
    const { machine } = await booted();
    write(machine, "webui.db", "old accounts");
    machine.given("taken-over", "");
    const { status, output, commands } = await backUp(machine);
    expect([status, failures(commands)]).toEqual([0, ["0"]]);
    expect(output).toContain("another instance serves now");
  });

  test("is made once more when the instance is to end, after its requests", async () => {
    const { machine } = await booted();
    machine.given("lifecycle", "InService\nTerminated\n");
    const watch = join(machine.root, "opt/llm-stacks/watch");
    const settings = join(machine.root, "etc/llm-stacks/settings");
    writeFileSync(settings, readFileSync(settings, "utf8").replace(/DRAIN_SECONDS="?\d+"?/, "DRAIN_SECONDS=0"));
    const { commands } = await machine.run(watch);
    const place = (text: string) => commands.findIndex((command) => command.includes(text));
    expect(place("record-lifecycle-action-heartbeat")).toBeGreaterThan(0);
    expect(place("systemctl start llm-backup.service")).toBeGreaterThan(place("record-lifecycle-action-heartbeat"));
    expect(place("--lifecycle-action-result CONTINUE")).toBeGreaterThan(place("systemctl start llm-backup.service"));
  });
});

describe("[ollama 8.2] a new instance", () => {
  test("starts with what the one before saved, and then is the holder", async () => {
    const { machine: first } = await booted();
    write(first, "webui.db", "accounts");
    write(first, "vector_db/collection/data.bin", "vectors");
    await backUp(first);
    const { machine: second, boot } = await booted(script, handOver(first));
    expect(boot.status, boot.output).toBe(0);
    expect(second.read(`${data}/webui.db`)).toBe("accounts");
    expect(second.read(`${data}/vector_db/collection/data.bin`)).toBe("vectors");
    const place = (text: string) => boot.commands.findIndex((command) => command.includes(text));
    expect(
      place("get-object --bucket ollama-storage-dev-1a2b3c4d --key web-ui/data.tar.gz --version-id version-2"),
    ).toBeGreaterThan(0);
    expect(place("docker run")).toBeGreaterThan(place("get-object"));
    // Only one that serves takes over: a boot that fails must not keep the old one from saving.
    expect(place("SET holder = :me")).toBeGreaterThan(place("lifecycle-action-result CONTINUE"));
  });

  test("that gets another archive than the table says does not start", async () => {
    const { machine: first } = await booted();
    write(first, "webui.db", "accounts");
    await backUp(first);
    const { machine, boot } = await booted(script, (to) => {
      handOver(first)(to);
      writeFileSync(join(to.state, "saved-archive"), "something else");
    });
    expect(boot.status).not.toBe(0);
    expect(boot.output).toContain("is not what the table ollama-data-table-dev says");
    expect(boot.commands.filter((command) => command.startsWith("docker run"))).toEqual([]);
    expect(boot.commands.join("\n")).toContain("ABANDON");
    expect(existsSync(join(machine.root, data, "webui.db"))).toBe(false);
  });

  test("that has its data keeps it, whatever the table says", async () => {
    const { machine } = await booted();
    write(machine, "webui.db", "newer accounts");
    const { commands } = await machine.boot(script);
    expect(commands.filter((command) => /get-object|get-item|s3 sync/.test(command))).toEqual([]);
    expect(machine.read(`${data}/webui.db`)).toBe("newer accounts");
  });
});

describe("with a database outside", () => {
  test("uploads go both ways, and no archive is made or taken", async () => {
    const { machine, boot } = await booted(withDatabase);
    expect(boot.status, boot.output).toBe(0);
    expect(boot.commands.filter((command) => /dynamodb|s3api/.test(command))).toEqual([]);
    write(machine, "webui.db", "left over");
    const { commands } = await backUp(machine);
    expect(commands.filter((command) => /dynamodb|s3api/.test(command))).toEqual([]);
    expect(commands.filter((command) => command.startsWith("aws s3 sync"))).toHaveLength(2);
    expect(machine.read("etc/llm-stacks/web-ui.env")).toMatch(/^DATABASE_URL=s3cret\nVECTOR_DB=pgvector$/m);
  });
});

test("Open WebUI has an administrator from the start, and no sign-up", async () => {
  const { machine } = await booted();
  const env = machine.read("etc/llm-stacks/web-ui.env").split("\n");
  expect(env).toEqual(
    expect.arrayContaining([
      "WEBUI_ADMIN_EMAIL=ops@example.com",
      "WEBUI_ADMIN_PASSWORD=s3cret",
      "ENABLE_SIGNUP=False",
      "WEBUI_URL=https://chat.example.com",
      "CORS_ALLOW_ORIGIN=https://chat.example.com",
      "WEBUI_SESSION_COOKIE_SECURE=True",
    ]),
  );
  expect(env.filter((line) => line.startsWith("DATABASE_URL"))).toEqual([]);
});
