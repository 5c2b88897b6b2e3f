import { attempt, entry, granted, ledger } from './validators.ts';

/** The validators by name. They are read only when one is called, because the program loads them on first use. */
const validate = {
  attempt: (value: unknown) => attempt(value),
  entry: (value: unknown) => entry(value),
  granted: (value: unknown) => granted(value),
  ledger: (value: unknown) => ledger(value),
};

/** Tells whether a value from the state directory matches the schema with which it was written. */
export function matchesSchema(value: unknown, shape: keyof typeof validate): boolean {
  return validate[shape](value);
}
