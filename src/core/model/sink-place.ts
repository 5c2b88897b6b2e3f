import { relative, sep } from 'node:path';
import type { Sink } from './sink.ts';
import { sinkTypeOf, sinkTypes } from './sinks/registry.ts';
import type { FileUse, PlacedFile, PlacedToken, SinkEnvironment, SinkPlace } from './sinks/sink-type.ts';

export type { PlacedFile, PlacedToken, SinkPlace } from './sinks/sink-type.ts';

/** Returns the file that a sink writes, absolute, links not followed; `undefined` if it doesn't write one. */
export function fileOfSink(sink: Sink, env: SinkEnvironment): string | undefined {
  return sinkTypeOf(sink).file?.(sink, env);
}

/** Tells whether a sink can use its file in this way. */
export function usesFile(sink: Sink, use: Exclude<FileUse, 'none'>): boolean {
  return Object.values(sinkTypeOf(sink).placeTypes).includes(use);
}

/**
 * Returns the places that a sink writes to for a token. Each can hold one token's secret.
 *
 * @param file the real path of the sink's file; `undefined` if the sink doesn't write one
 */
export function placesOf(sink: Sink, file: PlacedFile | undefined, token: PlacedToken): readonly SinkPlace[] {
  return sinkTypeOf(sink).places(sink, file, token);
}

const fileUses: ReadonlyMap<string, FileUse> = new Map(
  sinkTypes.flatMap(({ placeTypes }) => Object.entries(placeTypes)),
);

/** Tells whether a place is a file of its own. */
export function isWholeFile({ type }: SinkPlace): boolean {
  return fileUses.get(type) === 'whole';
}

/**
 * Returns the unique text of a place.
 *
 * @param from the folder that its path is written relative to, so that it is the same in every checkout; absolute by
 * default
 */
export function placeKey({ type, path, detail }: SinkPlace, from?: string): string {
  const shown = from === undefined || path === '' ? path : relative(from, path);
  return `${type}:${shown.split(sep).join('/')}${detail === '' ? '' : `#${detail}`}`;
}

/** Splits the key of a place into the place's type and the rest. */
export function splitPlaceKey(key: string): { readonly type: string; readonly rest: string } {
  const [, type = '', rest = ''] = /^(\w+):(.*)$/s.exec(key) ?? [];
  return { type, rest };
}

/**
 * Returns the keys under which a place is found: its own, and for a docker login also that of its configuration. A file
 * that is written over a configuration removes all logins in it.
 */
export function keysOfPlace(key: string): readonly string[] {
  const shared = sharedFileOf(key);
  return shared === undefined ? [key] : [key, `config:${shared}`];
}

/** Returns the keys of the places that a write to a place overwrites, or that share its file: see `keysOfPlace`. */
export function keysInTheWay(key: string): readonly string[] {
  const shared = sharedFileOf(key);
  if (shared !== undefined) return [key, ...wholeFileKeys(shared)];
  const { type, rest } = splitPlaceKey(key);
  return fileUses.get(type) === 'whole' ? [key, `config:${rest}`] : [key];
}

/** Returns the keys of the places that a file of their own at this path can be. */
export function wholeFileKeys(path: string): readonly string[] {
  return [...fileUses].flatMap(([type, use]) => (use === 'whole' ? [`${type}:${path}`] : []));
}

/** Returns the path of the file that holds a place among others; `undefined` if the place is not in such a file. */
function sharedFileOf(key: string): string | undefined {
  const { type, rest } = splitPlaceKey(key);
  return fileUses.get(type) === 'part' ? rest.slice(0, rest.lastIndexOf('#')) : undefined;
}
