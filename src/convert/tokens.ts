import { ReconcileError, type Source } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import { addressOf, type Kind, type State } from '../core/model.ts';
import { type Left, placeText } from './left.ts';

/** An effect that a task certainly has on a token. */
export interface Operation {
  readonly kind: Kind;
  readonly state: State;
  /** The token that it is about, by the name or ID that the playbook has for it. */
  readonly key: string;
  /** The same token afterwards, if the task gives it another name. */
  readonly renamed?: string;
  /** The registry that the token is in; none for kinds without. */
  readonly scope?: string;
  /** Whether it makes one more token each time. */
  readonly isNew?: boolean;
  /** Whether it knows the token only as the result of a task that has made it. */
  readonly ofResult?: boolean;
  /** The fields by which a manifest names the token. */
  readonly identity: JsonObject;
  readonly values: JsonObject;
  /** Values that the module sends if they aren't stated; they undo those of earlier tasks. */
  readonly implied?: JsonObject;
  readonly remarks: readonly string[];
  readonly source: Source;
  /** The file that the run of Ansible begins with. */
  readonly root: string;
}

/** A task that may create a token, and that is not converted. */
export interface Mention {
  readonly kind: Kind;
  /** `undefined` if it may be any token of its scope. */
  readonly key?: string;
  /** `undefined` if it may be in any. */
  readonly scope?: string;
  readonly source: Source;
  readonly root: string;
}

/** An entry of a manifest that tasks have become. */
export interface Entry {
  readonly address: string;
  readonly values: JsonObject;
  readonly remarks: readonly string[];
}

/** Collects the effects of tasks on tokens, in the order in which Ansible runs them. */
export interface TokenStore {
  apply(operation: Operation): void;
  mention(mention: Mention): void;
  /** Tells whether a task makes the token of this key, and none has deleted it since. */
  isMade(key: string): boolean;
  /** Returns the entries after all tasks. */
  entries(): readonly Entry[];
}

interface Tracked extends Operation {
  readonly order: number;
  /** Where the first task about it stands. */
  readonly since: Source;
}

/** A mention, with its place in the order of all tasks. */
interface Late extends Mention {
  readonly order: number;
}

/** Maximum number of tokens that are converted at once. */
const maxTokens = 20_000;

