import type { Authenticator } from "./auth/authenticate";
import type { Controls } from "./auth/controls";
import type { RateLimits } from "./auth/rate-limits";
import type { BreakerBoard } from "./breaker/board";
import type { HealthBoard } from "./health/health-board";
import type { Gate } from "./http/gate";
import type { LLMRouter } from "./llm-router";
import type { Telemetry } from "./monitoring/telemetry";
import type { Target } from "./router/providers";
import type { Settings } from "./settings";
import type { Upstreams } from "./upstream/upstreams";

/** What the routes work with. */
export interface Parts {
  readonly settings: Settings;
  readonly authenticator: Authenticator;
  readonly limits: RateLimits;
  readonly controls: Controls;
  readonly gate: Gate;
  readonly router: LLMRouter;
  readonly upstreams: Upstreams;
  readonly telemetry: Telemetry;
  readonly health: HealthBoard;
  readonly circuits: BreakerBoard;
  readonly targets: readonly Target[];
  /** Models of all providers, without `auto`. */
  readonly models: readonly string[];
  /** Whether some provider is healthy and its circuit lets requests through. */
  readonly anyProvider: () => boolean;
  readonly jobsEnabled: boolean;
  readonly shuttingDown: () => boolean;
}
