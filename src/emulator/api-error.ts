import type { ContentfulStatusCode } from 'hono/utils/http-status';

/** A rejected request. Each service turns its status, code and message into a response of its own form. */
export class ApiError extends Error {
  readonly status: ContentfulStatusCode;
  readonly code: string;
  constructor(status: ContentfulStatusCode, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** A request that breaks a rule of the API: status 400. `code` names the rule, or the field at Docker Hub. */
export class BadRequest extends ApiError {
  constructor(code: string, message: string) {
    super(400, code, message);
  }
}
