import type { ApiAuthMode } from "../components/edge/rest-api";
import type { Environment } from "../components/lib/context";
import type { LogRetentionDays } from "../components/lib/log-retention";
import type { NatMode } from "../components/network/nat-gateways";

/** What an environment decides unless a stack's configuration says otherwise. */
export interface EnvironmentDefaults {
  /** Protect what stores data from being destroyed. */
  readonly protectData: boolean;
  /** Empty what stores data when it is destroyed, so that one command removes everything. */
  readonly disposableData: boolean;
  readonly logRetentionDays: LogRetentionDays;
  readonly backups: boolean;
  /** A key of its own for alarm messages, $1 a month. */
  readonly encryptAlarms: boolean;
  readonly apiAuth: ApiAuthMode;
  /** Undefined: the stack must name an origin. */
  readonly corsOrigin: string | undefined;
  /** Whether `*` may be the origin. */
  readonly anyCorsOrigin: boolean;
  /** Whether a load balancer may serve without a certificate. It is then closed to all but CloudFront and the API. */
  readonly plainHttp: boolean;
  readonly natMode: Exclude<NatMode, "none">;
  /** Zones that a fleet is spread over. */
  readonly zoneCount: 2 | 3;
  /** Instances beyond the one that is needed, so that the loss of one is not an outage. */
  readonly spareInstances: 0 | 1;
  /** Whether fleets are turned off outside of working hours. */
  readonly offAtNight: boolean;
}

export const environmentDefaults: Readonly<Record<Environment, EnvironmentDefaults>> = {
  dev: {
    protectData: false,
    disposableData: true,
    logRetentionDays: 14,
    backups: false,
    encryptAlarms: false,
    apiAuth: "apiKey",
    corsOrigin: "*",
    anyCorsOrigin: true,
    plainHttp: true,
    natMode: "single",
    zoneCount: 2,
    spareInstances: 0,
    offAtNight: true,
  },
  staging: {
    protectData: false,
    disposableData: false,
    logRetentionDays: 30,
    backups: true,
    encryptAlarms: true,
    apiAuth: "iam",
    corsOrigin: undefined,
    anyCorsOrigin: false,
    plainHttp: false,
    natMode: "single",
    zoneCount: 2,
    spareInstances: 0,
    offAtNight: true,
  },
  prod: {
    protectData: true,
    disposableData: false,
    logRetentionDays: 90,
    backups: true,
    encryptAlarms: true,
    apiAuth: "iam",
    corsOrigin: undefined,
    anyCorsOrigin: false,
    plainHttp: false,
    natMode: "per-az",
    zoneCount: 3,
    spareInstances: 1,
    offAtNight: false,
  },
  free: {
    protectData: false,
    disposableData: false,
    logRetentionDays: 14,
    backups: false,
    encryptAlarms: false,
    apiAuth: "apiKey",
    corsOrigin: "*",
    anyCorsOrigin: true,
    plainHttp: true,
    natMode: "single",
    zoneCount: 2,
    spareInstances: 0,
    offAtNight: true,
  },
};
