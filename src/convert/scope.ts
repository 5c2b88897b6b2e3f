import type { Assumption, Lookup } from './template.ts';
import { own, unknown, type Value, type ValueMap } from './value.ts';

/** A level of variables, from the weakest to the strongest. */
export type VariableLevel = 'base' | 'inner' | 'params';

/** The variables that are defined at the place of a task. */
export interface VariableScope {
  /** Variables of plays and roles, from the weakest to the strongest. */
  readonly base: ValueMap;
  /** The reason why another file may define those differently. */
  readonly overridable?: Assumption;
  /** Variables of blocks, tasks and static imports, which facts replace. */
  readonly inner: ValueMap;
  /** Variables of dynamic includes, and inline parameters of roles, which win over facts. */
  readonly params: ValueMap;
  /** Variables of loops, which win over all. */
  readonly loop: ValueMap;
  /** The reason why a loop may have other items. */
  readonly loopAssumed?: Assumption;
  /** Reasons why all variables of a level, and of weaker ones, may have other values. */
  readonly hidden?: Readonly<Partial<Record<VariableLevel, string>>>;
}

/** The variables of a file that has none. */
export const emptyScope: VariableScope = { base: {}, inner: {}, params: {}, loop: {} };

/** Returns a scope in which nothing is known of a level and of weaker ones, until more is defined. */
export function hide(scope: VariableScope, level: VariableLevel, why: string): VariableScope {
  return { ...scope, [level]: {}, hidden: { ...scope.hidden, [level]: why } };
}

/** Variables that tasks have set. */
export interface Facts {
  /** Variables of `set_fact`, `include_vars` and `register`. */
  readonly facts: ReadonlyMap<string, Value>;
  /** The reason why no variable is known any more. */
  readonly changed?: string;
  /** The reason why variables may have other values. */
  readonly assumed?: Assumption;
}

/**
 * Creates a lookup of variables in Ansible's order: loops, include and role parameters, facts, tasks and blocks,
 * plays.
 *
 * @param used receives the names of those that the files alone define
 */
export function lookupIn(scope: VariableScope, facts: Facts, used: Set<string>): Lookup {
  return (name) => {
    const loop = own(scope.loop, name);
    if (loop !== undefined) return { value: loop, ...(scope.loopAssumed && { assumed: scope.loopAssumed }) };
    const fact = facts.facts.get(name);
    const param = own(scope.params, name);
    if (param !== undefined) {
      if (fact !== undefined) return { value: unknown('a task sets a variable of this name as well') };
      used.add(name);
      return { value: param };
    }
    const hidden = scope.hidden ?? {};
    if (hidden.params !== undefined) return { value: unknown(hidden.params) };
    if (facts.changed !== undefined) return { value: unknown(facts.changed) };
    const assumed = facts.assumed && { assumed: facts.assumed };
    if (fact !== undefined) return { value: fact, ...assumed };
    const inner = own(scope.inner, name);
    if (inner !== undefined) {
      used.add(name);
      return { value: inner, ...assumed };
    }
    if (hidden.inner !== undefined) return { value: unknown(hidden.inner) };
    const base = own(scope.base, name);
    if (base === undefined) {
      return hidden.base === undefined ? undefined : { value: unknown(hidden.base) };
    }
    used.add(name);
    return { value: base, ...(scope.overridable && { assumed: scope.overridable }), ...assumed };
  };
}
