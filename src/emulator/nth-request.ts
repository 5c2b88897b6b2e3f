/** The HTTP methods that requests for tokens have. */
export const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** The nth request for tokens with a method, counted from 1 for each service. */
export interface NthRequest {
  readonly method: (typeof methods)[number];
  /** Counts from 1. */
  readonly nth: number;
}

/** A request for the list of tokens or for one token, with its number. */
export interface TokenRequest {
  readonly method: string;
  /** The path with the query. */
  readonly path: string;
  /** 1-based number of the request among those of its method for tokens of its service. */
  readonly count: number;
}
