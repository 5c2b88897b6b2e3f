import { isAbsolute, resolve } from 'node:path';
import type { GitSetting } from './environment.ts';

/** The address of a remote repository as Git gets it, and the credential that was in it. */
export interface RemoteAddress {
  /** Without a password. */
  readonly url: string;
  /** The header that sends the address's user name and password; `undefined` if it has no password. */
  readonly header: GitSetting | undefined;
  /** The texts to mask. */
  readonly secrets: readonly string[];
}

/** Length from which a user name in a URL may be a token. */
const minTokenLength = 16;

/** The form of a text that is to name a remote repository. */
export type RemoteForm = 'url' | 'path' | 'name';

/** Tells whether a text is a URL (with a scheme, or `host:path`), a path, or a name, which may also be a folder's. */
export function remoteForm(text: string): RemoteForm {
  if (isAbsolute(text)) return 'path';
  if (/^[^/]*:/.test(text)) return 'url';
  return /[\\/]/.test(text) || text === '.' || text === '..' ? 'path' : 'name';
}

/**
 * Returns the address for a URL or a path. A password or a token in an http(s) URL becomes a header, as the program that speaks http
 * gets its URL as an argument, which other users of the machine can read.
 */
export function remoteAddress(text: string, folder: string): RemoteAddress {
  if (remoteForm(text) !== 'url') return { url: resolve(folder, text), header: undefined, secrets: [] };
  const web = /^https?:\/\//i.test(text) && URL.canParse(text) ? new URL(text) : undefined;
  if (!web) return { url: text, header: undefined, secrets: maskable(passwordOf(text), []) };
  const user = decoded(web.username);
  // A user name alone may be a token. A short one is a name, for which Git's credential helper knows the password.
  const isToken = user.length >= minTokenLength || /:@/.test(text);
  if (web.password === '' && !isToken) return { url: text, header: undefined, secrets: [] };
  const password = decoded(web.password);
  const pair = Buffer.from(`${user}:${password}`).toString('base64');
  const raw = [web.password, ...passwordOf(text)];
  web.username = '';
  web.password = '';
  const header: GitSetting = [
    `http.${web.origin}${web.pathname}.extraHeader`,
    `Authorization: Basic ${pair}`,
  ];
  return { url: web.href, header, secrets: maskable([pair, password, ...raw], [user]) };
}

/** Returns the texts of a header to mask: its credential, and the password in it. */
export function headerSecrets(header: string): readonly string[] {
  const value = header.slice(header.indexOf(':') + 1).trim();
  const [, scheme = '', credential = value] = /^(\S+)\s+(\S+)$/.exec(value) ?? [];
  const pair = scheme.toLowerCase() === 'basic' ? Buffer.from(credential, 'base64').toString('utf8') : '';
  const password = pair.slice(pair.indexOf(':') + 1);
  return maskable([value, credential, password], []);
}

/**
 * Returns the texts that can be masked without making messages unreadable. A user name can be a token, but one that is as
 * short as `git` is not.
 */
function maskable(passwords: readonly string[], users: readonly string[]): readonly string[] {
  return [
    ...new Set([
      ...passwords.filter(({ length }) => length >= 4),
      ...users.filter(({ length }) => length >= minTokenLength),
    ]),
  ];
}

/** Returns a URL for messages, without the parts that can hold credentials. */
export function shownAddress(text: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? withoutUsers(text).replace(/[?#].*$/s, '') : text;
}

/** Returns a text with all user names and passwords of URLs removed. */
export function withoutUsers(text: string): string {
  return text.replace(/([a-z][a-z0-9+.-]*:\/\/)[^\s/'"]*@/gi, '$1');
}

function passwordOf(text: string): readonly string[] {
  const password = /^[a-z][a-z0-9+.-]*:\/\/[^/@:]*:([^/]*)@/i.exec(text)?.[1] ?? '';
  return password === '' ? [] : [password, decoded(password)];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
