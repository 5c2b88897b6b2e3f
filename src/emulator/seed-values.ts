import type { ScopeState } from './state.ts';

/** A mapping of a seed. Like all of these, throws an error that names the path. */
export function mapping(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error(`${path}: expected a mapping`);
  return value as Readonly<Record<string, unknown>>;
}

/** A list; empty where there is none. */
export function list(value: unknown, path: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new Error(`${path}: expected a list`);
  return value;
}

/** A text that isn't empty. */
export function text(value: unknown, path: string): string {
  if (typeof value !== 'string' || value === '') throw new Error(`${path}: expected a text`);
  return value;
}

/** One of these texts. */
export function oneOf<Word extends string>(value: unknown, words: readonly Word[], path: string): Word {
  const word = words.find((known) => known === value);
  if (word === undefined) throw new Error(`${path}: expected one of ${words.join(', ')}`);
  return word;
}

/** A whole number from 1. */
export function positive(value: unknown, path: string): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1)
    throw new Error(`${path}: expected a whole number from 1`);
  return value;
}

/** `true` or `false`. */
export function flag(value: unknown, path: string): boolean {
  if (typeof value !== 'boolean') throw new Error(`${path}: expected true or false`);
  return value;
}

/** A span of time, written in seconds; in milliseconds. */
export function seconds(value: unknown, path: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0)
    throw new Error(`${path}: expected a number of seconds`);
  return value * 1000;
}

/** An instant as it is written; null where there is none. */
export function date(value: unknown, path: string): string | null {
  if (value === undefined || value === null) return null;
  if (Number.isNaN(Date.parse(String(value)))) throw new Error(`${path}: no date`);
  return String(value);
}

/** The scopes of a token. */
export function scopes(value: unknown, path: string): readonly ScopeState[] {
  return list(value, path).map((item, index) => {
    const scope = mapping(item, `${path}[${index}]`);
    return {
      type: text(scope['type'], `${path}[${index}].type`),
      name: text(scope['name'], `${path}[${index}].name`),
      actions: list(scope['actions'], `${path}[${index}].actions`).map(String),
    };
  });
}
