/** An API's address, or the reason why it can't be used. */
export type Endpoint = { readonly url: string; readonly host: string } | { readonly refused: string };

/**
 * Parses an API's address, and adds `basePath` if it has no path. Refuses URLs that are not http(s), that have credentials,
 * a query or a fragment, and plain http to other than loopback addresses, unless allowed.
 */
export function parseEndpoint(text: string, basePath: string, allowInsecureHttp: boolean): Endpoint {
  const spelled = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`;
  if (hasUnusablePort(spelled)) return { refused: unusablePort };
  if (!URL.canParse(spelled)) return { refused: 'it is not a URL' };
  const url = new URL(spelled);
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    return { refused: 'it is neither https nor http' };
  if (url.username || url.password) return { refused: 'it holds credentials' };
  if (url.search || url.hash) return { refused: 'it holds a query or a fragment' };
  if (url.protocol === 'http:' && !isLoopback(url.hostname) && !allowInsecureHttp) {
    return {
      refused: 'credentials are sent only over https, or http to a loopback address (--allow-insecure-http)',
    };
  }
  const path = url.pathname.replace(/\/+$/, '') || basePath;
  return { url: url.origin + path, host: url.host };
}

/** Tells whether a URL's host name is this machine: `localhost`, 127.0.0.0/8 or `[::1]`. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/** Maximum number of a port. */
export const maxPort = 65_535;

/** The reason why an address with such a port can't be used. */
export const unusablePort = `its port is not a number from 1 to ${maxPort}`;

/** Tells whether an address has a port that nothing can listen on. Such an address may not be a valid URL. */
export function hasUnusablePort(address: string): boolean {
  const [, port] =
    /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#]*@)?(?:\[[^\]]*\]|[^/?#:@[\]]*):([^/?#:@]+)(?:[/?#]|$)/i.exec(address) ??
    [];
  return port !== undefined && !(/^\d+$/.test(port) && Number(port) >= 1 && Number(port) <= maxPort);
}
