import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import {
  type DashboardPicture,
  dashboardFile,
  dashboardPicturesOf,
  dashboardSvg,
  kindOf,
  legendOf,
  type Widget,
} from "../../../automation/docs/dashboard-picture";
import { withDiagram } from "../../../automation/docs/diagram";
import { shownInReadme } from "../../../automation/docs/generate";
import { pagePictures, pictureFolder } from "../../../automation/docs/pictures";
import { type RecordedSystem, recordedSystems } from "../../../automation/docs/recorded";
import { escaped, textWidth, wrapped } from "../../../automation/docs/svg";
import { repoRoot } from "../../../automation/lib/paths";
import { pngSize } from "../../support/png";

const read = (file: string) => readFileSync(join(repoRoot, file), "utf8");

const documents = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"], {
  cwd: repoRoot,
  encoding: "utf8",
})
  .trim()
  .split("\n");

/** Every picture that a document shows, with the path from the checkout. */
const shown = documents.flatMap((document) =>
  [...read(document).matchAll(/!\[([^\]]*)\]\(([^)\s]+)\)/g)].map(([, alt = "", target = ""]) => ({
    document,
    alt,
    file: join(dirname(document), target),
  })),
);

let systems: readonly RecordedSystem[];
let boards: readonly DashboardPicture[];
beforeAll(async () => {
  systems = await recordedSystems();
  boards = systems.flatMap(dashboardPicturesOf);
  // Whole programs: a tenth of this where the machine has nothing else to do.
}, 300_000);

describe("pictures in documents", () => {
  test("are all in one folder, which holds just those that the two commands make, and each is shown somewhere", () => {
    const made = [...pagePictures.map((name) => `${pictureFolder}/${name}`), ...boards.map(dashboardFile)].sort();
    expect(
      readdirSync(join(repoRoot, pictureFolder))
        .map((name) => `${pictureFolder}/${name}`)
        .sort(),
    ).toEqual(made);
    expect([...new Set(shown.map(({ file }) => file))].sort()).toEqual(made);
  });

  test.each(shown)(
    "$document shows $file, which says in words what is on it and is a picture of sensible size",
    ({ alt, file }) => {
      expect(alt.split(" ").length, "words of the text for who can't see it").toBeGreaterThan(4);
      const path = join(repoRoot, file);
      expect(existsSync(path)).toBe(true);
      expect(statSync(path).size).toBeLessThan(200_000);
      const { width, height } = file.endsWith(".svg") ? svgSize(read(file)) : pngSize(readFileSync(path));
      expect(width).toBeGreaterThanOrEqual(600);
      expect(width).toBeLessThanOrEqual(1200);
      expect(height).toBeGreaterThanOrEqual(300);
      expect(height).toBeLessThanOrEqual(2200);
    },
  );

  test("README shows the diagram that the program has, a page and a dashboard", () => {
    const readme = read("README.md");
    const recorded = systems.find(({ system }) => system === shownInReadme);
    expect(recorded && withDiagram(readme, recorded), "run `npm run docs:generate`").toBe(readme);
    const those = shown.filter(({ document }) => document === "README.md").map(({ file }) => file);
    expect(those.filter((file) => file.endsWith(".png")).length).toBeGreaterThan(0);
    expect(those.filter((file) => file.endsWith(".svg")).length).toBeGreaterThan(0);
  });
});

function svgSize(text: string): { width: number; height: number } {
  const [, width, height] = /^<svg [^>]*\bwidth="(\d+)" height="(\d+)"/.exec(text) ?? [];
  return { width: Number(width), height: Number(height) };
}

