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
    if (value !== '' && !/^https?:$/.test(protocolOf(value))) return { unusable: name };
  }
  return { http: http[1], https: https[1], none: read('NO_PROXY')[1] };
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

function protocolOf(text: string): string {
  return URL.canParse(text) ? new URL(text).protocol : '';
}
