import { attempt, entry, granted, ledger } from './validators.ts';

const validators = { attempt, entry, granted, ledger };

/** Whether a value that was read from the state directory has the shape that was once written there. */
export function matchesSchema(value: unknown, shape: keyof typeof validators): boolean {
  return validators[shape](value);
}
