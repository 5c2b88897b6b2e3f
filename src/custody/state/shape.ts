import { attempt, entry, granted, ledger } from './validators.ts';

const validators = { attempt, entry, granted, ledger };

/** Tells whether a value from the state directory matches the schema with which it was written. */
export function matchesSchema(value: unknown, shape: keyof typeof validators): boolean {
  return validators[shape](value);
}
