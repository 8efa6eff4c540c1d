const { createHash } = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");

const output = path.join(__dirname, "dist", "pack.js");

/** The TypeScript sources of the pack, sorted, from the pack's folder. */
function sourceFiles(folder = "") {
  return fs
    .readdirSync(path.join(__dirname, folder), { withFileTypes: true })
    .flatMap((entry) => {
      const file = path.join(folder, entry.name);
      if (entry.isDirectory())
        return ["dist", "node_modules", "tables", "tools"].includes(file) ? [] : sourceFiles(file);
      return entry.name.endsWith(".ts") || file === "bundle.js" ? [file] : [];
    })
    .sort();
}

/** Content of the sources and versions of what is bundled with them. Modification times would differ after a checkout. */
function fingerprint() {
  const hash = createHash("sha256");
  for (const file of sourceFiles()) hash.update(`${file}\0`).update(fs.readFileSync(path.join(__dirname, file)));
  for (const name of ["esbuild", "zod", "yaml", "@pulumi/pulumi", "google-protobuf"])
    hash.update(`${name}@${require(`${name}/package.json`).version}\0`);
  return hash.digest("hex");
}

function isFresh(header) {
  try {
    return fs.readFileSync(output, "utf8").startsWith(header);
  } catch (error) {
    if (error.code === "ENOENT") return false;
    throw error;
  }
}

/**
 * Builds dist/pack.js unless it was built from the sources as they are, and returns its path. Two processes may do this
 * at once: each writes a file of its own and renames it, so that none ever loads half a bundle.
 */
function ensureBundle() {
  const header = `// ${fingerprint()}\n`;
  if (isFresh(header)) return output;
  const { outputFiles } = require("esbuild").buildSync({
    absWorkingDir: __dirname,
    entryPoints: ["pack.ts"],
    bundle: true,
    write: false,
    platform: "node",
    target: "node22",
    format: "cjs",
    legalComments: "none",
    logLevel: "error",
  });
  fs.mkdirSync(path.dirname(output), { recursive: true });
  const draft = `${output}.${process.pid}`;
  fs.writeFileSync(draft, `${header}${outputFiles[0].text}`);
  fs.renameSync(draft, output);
  return output;
}

module.exports = { ensureBundle, output };
