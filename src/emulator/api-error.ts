import type { ContentfulStatusCode } from 'hono/utils/http-status';

/** A request that a service refuses. Each service has its own wording. */
export class ApiError extends Error {
  readonly status: ContentfulStatusCode;
  readonly code: string;
  constructor(status: ContentfulStatusCode, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** A request that breaks a rule: status 400, with `code` and a message. */
export class BadRequest extends ApiError {
  constructor(code: string, message: string) {
    super(400, code, message);
  }
}
