import { BlockList, isIP } from 'node:net';
import { hasUnusablePort, isLoopback, unusablePort } from '../core/util/url.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The proxies of an environment; empty if there is none. */
export interface Proxies {
  readonly http: string;
  readonly https: string;
  /** Hosts that are reached without a proxy, as `NO_PROXY` lists them. */
  readonly none: string;
}

/** A variable whose value is not a usable proxy. */
export interface UnusableProxy {
  /** The name of the variable. */
  readonly unusable: string;
  /** The reason, to follow `it is` or similar. Never quotes the value, which may hold a password. */
  readonly reason: string;
  readonly hint: string;
}

/**
 * Reads `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`. As with curl, lower case takes precedence. Returns the unusable variable
 * if there is one.
 */
export function readProxies(env: Environment): Proxies | UnusableProxy {
  const read = (name: string): readonly [name: string, value: string] => {
    const lower = name.toLowerCase();
    return env[lower] ? [lower, env[lower]] : [name, env[name] ?? ''];
  };
  const [http, https] = [read('HTTP_PROXY'), read('HTTPS_PROXY')];
  for (const [name, value] of [http, https]) {
    const problem = value === '' ? undefined : problemOf(value);
    if (problem) return { unusable: name, ...problem };
  }
  return { http: http[1], https: https[1], none: read('NO_PROXY')[1] };
}

/**
 * Returns the proxy for an address; empty if there is none. A loopback address is reached directly unless the proxy is on
 * this machine too: a remote proxy would resolve it to its own machine, which would get the credentials in the clear.
 */
export function proxyFor(address: string, proxies: Proxies): string {
  const { protocol, hostname } = new URL(address);
  const proxy = protocol === 'https:' ? proxies.https : proxies.http;
  if (proxy === '' || isExcluded(address, proxies.none)) return '';
  return isLoopback(hostname) && !isLoopback(new URL(proxy).hostname) ? '' : proxy;
}

/** Returns the password in a proxy's address, in the spellings in which it is sent and written. */
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

/**
 * Tells whether `NO_PROXY` excludes the IP address in a URL: by an address, or by a range in CIDR notation. Host names are
 * handled by the library that sends requests; they are not looked up.
 */
function isExcluded(address: string, none: string): boolean {
  const { protocol, hostname, port } = new URL(address);
  const host = hostname.replace(/^\[|\]$/g, '');
  const family = familyOf(host);
  if (family === undefined) return false;
  const at = port || (protocol === 'https:' ? '443' : '80');
  return none.split(/[,\s]+/).some((entry) => {
    const [, network = '', bits, only] =
      /^\[?([\da-f:.]+?)\]?(?:\/(\d{1,3}))?(?::(\d+))?$/i.exec(entry) ?? [];
    const bracketed = entry.startsWith('[');
    // Without brackets, the part after the last colon of an IPv6 address belongs to the address.
    const [net, withPort] = isIP(entry) === 6 && !bracketed ? [entry, undefined] : [network, only];
    const kind = familyOf(net);
    if (kind !== family || (withPort !== undefined && withPort !== at)) return false;
    const maxBits = kind === 'ipv4' ? 32 : 128;
    if (Number(bits ?? maxBits) > maxBits) return false;
    const range = new BlockList();
    range.addSubnet(net, Number(bits ?? maxBits), kind);
    return range.check(host, family);
  });
}

function familyOf(text: string): 'ipv4' | 'ipv6' | undefined {
  const version = isIP(text);
  return version === 0 ? undefined : version === 4 ? 'ipv4' : 'ipv6';
}

function problemOf(text: string): Omit<UnusableProxy, 'unusable'> | undefined {
  if (/^https?:/i.test(text) && hasUnusablePort(text)) {
    return { reason: unusablePort, hint: 'write it as http://proxy.example:3128' };
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    return {
      reason: 'it is not an http or https URL',
      hint: 'write it as http://proxy.example:3128, with user:password@ before the host if needed',
    };
  }
  if ([url.username, url.password].some((part) => /%(?![0-9a-f]{2})/i.test(part))) {
    return {
      reason: 'its user name or password holds a % that is not part of an escape',
      hint: 'write a % as %25',
    };
  }
  return undefined;
}
