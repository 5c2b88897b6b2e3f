import { isLoopback } from '../core/endpoint.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The proxies of an environment; empty texts where there is none. */
export interface Proxies {
  readonly http: string;
  readonly https: string;
  /** Hosts that are reached without one, as `NO_PROXY` lists them. */
  readonly none: string;
}

/**
 * Reads `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`; in lower case they win, as with curl. Gives the name of a variable
 * that can't be used where one is no http(s) URL.
 */
export function proxiesOf(env: Environment): Proxies | { readonly unusable: string } {
  const read = (name: string): readonly [name: string, value: string] => {
    const lower = name.toLowerCase();
    return env[lower] ? [lower, env[lower]] : [name, env[name] ?? ''];
  };
  const [http, https] = [read('HTTP_PROXY'), read('HTTPS_PROXY')];
  for (const [name, value] of [http, https]) {
    if (value !== '' && !isUsable(value)) return { unusable: name };
  }
  return { http: http[1], https: https[1], none: read('NO_PROXY')[1] };
}

/**
 * The proxy on the way to an address, if there is one; an empty text otherwise. A loopback address is reached without,
 * unless the proxy is on this machine too: there it would be another machine's, and credentials in the clear.
 */
export function proxyFor(address: string, proxies: Proxies): string {
  const { protocol, hostname } = new URL(address);
  const proxy = protocol === 'https:' ? proxies.https : proxies.http;
  if (proxy === '') return '';
  return isLoopback(hostname) && !isLoopback(new URL(proxy).hostname) ? '' : proxy;
}

/** The password that a proxy's address holds, in the spellings that it is sent and written in. */
export function proxySecrets({ http, https }: Proxies): readonly string[] {
  return [http, https].flatMap((address) => {
    if (address === '') return [];
    const { username, password } = new URL(address);
    if (password === '') return [];
    const plain = decodeURIComponent(password);
    const basic = Buffer.from(`${decodeURIComponent(username)}:${plain}`).toString('base64');
    return [password, plain, basic];
  });
}

function isUsable(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  // A lone % in a password is none of its spellings.
  const isWritten = [username, password].every((part) => !/%(?![0-9a-f]{2})/i.test(part));
  return /^https?:$/.test(protocol) && isWritten;
}
