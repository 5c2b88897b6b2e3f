import type { ConnectionSpec } from '../core/model/desired.ts';
import { type Problem, ReconcileError } from '../core/model/errors.ts';
import type { ServiceInfo } from '../core/model/token-kind.ts';
import { parseEndpoint } from '../core/util/url.ts';
import { parseFingerprint } from '../http/fingerprint.ts';
import { fromEnvironment, parseReferences } from '../manifest/references.ts';
import type { Login } from '../providers/provider.ts';
import type { Environment } from '../system/find-program.ts';
import { dereference, sourceOf } from './dereference.ts';

/** Resolved address and credentials of a service, in the clear: never print it. */
export interface Credentials {
  readonly url: string;
  readonly fingerprint?: string;
  readonly login: Login;
  /** The code of the second factor, if there is one. */
  readonly code?: string;
  /** Notes about the credentials, shown once. */
  readonly notes: readonly string[];
  /** The resolved values of all references, variables of reconcile itself included. */
  readonly referenced: readonly string[];
  /**
   * The referenced values that must not be shown: a manifest can send any variable of the environment as a user name.
   */
  readonly hidden: readonly string[];
}

/** The connection without a manifest: everything comes from the environment. */
export const environmentConnection: ConnectionSpec = { sources: {}, folder: '/', within: [] };

/** Tells whether a connection leaves everything to the environment, as those of most entries do. */
export function isOfEnvironment(spec: ConnectionSpec): boolean {
  const { api_url, certificate_fingerprint, username, password, token } = spec;
  return [api_url, certificate_fingerprint, username, password, token].every((value) => value === undefined);
}

/**
 * Resolves a connection: the manifest's values first, then the environment's; a token wins over a password. Throws
 * `REFERENCE_MISSING` if a reference can't be resolved, `AUTH` if there are no credentials, `USAGE` if an address or
 * fingerprint is invalid.
 */
export async function resolveCredentials(
  service: ServiceInfo,
  spec: ConnectionSpec,
  env: Environment,
  allowInsecureHttp: boolean,
): Promise<Credentials> {
  const { variables } = service;
  const referenced: string[] = [];
  const hidden: string[] = [];
  const stated = async (field: 'username' | 'password' | 'token' | 'certificate_fingerprint') => {
    const text = spec[field];
    if (text === undefined) return undefined;
    const values = await dereference(text, field, spec, env);
    const value = values.map((part) => part.text).join('');
    if (value !== text) referenced.push(value);
    const unknown = values.filter((part) => part.isHidden).map((part) => part.text);
    if (unknown.length > 0) hidden.push(...new Set([value, ...unknown]));
    return value;
  };
  const fromEnv = (name: string | undefined): string | undefined =>
    name === undefined ? undefined : env[name] || undefined;

  const url = endpointOf(service, spec, env, allowInsecureHttp);
  const fingerprint = (await stated('certificate_fingerprint')) ?? fromEnv(variables.certificateFingerprint);
  const pin = fingerprint === undefined ? undefined : parseFingerprint(fingerprint);
  if (pin && 'refused' in pin) {
    throw new ReconcileError({
      code: 'USAGE',
      message: `the certificate fingerprint can't be used: ${pin.refused}`,
      ...sourceOf(spec, 'certificate_fingerprint'),
    });
  }
  if (pin && new URL(url).protocol === 'http:') {
    throw new ReconcileError({
      code: 'USAGE',
      message: `a certificate fingerprint is set, but ${new URL(url).host} uses http, which has no certificate`,
      hint: 'use https, or remove the fingerprint',
      ...sourceOf(spec, 'certificate_fingerprint'),
    });
  }
  // Errors show the normalized fingerprint.
  if (pin && fingerprint !== undefined && hidden.includes(fingerprint)) hidden.push(pin.sha256);
  const own = {
    token: await stated('token'),
    username: await stated('username'),
    password: await stated('password'),
  };
  const ownPassword = own.username !== undefined || own.password !== undefined;
  const token = own.token ?? (ownPassword ? undefined : fromEnv(variables.token));
  const pair = pairOf(service, env);
  const given = own.username ?? fromEnv(pair?.username);
  const username = service.lowersUserNames ? loweredName(given) : given;
  const userWhere = own.username === undefined ? (pair?.username ?? '') : 'username';
  const notes =
    username === given
      ? []
      : [
          `${userWhere} has upper-case letters; ${service.name} user names are lower case, so reconcile sends it in lower case.`,
        ];
  const base = { url, notes, referenced, hidden, ...(pin && { fingerprint: pin.sha256 }) };
  if (token !== undefined) {
    const where = own.token === undefined ? (variables.token ?? '') : 'token';
    const user = username === undefined ? {} : { username: checked(username, userWhere) };
    return { ...base, login: { token: oneLine(checked(token, where), where), ...user, where } };
  }
  const password = own.password ?? fromEnv(pair?.password);
  if (username !== undefined && password !== undefined) {
    const code = fromEnv(variables.code);
    const where = own.password === undefined ? (pair?.password ?? '') : 'password';
    const login = { username: checked(username, userWhere), password: checked(password, where), where };
    return {
      ...base,
      login,
      ...(code !== undefined && { code: checked(code, variables.code ?? '') }),
    };
  }
  throw new ReconcileError({
    code: 'AUTH',
    message: `no credentials for ${service.name}${username === undefined ? '' : ': a user name, but no password'}`,
    hint: `set ${credentialNames(service, pair)}`,
  });
}

