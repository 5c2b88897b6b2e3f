export type { ErrorCode, Problem, Source } from './core/errors.ts';
export { ReconcileError, ReconcileErrors } from './core/errors.ts';
export type { Change, Custody, Desired, FieldChange, Plan, Result } from './core/model.ts';
export type { ApplyOptions, LoadOptions, PlannedRun, PlanOptions } from './library.ts';
export { apply, loadManifests, plan } from './library.ts';
export type { Manifests } from './manifest/load.ts';
