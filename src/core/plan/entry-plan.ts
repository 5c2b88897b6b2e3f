import type { Change } from '../model/plan.ts';
import type { PlanInput } from './input.ts';

/** The change of one entry, and the changes of related tokens that follow from it. */
export interface Decision {
  readonly change: Change;
  /** The changes of other tokens of the entry: old generations, and tokens that are deleted together with its own. */
  readonly related?: readonly Change[];
}

/** The plan of one entry. Each pass of `createPlan` takes all of them and returns them. */
export interface EntryPlan extends Decision {
  readonly input: PlanInput;
}