describe("the picture of a dashboard", () => {
  test("is the one that the program has", () => {
    expect(boards.map(({ component }) => component)).toEqual([
      "phi3-dashboard",
      "ollama-dashboard",
      "agents-dashboard",
      "afirgen-cost-dashboard",
      "afirgen-dashboard",
    ]);
    for (const board of boards) {
      expect(read(dashboardFile(board)), "run `npm run docs:generate`").toBe(dashboardSvg(board));
    }
  });

  test("has every widget, with its title and legend in whole words, where CloudWatch puts it", () => {
    for (const board of boards) {
      const svg = dashboardSvg(board);
      const drawn = svg.split('<g data-widget="').slice(1);
      expect(drawn.length).toBe(board.widgets.length);
      for (const [index, widget] of board.widgets.entries()) {
        const part = drawn[index] ?? "";
        const [, x, y, width, height] = (/<rect x="(\d+)" y="(\d+)" width="(\d+)" height="(\d+)"/.exec(part) ?? []).map(
          Number,
        );
        expect([x, y, width, height]).toEqual([
          16 + 40 * widget.x,
          48 + 30 * widget.y,
          40 * widget.width - 8,
          30 * widget.height - 8,
        ]);
        const words = [...part.matchAll(/<text [^>]*>([^<]*)</g)].map(([, text]) => text).join(" ");
        expect(words).toContain(
          escaped((widget.properties.title ?? widget.properties.markdown ?? "").replace("## ", "")),
        );
        for (const label of legendOf(widget)) expect(part).toContain(`>${escaped(label)}<`);
        for (const { value } of widget.properties.annotations?.horizontal ?? []) {
          expect(part).toContain(value.toLocaleString("en-US"));
        }
      }
    }
  });

  const graph = (properties: Widget["properties"]): Widget => ({
    type: "metric",
    ...{ x: 0, y: 0, width: 12, height: 6 },
    properties: { title: "Time", view: "timeSeries", stacked: false, period: 60, metrics: [], ...properties },
  });
  const draw = (properties: Widget["properties"]) =>
    dashboardSvg({ component: "a", name: "a", widgets: [graph(properties)] });

  test("names what is drawn, not what is only computed with", () => {
    const metrics = [
      [{ expression: "used_0 / all_0", id: "e0" }],
      [{ expression: "1 * used_0", label: "share", id: "e1" }],
      ["AWS/EC2", "Used", "Id", "i-1", { visible: false, label: "used", id: "used_0" }],
      ["AWS/EC2", "CPUUtilization", "Id", "i-1", { stat: "Average", visible: true }],
      ["AWS/EC2", "NetworkOut", "Id", "i-1"],
    ];
    expect(legendOf(graph({ metrics }))).toEqual(["used_0 / all_0", "share", "CPUUtilization", "NetworkOut"]);
  });

  test.each([
    [{ view: "singleValue" }, "the newest value, in large print"],
    [{ stacked: true }, "stacked areas, one point a minute"],
    [{ period: 300 }, "lines, one point in 5 minutes"],
    [{ period: 3600 }, "lines, one point an hour"],
    [{ period: 21_600 }, "lines, one point in 6 hours"],
    [{ period: 86_400 }, "lines, one point a day"],
  ] as const)("tells the kind of %j", (properties, kind) => {
    expect(kindOf(graph(properties))).toBe(kind);
    expect(draw(properties)).toContain(kind);
  });

  test("puts a threshold to scale where the axis has both ends", () => {
    const lineAt = (value: number) => {
      const annotations = { horizontal: [{ label: "alarm", value }] };
      const svg = draw({ yAxis: { left: { min: 0, max: 100 } }, annotations });
      return Number(/d="M[\d.]+ ([\d.]+)H[\d.]+" stroke="#d13212"/.exec(svg)?.[1]);
    };
    expect(lineAt(0) - lineAt(50)).toBeCloseTo(lineAt(50) - lineAt(100));
    expect(lineAt(100)).toBeLessThan(lineAt(0));
  });

  test("breaks titles at spaces and lets no markup through", () => {
    const lines = wrapped("Blocked by the load balancer's web ACL, in 5 minutes", 200, 12);
    expect(lines.length).toBeGreaterThan(1);
    expect(lines.join(" ")).toBe("Blocked by the load balancer's web ACL, in 5 minutes");
    for (const line of lines) expect(textWidth(line, 12)).toBeLessThanOrEqual(200);
    expect(draw({ title: '<b> & "c"' })).toContain(">&lt;b&gt; &amp; &quot;c&quot;<");
  });
});
