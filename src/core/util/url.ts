/** An API's address, or the reason why it can't be used. */
export type Endpoint = { readonly url: string; readonly host: string } | { readonly refused: string };

/**
 * Parses an API's address, and adds `basePath` if it has no path. Refuses URLs that are not http(s), that have credentials,
 * a query or a fragment, and plain http to other than loopback addresses, unless allowed.
 */
export function parseEndpoint(text: string, basePath: string, allowInsecureHttp: boolean): Endpoint {
  const spelled = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`;
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
