/** The actions of most commands, in one module that is loaded when one of them is called. */
export { apply } from './apply.ts';
export { audit } from './audit.ts';
export { doctor } from './doctor.ts';
export { exportManifest } from './export.ts';
export { init } from './init.ts';
export { list } from './list.ts';
export { plan } from './plan.ts';
export { rotate } from './rotate.ts';
export { spoolDeliver, spoolDrop, spoolList } from './spool.ts';
export { stateKey, stateMove, stateShow, stateUnlock } from './state.ts';
