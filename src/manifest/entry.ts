import { resolve } from 'node:path';
import type { ConnectionSpec, Desired, WantedState } from '../core/model/desired.ts';
import type { Problem, SourceLocation } from '../core/model/errors.ts';
import { canonicalizeFields, managedFields } from '../core/model/field-rules.ts';
import { addressOf } from '../core/model/token.ts';
import { ignoredFields, type ServiceInfo, type TokenKind } from '../core/model/token-kind.ts';
import type { JsonObject } from '../core/util/json.ts';
import { hasDotSegment, isWithin } from '../core/util/paths.ts';
import { isLoopback, parseEndpoint } from '../core/util/url.ts';
import type { ManifestFile } from './files.ts';
import type { ReadOptions } from './options.ts';
import { isLiteral, parseReferences, referencesIn } from './references.ts';
import { checkRotation, parseRenewal, parseRotation } from './rotation.ts';
import { checkEntrySinks, parseSinks } from './sinks.ts';
import type { Path } from './yaml/path.ts';

/** A manifest entry to convert to a desired token. */
export interface EntryInput {
  readonly declaration: TokenKind;
  /** The entry, merged over the defaults of its kind. */
  readonly values: JsonObject;
  /** The entry as written. */
  readonly own: JsonObject;
  /** True if it has passed the schema, which a desired token requires. */
  readonly valid: boolean;
  readonly file: ManifestFile;
  readonly options: ReadOptions;
  readonly at: (field: Path) => SourceLocation;
  /** True if there is room for its warnings. */
  readonly wantsWarnings: boolean;
  /** True if it is a prune rule, read as an entry. */
  readonly isRule?: true;
}

/** A problem, and the field of the entry that it is about. */
export interface FieldProblem {
  readonly field: string;
  readonly problem: Problem;
}

/** The result for an entry; `desired` is present if it has no error. */
export interface EntryOutput {
  readonly desired?: Desired;
  readonly errors: readonly FieldProblem[];
  readonly warnings: readonly FieldProblem[];
}

const connectionFields = ['api_url', 'certificate_fingerprint', 'username', 'password', 'token'] as const;

/** Returns the fields of a connection. A kind's own field of such a name isn't one of them. */
function connectionFieldsOf({ rules }: TokenKind): readonly (typeof connectionFields)[number][] {
  return connectionFields.filter((field) => !(field in rules));
}

const credentialFields: ReadonlySet<string> = new Set(['username', 'password', 'token']);

/** Checks an entry beyond the schema, and converts it to a desired token. */
export function toDesired(input: EntryInput): EntryOutput {
  const { declaration, values, own, options, at } = input;
  const errors: FieldProblem[] = [];
  const warnings: FieldProblem[] = [];
  const state = stateOf(values);
  const report = (
    to: FieldProblem[],
    path: Path,
    message: string,
    hint?: string,
    code?: Problem['code'],
  ): void => {
    if (to === warnings && !input.wantsWarnings) return;
    to.push({
      field: String(path[0] ?? ''),
      problem: {
        code: code ?? 'MANIFEST_INVALID',
        message,
        ...(hint !== undefined && { hint }),
        source: at(path),
      },
    });
  };

  for (const field of declaration.required[state]) {
    if (!(field in values)) {
      const what = input.isRule ? 'a prune rule' : `a ${declaration.kind} with state: ${state}`;
      report(errors, [field], `${field} is required for ${what}`);
    }
  }
  for (const field of ignoredFields(declaration, state)) {
    if (field in own) {
      report(warnings, [field], `${field} has no effect with state: ${state}`);
    }
  }
  for (const { severity, path, message, hint } of declaration.check(values, options.now)) {
    report(severity === 'error' ? errors : warnings, path, message, hint);
  }
  for (const { field, message, hint } of dotSegments(input)) {
    if (!errors.some((error) => error.field === field)) report(errors, [field], message, hint);
  }
  for (const { severity, path, message, hint } of checkRotation(values, declaration, options.now)) {
    report(severity === 'error' ? errors : warnings, path, message, hint);
  }
  checkConnection(input, (path, message, hint) => report(errors, path, message, hint));
  for (const field of ['password', 'token']) {
    const value = values[field];
    if (typeof value === 'string' && isLiteral(value)) {
      report(
        warnings,
        [field],
        `${field} is written in plain text`,
        `use a reference, for example ${field}: \${env:NAME}, and change the ${field}: it stays in the Git history`,
      );
    }
  }
  checkEntrySinks(values, input.file, options, (path, message, hint) => report(errors, path, message, hint));
  if (errors.length > 0 || !input.valid) return { errors, warnings };

  const identity = declaration.identify(values);
  const called = identity.name ?? identity.existing ?? identity.id ?? '';
  const { replace_order: order, wait_timeout: timeout, secret, registry_host: host } = values;
  const sinks = parseSinks(values, input.file, options);
  const rotation = parseRotation(values, called);
  const renewal = parseRenewal(values);
  const desired: Desired = {
    address: addressOf(declaration.kind, identity.scope, called),
    idField: declaration.idField,
    kind: declaration.kind,
    state,
    fields:
      state === 'absent'
        ? {}
        : canonicalizeFields(declaration.rules, managedFields(values, declaration.rules)),
    createWith: values['create_with'] === 'put' ? 'put' : 'post',
    allowReplace: values['allow_replace'] === true,
    ...((order === 'create_first' || order === 'delete_first') && { replaceOrder: order }),
    protected: values['protected'] === true,
    wait: values['wait'] !== false,
    waitTimeoutSeconds: typeof timeout === 'number' ? timeout : 600,
    secret: secret === 'discard' ? 'discard' : sinks.length > 0 ? sinks : undefined,
    ...(typeof host === 'string' && { registryHost: host.toLowerCase() }),
    ...(rotation && { rotation }),
    ...(renewal && { renewal }),
    connection: connectionOf(input),
    source: at([]),
    ...identity,
  };
  return { desired, errors, warnings };
}

