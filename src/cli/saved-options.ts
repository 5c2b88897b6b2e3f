import { isObject, type Json, type JsonObject } from '../core/util/json.ts';
import type { CustodyOptions, ManifestOptions } from './options.ts';

const isTexts = (value: unknown): boolean =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');
const isFlag = (value: unknown): boolean => typeof value === 'boolean';
const isText = (value: unknown): boolean => typeof value === 'string';
const isNumber = (value: unknown): boolean => typeof value === 'number' && value >= 0;

/** The options that a plan depends on or is rendered with, besides its PATHs: a saved plan records them. */
const savedTypes = {
  allowHost: isTexts,
  allowFileReference: isTexts,
  allowSinkDir: isTexts,
  allowInsecureHttp: isFlag,
  strict: isFlag,
  state: isText,
  stateDir: isText,
  allowTrackedState: isFlag,
  replace: isTexts,
  grace: isNumber,
  strictOutcome: isFlag,
  maxDeletes: (value: unknown) => isObject(value) && (isNumber(value['count']) || isNumber(value['percent'])),
  policy: isTexts,
  target: isTexts,
  shard: (value: unknown) => isObject(value) && isNumber(value['index']) && isNumber(value['count']),
} as const satisfies {
  readonly [Name in Exclude<keyof ManifestOptions | keyof CustodyOptions, 'stateKey'>]: unknown;
};

type SavedOption = keyof typeof savedTypes;

/** The names of the options that a saved plan records, and that can't be given beside it. */
export const fixedOptionNames: readonly string[] = Object.keys(savedTypes).filter(
  (name) => name !== 'policy',
);

/** Returns the options of a command line that a plan depends on. */
export function savedOptions(options: ManifestOptions & CustodyOptions): JsonObject {
  return Object.fromEntries(
    (Object.keys(savedTypes) as SavedOption[]).flatMap((name) => {
      const value: Json | undefined = options[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** Tells whether a plan can have been saved with these options. */
export function isSavedOptions(options: JsonObject): boolean {
  return Object.entries(options).every(
    ([name, value]) => Object.hasOwn(savedTypes, name) && savedTypes[name as SavedOption](value),
  );
}
