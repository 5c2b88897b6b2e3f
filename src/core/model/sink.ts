import { type Sink, sinkTypeOf, sinkTypes } from './sinks/registry.ts';

export type { Sink } from './sinks/registry.ts';

/** Returns a sink's name in JSON and the ledger: `file:secrets/ci.json`, `command:gh secret set CI`. */
export function sinkName(sink: Sink): string {
  return sinkTypeOf(sink).name(sink);
}

/** Returns a sink in text and messages: `file secrets/ci.json`, `command gh secret set CI`. */
export function sinkLabel(sink: Sink): string {
  return labelOfSinkName(sinkName(sink));
}

/** Returns the sink of a name as text and messages show it. */
export function labelOfSinkName(name: string): string {
  return name.replace(':', ' ');
}

/** Splits a sink's name into its type and the rest, and tells whether the rest is a path. */
export function splitSinkName(name: string): {
  readonly type: string;
  readonly rest: string | undefined;
  readonly isPath: boolean;
} {
  const [, type = '', rest] = /^([^:]*)(?::(.*))?$/s.exec(name) ?? [];
  const isPath = sinkTypes.some((one) => one.type === type && one.nameHasPath === true);
  return { type, rest, isPath };
}

/** Tells whether a sink writes the host to log in to. */
export function namesHost(sink: Sink): boolean {
  return sinkTypeOf(sink).needsHost(sink);
}

/** Tells whether a sink holds one secret for each host, and can't be checked without a host. */
export function isPerHost(sink: Sink): boolean {
  return sinkTypeOf(sink).perHost !== undefined;
}

/** Tells whether a sink receives a complete login: host, user name and password. */
export function holdsDockerLogin(sink: Sink): boolean {
  return sinkTypeOf(sink).holdsLogin(sink);
}

/** Returns the maximum duration of a delivery to a sink, in seconds. */
export function sinkTimeoutSeconds(sink: Sink): number {
  return sinkTypeOf(sink).timeoutSeconds?.(sink) ?? 0;
}

/** Returns the longest of the maximum durations of deliveries to these sinks, in seconds. */
export function longestTimeoutSeconds(sinks: readonly Sink[]): number {
  return Math.max(0, ...sinks.map(sinkTimeoutSeconds));
}

/**
 * Tells whether a sink shows, without a key, which token's secret it holds. The secret can be read again from such a sink.
 */
export function isReadBackable(sink: Sink): boolean {
  return sinkTypeOf(sink).isReadBackable?.(sink) ?? false;
}

/** Tells whether the content of a sink is encrypted, so that it may be published. */
export function isEncrypted(sink: Sink): boolean {
  return sinkTypeOf(sink).isEncrypted?.(sink) ?? false;
}
