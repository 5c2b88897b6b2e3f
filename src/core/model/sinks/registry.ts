import { commandSink } from './command.ts';
import { dockerSink } from './docker.ts';
import { fileSink } from './file.ts';
import type { SinkType } from './sink-type.ts';

const registered = [fileSink, commandSink, dockerSink] as const;

type SinkOf<T> = T extends SinkType<infer S> ? S : never;

/** A destination of a new token's secret. */
export type Sink = SinkOf<(typeof registered)[number]>;

/** The sink types, in the order in which manifests, schemas and docs list them. */
export const sinkTypes: readonly SinkType<Sink>[] = registered;

const byType: ReadonlyMap<string, SinkType<Sink>> = new Map(sinkTypes.map((known) => [known.type, known]));

/** Returns the type of a sink. */
export function sinkTypeOf<S extends Sink>({ type }: S): SinkType<S> {
  const known = byType.get(type);
  if (!known) throw new TypeError(`no sink type ${type}`);
  return known as SinkType<S>;
}