/** Finds names of scopes and IDs of tokens that would lead a request to another address. */
function dotSegments({
  declaration: { levels, idField },
  values,
  isRule,
}: EntryInput): readonly { readonly field: string; readonly message: string; readonly hint: string }[] {
  // The ID of a prune rule is a pattern, and isn't sent.
  const fields = [...levels.map(({ field }) => field), ...(isRule ? [] : [idField])];
  return fields.flatMap((field) => {
    const value = values[field];
    if (typeof value !== 'string' || !hasDotSegment(value)) return [];
    const message = `invalid ${field}: ${JSON.stringify(value)} has a segment . or ..`;
    return [{ field, message, hint: 'write it in full, without . and ..' }];
  });
}

function stateOf(values: JsonObject): WantedState {
  const { state } = values;
  return state === 'absent' || state === 'update' ? state : 'present';
}

function connectionOf({ declaration, values, file, options, at }: EntryInput): ConnectionSpec {
  const texts: Partial<Record<(typeof connectionFields)[number], string>> = {};
  const sources: Record<string, SourceLocation> = {};
  const references: Record<string, string> = {};
  for (const field of connectionFieldsOf(declaration)) {
    const value = values[field];
    if (typeof value !== 'string') continue;
    texts[field] = value;
    sources[field] = at([field]);
    if (credentialFields.has(field)) references[field] = referencesIn(value);
  }
  return { ...texts, references, sources, folder: file.folder, within: referenceFolders(file, options) };
}

/** Returns the folders that `${file:…}` may read. */
function referenceFolders(file: ManifestFile, options: ReadOptions): readonly string[] {
  return [file.root, ...options.allowFileReferences.map((folder) => resolve(options.cwd, folder))];
}

/**
 * Checks hosts and file references: a manifest must not choose freely where credentials are sent or files are read.
 */
function checkConnection(
  { declaration, values, file, options }: EntryInput,
  reject: (path: Path, message: string, hint?: string) => void,
): void {
  const { service } = declaration;
  const { api_url: url } = values;
  if (typeof url === 'string') {
    const endpoint = parseEndpoint(url, service.basePath, options.allowInsecureHttp);
    if ('refused' in endpoint) reject(['api_url'], `this address can't be used: ${endpoint.refused}`);
    else if (!isAllowedHost(endpoint.url, service, options)) {
      reject(
        ['api_url'],
        `the host ${endpoint.host} is not allowed: credentials would be sent to it`,
        `allowed hosts: the service's own, the one in ${service.variables.apiUrl}, loopback addresses, and hosts passed to --allow-host`,
      );
    }
  }
  for (const field of connectionFieldsOf(declaration)) {
    if (field === 'api_url') continue;
    const value = values[field];
    if (typeof value !== 'string') continue;
    const parts = parseReferences(value);
    if ('malformed' in parts) continue;
    for (const part of parts) {
      if (part.source !== 'file') continue;
      if (!isWithin(referenceFolders(file, options), resolve(file.folder, part.path))) {
        reject(
          [field],
          `the file reference ${part.path} leads outside the manifests' folder`,
          'to allow it, pass its folder to --allow-file-reference',
        );
      }
    }
  }
}

function isAllowedHost(url: string, service: ServiceInfo, options: ReadOptions): boolean {
  const { hostname, host } = new URL(url);
  const own = [service.apiUrl, options.env[service.variables.apiUrl] || service.apiUrl].flatMap((text) => {
    const endpoint = parseEndpoint(text ?? '', service.basePath, true);
    return 'host' in endpoint ? [endpoint.host] : [];
  });
  return (
    isLoopback(hostname) || [...own, ...options.allowHosts].some((entry) => entry.toLowerCase() === host)
  );
}
