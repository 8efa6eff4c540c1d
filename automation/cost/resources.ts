import type { EngineEvent } from "@pulumi/pulumi/automation";
import type { PricedResource } from "../../pricing/resource";
import { nameOf } from "../lib/findings/urn";

/** The resources that a preview shows: as they are now, and as they will be. */
export class PreviewedResources {
  private readonly now = new Map<string, PricedResource>();
  private readonly made = new Map<string, PricedResource>();

  readonly record = (event: EngineEvent): void => {
    const { metadata } = event.resourcePreEvent ?? {};
    if (!metadata) return;
    const { op, urn, old, new: next } = metadata;
    // A replacement shows the old one again as it is deleted.
    if (old && !this.now.has(urn)) this.now.set(urn, resourceOf(old));
    const goes = op === "delete" || op === "delete-replaced" || op === "discard";
    if (next && !goes) this.made.set(urn, resourceOf(next));
  };

  get before(): readonly PricedResource[] {
    return [...this.now.values()];
  }

  get after(): readonly PricedResource[] {
    return [...this.made.values()];
  }
}

interface State {
  readonly urn: string;
  readonly type: string;
  readonly parent?: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
}

function resourceOf({ urn, type, parent = "", inputs = {} }: State): PricedResource {
  return { urn, type, name: nameOf(urn), parent, inputs };
}
