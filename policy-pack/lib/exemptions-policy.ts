import { describe, type ExemptionBook } from "./exemptions";
import type { PackPolicy } from "./pack-policy";
import { type ProfileName, profiles } from "./profiles";

export const exemptionsPolicyName = "pack-exemptions";

/**
 * The policy that keeps exemptions honest: it lists those in force at the end of every preview and update, and finds
 * fault with those that are refused, expired or unused. It has to be the last policy of the pack, because it tells what
 * the others made of the exemptions.
 */
export function exemptionsPolicy(book: ExemptionBook, profile: ProfileName): PackPolicy {
  return {
    name: exemptionsPolicyName,
    displayName: "Exemptions are in order",
    description: "Exemptions have a reason, an owner and a date, cover something, and are not forgotten",
    enforcementLevel: profiles[profile].levels.medium,
    severity: "medium",
    settings: {},
    types: new Set(),
    validateStack: (_stack, _config, report) => {
      for (const { severity, text } of book.problems) {
        // A refused entry is a mistake in the file, in every profile. An expired one is the profile's to weigh: what it
        // covered is reported by its own rule again.
        report({ message: text, ...(severity === "refused" && { enforcementLevel: "mandatory" }) });
      }
      for (const exemption of book.unused) {
        const message = `${describe(exemption)} excuses nothing in this stack. Remove it, or limit it with "stacks".`;
        report({ message, enforcementLevel: "advisory", severity: "low" });
      }
      if (book.used.length > 0) report({ message: listing(book), enforcementLevel: "advisory", severity: "low" });
    },
  };
}

function listing(book: ExemptionBook): string {
  const lines = book.used.map(
    ([exemption, findings]) =>
      `${describe(exemption)}: ${findings} finding${findings === 1 ? "" : "s"} until ${exemption.expires}, ` +
      `${exemption.owner}: ${exemption.reason}`,
  );
  return ["Exemptions in force:", ...lines.sort()].join("\n");
}
