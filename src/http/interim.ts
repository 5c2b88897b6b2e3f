import type { Socket } from 'node:net';

/** The first line of an interim response: any 1xx except 101, which changes the protocol. */
const interim = /^HTTP\/1\.[01] 1(?!01)\d\d[ \r]/;
/** Number of bytes that show if a response is interim. */
const statusBytes = 'HTTP/1.1 100 '.length;
/** Maximum length of the head of an interim response, in bytes. */
const maxHeadBytes = 16 * 1024;
const headEnd = '\r\n\r\n';

/** A filter that removes interim responses from the bytes of a connection. */
export interface InterimFilter {
  /** Reports that a request is sent: the next byte begins a response. */
  requested(): void;
  /** Returns the bytes without interim responses. Holds back bytes that can't be told apart yet. */
  pass(bytes: Buffer): Buffer;
}

/** Creates a filter for one connection. */
export function createInterimFilter(): InterimFilter {
  let atStart = true;
  let held = Buffer.alloc(0);
  return {
    requested() {
      atStart = true;
    },
    pass(bytes) {
      if (!atStart) return bytes;
      held = Buffer.concat([held, bytes]);
      for (;;) {
        const head = held.toString('latin1', 0, statusBytes);
        if (head.length < statusBytes && 'HTTP/1.'.startsWith(head.slice(0, 7))) return Buffer.alloc(0);
        const end = interim.test(head) ? held.indexOf(headEnd) : undefined;
        if (end === -1 && held.length <= maxHeadBytes) return Buffer.alloc(0);
        if (end === undefined || end === -1) {
          const rest = held;
          held = Buffer.alloc(0);
          atStart = false;
          return rest;
        }
        held = held.subarray(end + headEnd.length);
      }
    },
  };
}

/**
 * Makes a connection skip unsolicited interim responses of a server or of a proxy in between. Every client has to accept
 * them (RFC 9110, 15.2), but undici ends the connection at a `100 Continue`. Expects each request to be written at once, one
 * after the other.
 */
export function skipInterimResponses(socket: Socket): Socket {
  const filter = createInterimFilter();
  const { read, write } = socket;
  socket.write = function (this: Socket, ...given: Parameters<Socket['write']>) {
    filter.requested();
    return write.apply(this, given);
  } as Socket['write'];
  socket.read = function (this: Socket, size?: number) {
    for (;;) {
      const chunk: unknown = read.call(this, size);
      if (!Buffer.isBuffer(chunk)) return chunk;
      const passed = filter.pass(chunk);
      if (passed.length > 0) return passed;
    }
  };
  return socket;
}
