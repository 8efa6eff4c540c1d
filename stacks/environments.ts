import type { ApiAuthMode } from "../components/edge/rest-api";
import type { Environment } from "../components/lib/context";
import type { LogRetentionDays } from "../components/lib/log-retention";

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
  },
};
