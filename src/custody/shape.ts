import { attempt, entry, ledger } from './validators.ts';

const validators = { attempt, entry, ledger };

/** Whether a value that was read from the state directory has the shape that was once written there. */
export function hasShape(value: unknown, shape: keyof typeof validators): boolean {
  return validators[shape](value);
}
