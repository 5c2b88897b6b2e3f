export type { Desired } from './core/model/desired.ts';
export type { ErrorCode, Problem, SourceLocation as Source } from './core/model/errors.ts';
export { ReconcileError, ReconcileErrors } from './core/model/errors.ts';
export type { Change, FieldChange, Plan, Result } from './core/model/plan.ts';
export type { Custody } from './core/model/token.ts';
export type { ApplyOptions, LoadOptions, PlannedRun, PlanOptions } from './library.ts';
export { apply, loadManifests, plan } from './library.ts';
export type { Manifests } from './manifest/load.ts';
