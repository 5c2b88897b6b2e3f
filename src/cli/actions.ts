/** The actions of the commands that are used less often, in one module that is loaded when one of them is called. */
export { audit } from './audit.ts';
export { doctor } from './doctor.ts';
export { exportManifest } from './export.ts';
export { list } from './list.ts';
export { spoolDeliver, spoolDrop, spoolList } from './spool.ts';
export { stateKey, stateMove, stateShow, stateUnlock } from './state.ts';