/** Creates a store; it reports everything that it leaves out. */
export function createTokenStore(left: Left[]): TokenStore {
  const tracked = new Map<string, Tracked>();
  /** The last task in each file that may create a token, by what is known of the token. */
  const mentions = new Map<string, Map<string, Late>>();
  let order = 0;

  const leave = (source: Source, message: string): void => {
    left.push({ source, message });
  };
  const track = (operation: Operation & Partial<Tracked>): void => {
    tracked.delete(operation.key);
    tracked.set(operation.key, { ...operation, order, since: operation.since ?? operation.source });
    if (tracked.size <= maxTokens) return;
    throw new ReconcileError({
      code: 'USAGE',
      message: `more than ${maxTokens} tokens, with loops unrolled`,
      hint: 'convert some of the files at a time',
    });
  };

  const apply = (operation: Operation): void => {
    order += 1;
    const before = tracked.get(operation.key);
    if (before && before.root !== operation.root && isDelete(before) !== isDelete(operation)) {
      const [gone, other] = isDelete(operation) ? [operation, before] : [before, operation];
      leave(
        gone.source,
        `${nameOf(gone)}: the delete is not converted, as ${placeText(other.source)} wants the token to exist, and which file runs last is not known`,
      );
      if (!isDelete(operation)) track(operation);
      return;
    }
    if (!before && operation.ofResult) {
      leave(operation.source, 'an earlier task deletes the token: the task is not converted');
      return;
    }
    if (!before) {
      track({ ...operation, key: operation.renamed ?? operation.key });
      return;
    }
    if (operation.renamed !== undefined && before.state !== 'absent') rename(before, operation);
    else combine(before, operation);
  };

  /** Only an update renames; a token whose name is immutable is replaced by another one. */
  const rename = (before: Tracked, operation: Operation): void => {
    if (operation.values['allow_replace'] !== true) {
      leave(
        operation.source,
        `${nameOf(before)}: allow_replace is not true, so Ansible rejects the new name`,
      );
      return;
    }
    if (before.state === 'present') {
      leave(
        operation.source,
        `${nameOf(before)}: replaced by ${operation.identity['name']}, which is declared; the manifest does not delete ${nameOf(before)}`,
      );
    }
    tracked.delete(before.key);
    const { registry_token: _, ...identity } = operation.identity;
    const merged = mergeUpdate(before, operation);
    track({
      ...merged,
      identity: before.state === 'present' ? identity : { ...before.identity, ...identity },
      key: operation.renamed ?? operation.key,
    });
  };

  const combine = (before: Tracked, operation: Operation): void => {
    if (isDelete(operation) && before.isNew) {
      tracked.delete(before.key);
      leave(
        operation.source,
        `${nameOf(before)}: ${placeText(before.since, operation.source)} creates it and this task deletes it again: no entry is made`,
      );
      return;
    }
    leave(
      before.source,
      `a later task (${placeText(operation.source, before.source)}) says what becomes of ${nameOf(before)}: one entry is made of both`,
    );
    if (operation.state === 'update') {
      if (before.state !== 'absent') track(mergeUpdate(before, operation));
    } else if (operation.state === 'absent' || before.state === 'absent') track(operation);
    else track({ ...operation, values: { ...before.values, ...operation.values } });
  };

  /** A task that is not converted, may come after a delete and create the token again. */
  const creatorOf = ({ kind, scope, key, root, order: at }: Tracked): Mention | undefined => {
    const about = [{ kind, key }, ...(scope === undefined ? [] : [{ kind, scope }]), { kind }];
    return about
      .flatMap((mention) => [...(mentions.get(mentionKey(mention))?.values() ?? [])])
      .find((mention) => mention.root !== root || mention.order > at);
  };

  return {
    apply,
    isMade: (key) => tracked.get(key)?.state === 'present',
    mention(mention) {
      order += 1;
      const key = mentionKey(mention);
      const files = mentions.get(key) ?? new Map<string, Late>();
      files.set(mention.root, { ...mention, order });
      mentions.set(key, files);
    },
    entries() {
      const entries = new Map<string, Entry>();
      for (const token of tracked.values()) {
        const again = isDelete(token) && creatorOf(token);
        if (again) {
          leave(
            token.source,
            `${nameOf(token)}: the delete is not converted, as ${placeText(again.source, token.source)} may create the token again`,
          );
          continue;
        }
        const entry = entryOf(token);
        if (entries.has(entry.address)) {
          leave(token.source, `${entry.address}: another task declares it already; this one is left out`);
        } else entries.set(entry.address, entry);
      }
      return [...entries.values()];
    },
  };
}

function mentionKey({ kind, key, scope }: Pick<Mention, 'kind' | 'key' | 'scope'>): string {
  return JSON.stringify(key === undefined ? [kind, 'any', scope ?? null] : [kind, 'one', key]);
}

/** Applies an update to a token that an earlier task declares. */
function mergeUpdate(before: Tracked, { identity, values, implied, remarks, source }: Operation): Tracked {
  const undone = Object.entries(implied ?? {}).filter(([field]) => field in before.values);
  const label = identity['token_label'];
  return {
    ...before,
    identity: { ...before.identity, ...(label !== undefined && { token_label: label }) },
    values: { ...before.values, ...Object.fromEntries(undone), ...values },
    remarks: [...new Set([...before.remarks, ...remarks])],
    source,
  };
}

function entryOf({ kind, state, identity, values, remarks }: Operation): Entry {
  return {
    address: addressIn(kind, identity),
    values: { kind, ...(state !== 'present' && { state }), ...identity, ...values },
    remarks,
  };
}

function addressIn(kind: Kind, identity: JsonObject): string {
  const name =
    kind === 'registry_token'
      ? (identity['name'] ?? identity['registry_token'])
      : (identity['token_label'] ?? identity['uuid']);
  return addressOf(kind, String(identity['registry'] ?? ''), String(name));
}

function nameOf({ kind, identity }: Operation): string {
  return addressIn(kind, identity);
}

function isDelete({ state }: Operation): boolean {
  return state === 'absent';
}
