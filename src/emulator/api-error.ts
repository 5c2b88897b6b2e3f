import type { ContentfulStatusCode } from 'hono/utils/http-status';

/** A request that a service refuses. Each service words it in its own way. */
export class Refusal extends Error {
  readonly status: ContentfulStatusCode;
  readonly code: string;
  constructor(status: ContentfulStatusCode, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** A request that breaks a rule: 400, with `code` and the words. */
export class BadRequest extends Refusal {
  constructor(code: string, message: string) {
    super(400, code, message);
  }
}
