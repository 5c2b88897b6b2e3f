import { isList, isMapping, isReference, isUnknown, unknownReason, type Value } from './value.ts';

/** Writes a value as a text that is the same for equal values, in whatever order their keys are. */
export function canonical(value: Value): string {
  if (isUnknown(value)) return `unknown ${JSON.stringify(unknownReason(value))}`;
  if (isReference(value)) return `reference ${JSON.stringify(value.id)}`;
  if (isList(value)) return `[${value.map(canonical).join()}]`;
  if (!isMapping(value)) return JSON.stringify(value);
  const entries = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(value[key] ?? null)}`);
  return `{${entries.join()}}`;
}
