import { expectTypeOf, test } from 'vitest';
import type { Change, Manifests, Plan, PlannedRun, Result } from '../../src/index.ts';
import { apply, loadManifests, plan, type ReconcileError, type ReconcileErrors } from '../../src/index.ts';

// The compiler is what checks these: npm run typecheck.
test('the library gives what its documentation says', () => {
  expectTypeOf(loadManifests).returns.resolves.toEqualTypeOf<Manifests>();
  expectTypeOf(plan).parameter(0).toEqualTypeOf<Manifests>();
  expectTypeOf(plan).returns.resolves.toEqualTypeOf<PlannedRun>();
  expectTypeOf<PlannedRun['plan']>().toEqualTypeOf<Plan>();
  expectTypeOf<Plan['changes']>().toEqualTypeOf<readonly Change[]>();
  expectTypeOf(apply).parameter(0).toEqualTypeOf<PlannedRun>();
  expectTypeOf(apply).returns.resolves.toEqualTypeOf<readonly Result[]>();
  expectTypeOf<ReconcileError>().toExtend<Error>();
  expectTypeOf<ReconcileErrors>().toExtend<Error>();
});

test('what is wrong is refused', () => {
  expectTypeOf<'recreate'>().not.toExtend<Change['action']>();
  expectTypeOf<Extract<keyof Change, 'password'>>().toBeNever();
  expectTypeOf<Extract<keyof Result, 'password'>>().toBeNever();
});
