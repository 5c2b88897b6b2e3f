/** All that the process needs to run a command line: loaded together, and not at all for the version alone. */
export { ReconcileError } from '../core/errors.ts';
export { systemMachine } from '../custody/system-machine.ts';
export { systemClock } from '../http/system-clock.ts';
export { collect } from '../wire/named-files.ts';
export { run } from './run.ts';
