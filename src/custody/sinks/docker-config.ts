import equal from 'fast-deep-equal';
import { applyEdits, type JSONPath, modify, type Node, parseTree } from 'jsonc-parser';
import { isObject, type JsonObject } from '../../core/util/json.ts';

/** The docker CLI's configuration, and its members that say where logins are stored. */
export interface DockerConfig {
  /** The configuration; empty if there is none yet. */
  readonly text: string;
  readonly auths: Member;
  readonly credHelpers: JsonObject;
  readonly credsStore: string;
}

/** A member of the configuration. */
interface Member {
  /** The key in its original spelling; `undefined` if missing. */
  readonly key: string | undefined;
  /** The values; empty if null, which programs in Go write for an empty mapping. */
  readonly values: JsonObject;
  /** The syntax node; `undefined` if the member is missing or null. */
  readonly node: Node | undefined;
}

/** A configuration, or the reason why it isn't one. */
export type ParsedDockerConfig = DockerConfig | { readonly refused: string };

/**
 * Reads `config.json` as the docker CLI does: null counts as empty, and keys match in any case. Refuses anything that the
 * CLI would not understand, or would understand in another way.
 */
export function parseDockerConfig(bytes: Uint8Array): ParsedDockerConfig {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    // The docker CLI accepts an empty file, too.
    return /^[ \t\r\n]*$/.test(text) ? emptyConfig : parse(text);
  } catch (error) {
    if (error instanceof Refused) return { refused: error.message };
    // The messages of these errors quote the text.
    if (error instanceof TypeError) return { refused: 'it is not UTF-8' };
    if (error instanceof SyntaxError) return { refused: 'it is not JSON' };
    if (error instanceof RangeError) return { refused: 'it is nested too deeply' };
    throw error;
  }
}

/** Returns the credential helper that the docker CLI uses for a login; `undefined` if it uses its file. */
export function helperOf({ credHelpers, credsStore }: DockerConfig, key: string): string | undefined {
  // An empty helper for a host means the file.
  const helper = Object.hasOwn(credHelpers, key) ? credHelpers[key] : credsStore;
  return typeof helper === 'string' && helper !== '' ? helper : undefined;
}

/** Returns the login stored under this key; `undefined` if there is none. */
export function loginIn({ auths }: DockerConfig, key: string): JsonObject | undefined {
  const login = Object.hasOwn(auths.values, key) ? auths.values[key] : undefined;
  return isObject(login) ? login : undefined;
}

/** Returns the configuration's text with a login added, and otherwise identical to the byte; or why that can't be done. */
export function withLogin(
  { text, auths }: DockerConfig,
  key: string,
  auth: string,
): string | { readonly refused: string } {
  if (text === '') return JSON.stringify({ auths: { [key]: { auth } } }, null, '\t');
  if (membersOf(auths.node).filter((member) => keyOf(member) === key).length > 1) {
    return { refused: `it has ${key} twice` };
  }
  const [path, value]: [JSONPath, JsonObject] = auths.node
    ? [[auths.key ?? 'auths', key], { auth }]
    : [[auths.key ?? 'auths'], { [key]: { auth } }];
  const after = applyEdits(text, modify(text, path, value, {}));
  const parsed = parseDockerConfig(Buffer.from(after));
  if ('refused' in parsed || !equal(parsed.auths.values, { ...auths.values, [key]: { auth } })) {
    return { refused: 'the login would not be found in it' };
  }
  return after;
}

class Refused extends Error {}

/** The configuration to begin with if there is none yet. */
export const emptyConfig: DockerConfig = {
  text: '',
  auths: { key: undefined, values: {}, node: undefined },
  credHelpers: {},
  credsStore: '',
};

function parse(text: string): DockerConfig {
  const values: unknown = JSON.parse(text);
  if (!isObject(values)) throw new Refused('it is not a mapping');
  const root = parseTree(text);
  const auths = mappingIn(values, root, 'auths');
  const helpers = mappingIn(values, root, 'credHelpers');
  const store = memberIn(values, root, 'credsStore');
  for (const helper of Object.values(helpers.values)) {
    if (helper !== null && typeof helper !== 'string')
      throw new Refused('credHelpers contains a value that is not a name');
  }
  const { value: credsStore = null } = store;
  if (credsStore !== null && typeof credsStore !== 'string') throw new Refused('credsStore is not a name');
  return { text, auths, credHelpers: helpers.values, credsStore: credsStore ?? '' };
}

function mappingIn(values: JsonObject, root: Node | undefined, name: string): Member {
  const { key, value = null, node } = memberIn(values, root, name);
  if (value === null) return { key, values: {}, node: undefined };
  if (!isObject(value)) throw new Refused(`${name} is not a mapping`);
  return { key, values: value, node };
}

/** Returns the member of this name. The docker CLI matches names in any case, and would merge several members. */
function memberIn(values: JsonObject, root: Node | undefined, name: string) {
  const members = membersOf(root).filter((one) => keyOf(one).toLowerCase() === name.toLowerCase());
  if (members.length > 1) throw new Refused(`it has ${name} twice`);
  const [member] = members;
  const key = member && keyOf(member);
  return { key, value: key === undefined ? undefined : values[key], node: member?.children?.[1] };
}

function membersOf(node: Node | undefined): readonly Node[] {
  return node?.type === 'object' ? (node.children ?? []) : [];
}

function keyOf({ children }: Node): string {
  return String(children?.[0]?.value);
}
