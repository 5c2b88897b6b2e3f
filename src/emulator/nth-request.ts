/** The methods of requests for tokens. */
export const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** The nth request for tokens with a method. */
export interface NthRequest {
  readonly method: (typeof methods)[number];
  /** Counts from 1. */
  readonly nth: number;
}

/** A request to the tokens of a service. */
export interface TokenRequest {
  readonly method: string;
  /** The path with the query. */
  readonly path: string;
  /** 1-based number of the request among those of its method for tokens of its service. */
  readonly count: number;
}
