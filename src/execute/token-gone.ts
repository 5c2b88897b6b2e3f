import type { Problem } from '../core/model/errors.ts';

/** Thrown if the token of a change is gone. Its address is then planned again. */
export class TokenGoneError extends Error {
  readonly id: string;
  constructor(id: string) {
    super(`${id} is gone`);
    this.id = id;
  }
}

/** Returns the problem of a change whose token is gone, and stays so after it was planned again. */
export function goneProblem({ id }: TokenGoneError): Problem {
  return {
    code: 'NOT_FOUND',
    message: `the service no longer finds the token ${id}`,
    hint: "run reconcile plan to see the current tokens; if the token is still listed, ask the service why its lookup doesn't find it",
  };
}
