import * as proxy from "@pulumi/policy/proxy";

/** The parts of @pulumi/policy's proxy module that it keeps out of its type declarations. */
interface ProxyInternals {
  isSpecialProxy: string;
  getSpecialProxyTarget: string;
  unknownBooleanValue: string;
  unknownNumberValue: string;
  unknownStringValue: string;
  unknownArrayValue: string;
  unknownAssetValue: string;
  unknownArchiveValue: string;
  unknownObjectValue: string;
}

const internals = proxy as unknown as ProxyInternals;

const sentinels: ReadonlySet<unknown> = new Set([
  internals.unknownBooleanValue,
  internals.unknownNumberValue,
  internals.unknownStringValue,
  internals.unknownArrayValue,
  internals.unknownAssetValue,
  internals.unknownArchiveValue,
  internals.unknownObjectValue,
]);

/** Whether this raw value stands for one that is only known after the update. */
export function isUnknownSentinel(raw: unknown): boolean {
  return sentinels.has(raw);
}

/**
 * The object behind the proxy that throws on reading an unknown, so that {@link Value} can look at the unknown's
 * marker. Anything that is no such proxy is returned as it is.
 */
export function unwrapProxy(props: Record<string, unknown>): Record<string, unknown> {
  const target = props[internals.isSpecialProxy] === true ? props[internals.getSpecialProxyTarget] : props;
  return target as Record<string, unknown>;
}