type LoginPair = ServiceInfo['variables']['logins'][number];

/** Returns the names of the variables for credentials, in words. */
export function credentialNames(
  { variables: { token, logins } }: ServiceInfo,
  pair: LoginPair | undefined = logins[0],
): string {
  return [token, pair && `${pair.username} and ${pair.password}`]
    .filter((name) => name !== undefined)
    .join(', or ');
}

/**
 * Returns the variables of a login: the first pair that is fully set, else partly set, else the service's own; `undefined`
 * if the service accepts a token only.
 */
function pairOf({ variables: { logins } }: ServiceInfo, env: Environment): LoginPair | undefined {
  const isSet = (name: string): boolean => Boolean(env[name]);
  return (
    logins.find(({ username, password }) => isSet(username) && isSet(password)) ??
    logins.find(({ username, password }) => isSet(username) || isSet(password)) ??
    logins[0]
  );
}

/**
 * Tells whether the environment holds credentials for a service.
 *
 * @param shared whether variables count that other programs use as well
 */
export function hasCredentials({ variables }: ServiceInfo, env: Environment, shared: boolean): boolean {
  const logins = shared ? variables.logins : variables.logins.slice(0, 1);
  return (
    Boolean(variables.token !== undefined && env[variables.token]) ||
    logins.some(({ username, password }) => Boolean(env[username] && env[password]))
  );
}

/**
 * Returns a credential. Throws `AUTH` if something else was copied along with it: the service would refuse it, and
 * accounts get locked. Never quotes it.
 */
function checked(token: string, what: string): string {
  const mistake = mistakeIn(token);
  if (mistake !== undefined) {
    throw new ReconcileError({
      code: 'AUTH',
      message: `${what} can't be used: it ${mistake}`,
      hint: `set ${what} to the bare value; nothing was sent`,
    });
  }
  return token;
}

/** Returns a token that is sent in a header, which must be one line. */
function oneLine(token: string, what: string): string {
  if (/\p{Cc}/u.test(token)) {
    throw new ReconcileError({
      code: 'AUTH',
      message: `the ${what} contains a line break or a control character`,
    });
  }
  return token;
}

function endpointOf(
  service: ServiceInfo,
  spec: ConnectionSpec,
  env: Environment,
  allowInsecureHttp: boolean,
): string {
  const { apiUrl } = service.variables;
  const text = spec.api_url ?? (env[apiUrl] || service.apiUrl);
  if (text === undefined) {
    throw new ReconcileError({
      code: 'USAGE',
      message: `no API address for ${service.name}`,
      hint: `set ${apiUrl}, or api_url in the manifest`,
    });
  }
  const endpoint = parseEndpoint(text, service.basePath, allowInsecureHttp);
  if ('url' in endpoint) return endpoint.url;
  throw new ReconcileError({
    code: 'USAGE',
    message: `${spec.api_url === undefined ? apiUrl : 'api_url'} can't be used: ${endpoint.refused}`,
    hint: `set it to an address like ${service.apiUrl ?? `https://${service.id}.example.com`}`,
    ...sourceOf(spec, 'api_url'),
  });
}

/** Returns a user name in lower case. An e-mail address is left as it is. */
function loweredName(name: string | undefined): string | undefined {
  return name?.includes('@') ? name : name?.toLowerCase();
}

function mistakeIn(credential: string): string | undefined {
  if (/^\s|\s$/u.test(credential)) return 'begins or ends with white space';
  if (/^(["'`]).*\1$/su.test(credential) && credential.length > 1) return 'is in quotes';
  if (/^[\u2018-\u201f\u00ab\u00bb].*[\u2018-\u201f\u00ab\u00bb]$/su.test(credential))
    return 'is in typographic quotes';
  return /^bearer\s/i.test(credential) ? 'begins with "Bearer "' : undefined;
}

/** Returns a problem for each unset environment variable that a connection refers to. */
export function missingReferences(spec: ConnectionSpec, env: Environment): readonly Problem[] {
  return (['username', 'password', 'token', 'certificate_fingerprint'] as const).flatMap((field) => {
    const text = spec[field];
    if (text === undefined) return [];
    const parts = parseReferences(text);
    if ('malformed' in parts) return [];
    return parts.flatMap((part): Problem[] => {
      if (part.source !== 'env' || fromEnvironment(part, env)) return [];
      return [
        {
          code: 'REFERENCE_MISSING',
          message: `the environment variable ${part.name} is not set; plan and apply will need it`,
          ...sourceOf(spec, field),
        },
      ];
    });
  });
}
