/** A method that token requests have. */
export const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** Which of the token requests is meant. */
export interface NthRequest {
  readonly method: (typeof methods)[number];
  /** From 1. */
  readonly nth: number;
}

/** A request to the tokens of a service. */
export interface TokenRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** The how many-th it is of its method among those to tokens of its service, from 1. */
  readonly count: number;
}
