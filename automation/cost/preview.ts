import type { EngineEvent } from "@pulumi/pulumi/automation";
import { regionOf, type Session } from "../lib/session";
import { type CostReport, costReport, type TokenLoad } from "./report";
import { PreviewedResources } from "./resources";
import { costSettings } from "./settings";

/** Gathers what a preview shows, to price it. */
export interface PricedPreview {
  readonly listen: (event: EngineEvent) => void;
  report(asked?: { readonly budgetUsd?: number; readonly load?: TokenLoad }): CostReport;
}

/** @throws UserError when the stack's config says something wrong of costs, before anything runs */
export function pricedPreview({ stackName, settings }: Session): PricedPreview {
  const own = costSettings(settings);
  const resources = new PreviewedResources();
  return {
    listen: resources.record,
    report: ({ budgetUsd = own.budgetUsd, load } = {}) =>
      costReport({
        stack: stackName,
        region: regionOf(settings),
        before: resources.before,
        after: resources.after,
        settings: { ...own, budgetUsd },
        load,
      }),
  };
}
