// A policy pack that judges nothing: it writes what the engine shows policies of the previewed stack, as JSON, to the
// file that EXPORT_FILE names.
const { writeFileSync } = require("node:fs");
const { PolicyPack } = require("@pulumi/policy");
const proxy = require("@pulumi/policy/proxy");

const unknowns = new Set(
  ["Boolean", "Number", "String", "Array", "Asset", "Archive", "Object"].map((kind) => proxy[`unknown${kind}Value`]),
);

/** Plain data; `{ "$unknown": true }` for what is only known after the update. */
function plain(value) {
  if (unknowns.has(value)) return { $unknown: true };
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  const target = value[proxy.isSpecialProxy] === true ? value[proxy.getSpecialProxyTarget] : value;
  if (target.__pulumiAsset || target.__pulumiArchive) return "asset";
  return Object.fromEntries(Object.keys(target).map((key) => [key, plain(target[key])]));
}

new PolicyPack("export", {
  policies: [
    {
      name: "export",
      description: "Writes the stack into a file",
      enforcementLevel: "advisory",
      validateStack: ({ resources }) => {
        const described = resources.map(({ type, urn, name, props, propertyDependencies }) => ({
          type,
          urn,
          name,
          props: plain(props),
          dependencies: Object.fromEntries(
            Object.entries(propertyDependencies).map(([property, sources]) => [
              property,
              sources.map((each) => each.urn),
            ]),
          ),
        }));
        writeFileSync(process.env.EXPORT_FILE, JSON.stringify(described));
      },
    },
  ],
});
