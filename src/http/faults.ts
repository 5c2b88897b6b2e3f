/** The reason why a request failed without a response. */
export interface NetworkFault {
  readonly why: string;
  /** True if the server has certainly not received it. */
  readonly unsent: boolean;
  /** True if a retry would fail in the same way. */
  readonly permanent?: true;
  /** True if the connection broke. */
  readonly broken?: true;
}

const faults: Readonly<Record<string, NetworkFault>> = {
  ECONNREFUSED: { why: 'the connection was refused', unsent: true },
  ENOTFOUND: { why: 'the host name is unknown', unsent: true },
  EAI_AGAIN: { why: 'the host name could not be looked up', unsent: true },
  EHOSTUNREACH: { why: 'no route to the host', unsent: true },
  ENETUNREACH: { why: 'the network is unreachable', unsent: true },
  UND_ERR_CONNECT_TIMEOUT: { why: 'the connection timed out', unsent: true },
  ECONNRESET: { why: 'the connection was reset', unsent: false, broken: true },
  UND_ERR_SOCKET: { why: 'the connection broke', unsent: false, broken: true },
  // Usually nothing was sent yet, but that isn't certain.
  ERR_SSL_WRONG_VERSION_NUMBER: {
    why: "the server doesn't use TLS: the https address leads to an http port",
    unsent: false,
    permanent: true,
  },
  UND_ERR_DESTROYED: { why: 'the run has ended', unsent: false, permanent: true },
  EPIPE: { why: 'the connection broke', unsent: false, broken: true },
};

/** Tells whether a fault that usually occurs while connecting came on an established connection. */
function isLater({ syscall }: NodeJS.ErrnoException): boolean {
  return syscall === 'read' || syscall === 'write';
}

/** Classifies an error of `fetch` by the first known error among its causes. */
export function classifyFault(error: unknown): NetworkFault {
  let cause: unknown = error;
  while (cause instanceof Error) {
    const code = (cause as NodeJS.ErrnoException).code;
    const known = code === undefined ? undefined : faults[code];
    if (known) return { ...known, unsent: known.unsent && !isLater(cause) };
    if (
      typeof code === 'string' &&
      /^ERR_TLS|CERT|SIGN|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH|HOSTNAME_MISMATCH/.test(code)
    ) {
      return { why: `its certificate is not accepted: ${cause.message}`, unsent: true, permanent: true };
    }
    const [, status] = /^Proxy response \((\d+)\)/.exec(cause.message) ?? [];
    if (status !== undefined)
      return { why: `the proxy rejected the connection (${status})`, unsent: true, permanent: true };
    if (!(cause.cause instanceof Error)) return { why: cause.message, unsent: false };
    cause = cause.cause;
  }
  return { why: String(error), unsent: false };
}
