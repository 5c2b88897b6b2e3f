import type { ErrorObject } from 'ajv/dist/2020.js';
import { didYouMean } from '../core/util/did-you-mean.ts';
import { isObject } from '../core/util/json.ts';
import { isManifest } from './is-manifest.ts';
import { manifest } from './validators.ts';
import type { Violation } from './violation.ts';
import type { Path } from './yaml/path.ts';

/** Maximum number of violations kept per document. */
const maxViolations = 10_000;

/** Number of tokens checked at once: all their errors are in memory then. */
const tokensAtOnce = 100;

/** Returns the violations of the manifest schema in a value, up to a maximum. */
export function checkSchema(value: unknown): readonly Violation[] {
  const found = new Map<string, Violation>();
  for (const { part, first } of partsOf(value)) {
    if (isManifest(part) || manifest(part)) continue;
    for (const error of manifest.errors ?? []) {
      if (error.keyword === 'if') continue;
      // This pattern is for editors: a rule of its own checks the value, with a better message.
      if (error.keyword === 'pattern' && error.parentSchema?.['patternErrorMessage']) continue;
      const one = toViolation(error, placeOf(error, first));
      if (found.size >= maxViolations) {
        const rest = {
          path: [],
          key: false,
          message: `more than ${maxViolations} errors; the others are not shown`,
        };
        return [...found.values(), rest];
      }
      // A fault that every kind shares is found once for each kind.
      found.set(JSON.stringify([one.path, one.message]), one);
    }
  }
  return [...found.values()];
}

/** Splits a manifest into parts with some of its tokens each, and the index of the first of them. */
function partsOf(value: unknown): readonly { readonly part: unknown; readonly first: number }[] {
  const tokens = isObject(value) ? value['tokens'] : undefined;
  if (!isObject(value) || !Array.isArray(tokens) || tokens.length <= tokensAtOnce)
    return [{ part: value, first: 0 }];
  return Array.from({ length: Math.ceil(tokens.length / tokensAtOnce) }, (_, index) => {
    const first = index * tokensAtOnce;
    const some = tokens.slice(first, first + tokensAtOnce);
    // The rest of the manifest is checked once, with the first part.
    return {
      part: first === 0 ? { ...value, tokens: some } : { apiVersion: 'reconcile/v1', tokens: some },
      first,
    };
  });
}

function placeOf({ instancePath }: ErrorObject, first: number): Path {
  const path = parsePointer(instancePath);
  const [list, index, ...rest] = path;
  return list === 'tokens' && typeof index === 'number' ? [list, first + index, ...rest] : path;
}

/**
 * Converts an error of the validator to a message of reconcile: the expected value at a path, and the value found.
 */
export function toViolation(error: ErrorObject, path: Path): Violation {
  const found = describeFound(path, error.data);
  const value = (message: string, hint?: string): Violation => ({
    path,
    key: false,
    message,
    ...(hint !== undefined && { hint }),
  });
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(error.params['additionalProperty']);
      const known = Object.keys((error.parentSchema?.['properties'] as object | undefined) ?? {});
      const hint = didYouMean(key, known) ?? `known keys: ${known.join(', ')}`;
      return { path: [...path, key], key: true, message: `unknown key ${key}`, hint };
    }
    case 'required':
      return value(`${String(error.params['missingProperty'])} is missing`);
    case 'false schema':
      return { path, key: true, message: `${String(path.at(-1))} can't be a default` };
    case 'enum':
    case 'const': {
      const allowed: readonly unknown[] =
        error.keyword === 'enum' ? error.params['allowedValues'] : [error.params['allowedValue']];
      const words = allowed.map((word) => JSON.stringify(word)).join(' or ');
      return value(
        `expected ${words}${found}`,
        typeof error.data === 'string' ? didYouMean(error.data, allowed.map(String)) : undefined,
      );
    }
    case 'type': {
      const type = String(error.params['type']);
      const truth =
        type === 'boolean' && typeof error.data === 'string' && /^(yes|no|on|off)$/i.test(error.data);
      return value(
        `expected ${typeNames[type] ?? type}${found}`,
        truth
          ? 'YAML 1.2 has only true and false'
          : error.data === null
            ? 'remove the key, or give it a value'
            : type === 'string' && typeof error.data !== 'object'
              ? 'put it in quotes'
              : undefined,
      );
    }
    case 'pattern':
      return value(
        `expected a string that matches ${String(error.params['pattern'])}${found}`,
        exampleOf(error.parentSchema),
      );
    case 'maxLength':
      return {
        ...value(
          `expected at most ${Number(error.params['limit'])} characters; found ${String(error.data).length}`,
        ),
        isBound: true,
      };
    case 'maxItems':
      return { ...value(`expected at most ${Number(error.params['limit'])} items`), isBound: true };
    case 'minLength':
      return value('is empty', 'give it a value, or remove the key');
    case 'minItems':
      return value('expected at least one item');
    case 'minimum':
      return value(`expected a number of at least ${String(error.params['limit'])}${found}`);
    case 'exclusiveMinimum':
      return value(`expected a number greater than ${String(error.params['limit'])}${found}`);
    case 'maximum':
      return value(`expected a number of at most ${String(error.params['limit'])}${found}`);
    case 'minProperties':
    case 'maxProperties': {
      const known = Object.keys((error.parentSchema?.['properties'] as object | undefined) ?? {});
      return value(`expected one of ${known.join(', ')}`, 'write several as items of a list');
    }
    default:
      return value(`${error.message ?? error.keyword}${found}`);
  }
}

/** Returns an example of a value, if its schema shows one. */
function exampleOf(schema: ErrorObject['parentSchema']): string | undefined {
  const examples: unknown = schema?.['examples'];
  return Array.isArray(examples) ? `for example ${examples.join(' or ')}` : undefined;
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'a string',
  boolean: 'true or false',
  number: 'a number',
  object: 'a mapping',
  array: 'a list',
  'object,null': 'a mapping',
  'string,integer': 'a string or a whole number',
};

/** Describes the value found, as the end of a message; empty if it may be a credential. */
export function describeFound(path: Path, value: unknown): string {
  return credential(path) ? '' : `; found ${describe(value)}`;
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'a mapping';
  const text = JSON.stringify(typeof value === 'string' ? value.slice(0, 200) : value) ?? 'nothing';
  if (/AGE-SECRET-KEY-/i.test(text)) return 'an age private key';
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function credential(path: Path): boolean {
  return path.at(-1) === 'password' || path.at(-1) === 'token';
}

/** Returns the steps of a JSON pointer. */
export function parsePointer(pointer: string): Path {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((step) => (/^\d+$/.test(step) ? Number(step) : step));
}
