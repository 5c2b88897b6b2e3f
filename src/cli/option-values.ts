import { InvalidArgumentError, Option } from 'commander';
import type { Shard } from '../core/model/shard.ts';
import type { MaxDeletes } from '../core/plan/guards.ts';
import { parseInstant } from '../core/util/instant.ts';
import { hasDotSegment } from '../core/util/paths.ts';
import { maxPort } from '../core/util/url.ts';

/** Returns the values of a repeatable option with one more. */
export function collectValues(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

/** Collects the values of an option that names scopes. */
export function collectScopes(value: string, before: readonly string[]): readonly string[] {
  if (!hasDotSegment(value)) return collectValues(value, before);
  throw new InvalidArgumentError('expected a name or a path without the segments . and ..');
}

/** Returns a repeatable option that has one of these values each time. */
export function repeatableChoice(flags: string, description: string, choices: readonly string[]): Option {
  const option = new Option(flags, `${description} (repeatable)`).choices(choices).default([], 'all');
  // Commander's own parser of choices keeps only the last value.
  return option.argParser<readonly string[]>((value, before) => {
    if (choices.includes(value)) return collectValues(value, before);
    throw new InvalidArgumentError(`Allowed choices are ${choices.join(', ')}.`);
  });
}

/** Returns the digest of a plan that an option states. Throws if it is malformed. */
export function digestArgument(text: string): string {
  if (/^sha256:[0-9a-f]{64}$/.test(text)) return text;
  throw new InvalidArgumentError('expected a plan digest: sha256: and 64 lower-case hex digits');
}

/** Parses an instant to seconds since 1970. Throws if it is invalid or has no zone. */
export function instantArgument(text: string): number {
  const seconds = parseInstant(text, 'refuse');
  if (seconds === undefined)
    throw new InvalidArgumentError('expected an instant, for example 2027-06-30T00:00:00Z');
  return seconds;
}

/** Returns a parser of whole numbers that are no smaller than a bound. */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(number) || number < least) {
      throw new InvalidArgumentError(`expected a whole number of at least ${least}`);
    }
    return number;
  };
}

/** Parses a port to listen on; 0 for any free one. */
export function port(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number <= maxPort) return number;
  throw new InvalidArgumentError(`expected a port from 0 to ${maxPort}`);
}

/** Parses `--max-deletes`: a number, or a percentage up to `100%`. */
export function maxDeletes(text: string): MaxDeletes {
  const [, number = '', percent] = /^(\d{1,9})(%?)$/.exec(text) ?? [];
  if (number === '' || (percent === '%' && Number(number) > 100)) {
    throw new InvalidArgumentError('expected a whole number, or a percentage up to 100%');
  }
  return percent === '%' ? { percent: Number(number) } : { count: Number(number) };
}

/** Maximum number of shards: more than there are scopes. */
const maxShards = 10_000;

/**
 * Parses `--shard`: `3/8`, or `auto/8` for the shard that Kubernetes gives an Indexed Job (from 0 there, from 1
 * here).
 */
export function shard(text: string, env: Readonly<Record<string, string | undefined>>): Shard {
  const [, first = '', of = ''] = /^(auto|\d{1,5})\/(\d{1,5})$/.exec(text) ?? [];
  const count = Number(of);
  if (first === '' || count < 1 || count > maxShards) {
    throw new InvalidArgumentError('expected a shard and the number of shards, for example 3/8 or auto/8');
  }
  if (first !== 'auto') {
    const index = Number(first);
    if (index < 1 || index > count) throw new InvalidArgumentError(`expected a shard from 1 to ${count}`);
    return { index, count };
  }
  const { JOB_COMPLETION_INDEX: index = '' } = env;
  if (!/^\d{1,5}$/.test(index)) {
    throw new InvalidArgumentError(
      'auto needs JOB_COMPLETION_INDEX, which Kubernetes sets in Indexed Jobs; it is not set',
    );
  }
  if (Number(index) >= count) {
    throw new InvalidArgumentError(
      `JOB_COMPLETION_INDEX is ${index}, but ${count} shards are numbered from 0 to ${count - 1}`,
    );
  }
  return { index: Number(index) + 1, count };
}

const maxSeconds = 86_400;

/** Parses seconds above 0, with fractions; at most a day. */
export function seconds(text: string): number {
  const number = numberIn(text);
  if (number === undefined || number === 0) {
    throw new InvalidArgumentError(`expected seconds, more than 0 and at most ${maxSeconds}`);
  }
  return number;
}

/** Parses seconds from 0, with fractions; at most a day. */
export function secondsOrNone(text: string): number {
  const number = numberIn(text);
  if (number === undefined) throw new InvalidArgumentError(`expected seconds, from 0 to ${maxSeconds}`);
  return number;
}

function numberIn(text: string): number | undefined {
  const number = Number(text);
  return /^\d+(\.\d+)?$/.test(text) && number <= maxSeconds ? number : undefined;
}
