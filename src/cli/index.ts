/** Everything that the process needs to run a command line. Loaded together, and not at all for the version alone. */
export { ReconcileError } from '../core/model/errors.ts';
export { collect } from '../system/named-files.ts';
export { systemClock } from '../system/system-clock.ts';
export { systemMachine } from '../system/system-machine.ts';
export { run } from './run.ts';
