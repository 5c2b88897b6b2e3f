import type { WantedState } from '../core/model/desired.ts';
import { ReconcileError, type SourceLocation } from '../core/model/errors.ts';
import { addressOf, type Kind } from '../core/model/token.ts';
import type { Json, JsonObject } from '../core/util/json.ts';
import { createMentions, type Mention, type Mentions } from './mentions.ts';
import { relativePlace, type Unconverted } from './unconverted.ts';

/** An effect that a task certainly has on a token. */
export interface Operation {
  readonly kind: Kind;
  readonly state: WantedState;
  /** Key of the token: its account, and the name or ID that the playbook has for it. */
  readonly key: string;
  /** That name or ID; absent if only the key is known. */
  readonly name?: string;
  /** The same token afterwards, if the task gives it another name. */
  readonly renamed?: { readonly key: string; readonly name: string };
  /** The registry of the token; absent for kinds without one. */
  readonly scope?: string;
  /** True if it creates one more token each time. */
  readonly isNew?: boolean;
  /** True if Ansible might not run it: an inventory may lack its hosts, or an earlier task may end the play. */
  readonly isPossible?: boolean;
  /** True if it knows the token only as the result of a task that has created it. */
  readonly ofResult?: boolean;
  /** The fields by which a manifest names the token. */
  readonly identity: JsonObject;
  readonly values: JsonObject;
  /** Values that the module sends if they aren't stated; they undo those of earlier tasks. */
  readonly implied?: JsonObject;
  readonly remarks: readonly string[];
  readonly source: SourceLocation;
  /** The file that the run of Ansible begins with. */
  readonly root: string;
}

/** An entry of a manifest, converted from tasks. */
export interface ConvertedEntry {
  readonly address: string;
  readonly values: JsonObject;
  readonly remarks: readonly string[];
}

/** Collects the effects of tasks on tokens, in the order in which Ansible runs them. */
export interface OperationStore {
  apply(operation: Operation): void;
  mention(mention: Mention): void;
  /** Tells whether a task creates the token of this key, and none has deleted it since. */
  isMade(key: string): boolean;
  /** Returns the entries after all tasks. */
  entries(): readonly ConvertedEntry[];
}

interface Tracked extends Operation {
  readonly order: number;
  /** The place of the first task for it. */
  readonly since: SourceLocation;
  /** The first files of the runs of Ansible that have tasks for it. */
  readonly roots: ReadonlySet<string>;
  /** Fields for which it isn't known which task's value wins. */
  readonly unsure: ReadonlySet<string>;
}

/** Maximum number of tokens that are converted at once. */
const maxTokens = 20_000;

/**
 * Creates an empty store.
 *
 * @param left receives a report of everything that the store leaves out
 */
export function createOperationStore(left: Unconverted[]): OperationStore {
  const tracked = new Map<string, Tracked>();
  const mentions = createMentions();
  let order = 0;

  const leave = (source: SourceLocation, message: string): void => {
    left.push({ source, message });
  };
  const track = (operation: Operation & Partial<Tracked>, before?: Tracked): void => {
    tracked.delete(operation.key);
    tracked.set(operation.key, {
      ...operation,
      order,
      since: operation.since ?? operation.source,
      roots: new Set([...(before?.roots ?? []), operation.root]),
      unsure: operation.unsure ?? new Set(),
    });
    if (tracked.size <= maxTokens) return;
    throw new ReconcileError({
      code: 'USAGE',
      message: `more than ${maxTokens} tokens, with loops unrolled`,
      hint: 'convert fewer files at a time',
    });
  };

  const apply = (operation: Operation): void => {
    order += 1;
    const before = tracked.get(operation.key);
    if (before && isOtherRun(before, operation) && isDelete(before) !== isDelete(operation)) {
      const [gone, other] = isDelete(operation) ? [operation, before] : [before, operation];
      leave(
        gone.source,
        `${nameOf(gone)}: the delete is not converted, as ${relativePlace(other.source)} wants the token to exist, and the order of the files is unknown`,
      );
      if (!isDelete(operation)) track(operation, before);
      return;
    }
    if (!before && operation.ofResult) {
      leave(operation.source, 'an earlier task deletes the token: the task is not converted');
      return;
    }
    const { renamed } = operation;
    if (renamed && before?.state !== 'absent') rename(before, operation, renamed);
    else if (before) combine(before, operation);
    else track(operation);
  };

  /** Only an update renames; a token whose name is immutable is replaced by another one. */
  const rename = (
    before: Tracked | undefined,
    operation: Operation,
    renamed: { readonly key: string; readonly name: string },
  ): void => {
    const other = tracked.get(renamed.key);
    if (other || (before && isOtherRun(before, operation))) {
      const at = relativePlace((other ?? before ?? operation).source, operation.source);
      const name = nameOf(other ?? before ?? operation);
      leave(
        operation.source,
        `${name}: ${at} is about this token too, so the effect of the rename is unknown; the task is not converted`,
      );
      // It may restore a token that was deleted.
      if (other && isDelete(other)) {
        tracked.delete(renamed.key);
        leave(
          other.source,
          `${name}: the delete is not converted, as ${relativePlace(operation.source, other.source)} may create the token again`,
        );
      }
      return;
    }
    if (!before) {
      track({ ...operation, ...renamed });
      return;
    }
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
    track(
      {
        ...merged,
        identity: before.state === 'present' ? identity : { ...before.identity, ...identity },
        ...renamed,
      },
      before,
    );
  };

  const combine = (before: Tracked, operation: Operation): void => {
    const { source } = operation;
    if (isDelete(operation) && before.isNew) {
      tracked.delete(before.key);
      leave(
        source,
        `${nameOf(before)}: ${relativePlace(before.since, source)} creates it and this task deletes it again: no entry is written`,
      );
      return;
    }
    if (isDelete(before) && operation.state === 'present' && operation.isPossible) {
      tracked.delete(before.key);
      const name = nameOf(operation);
      const why = 'which Ansible might not run';
      leave(
        before.source,
        `${name}: the delete is not converted, as ${relativePlace(source, before.source)}, ${why}, creates the token again`,
      );
      leave(
        source,
        `${name}: ${relativePlace(before.source, source)} deletes the token, and Ansible might not run this task; it is not converted`,
      );
      mentions.add({ ...operation, source }, order);
      return;
    }
    const [label, next] = [before.identity['token_label'], operation.identity['token_label']];
    if (label !== undefined && next !== undefined && label !== next && !isDecisive(before, operation)) {
      leave(source, `${nameOf(before)}: the task may or may not rename the token; it is not converted`);
      return;
    }
    leave(
      before.source,
      `a later task (${relativePlace(source, before.source)}) changes ${nameOf(before)} too: both become one entry`,
    );
    if (operation.state === 'update') {
      if (before.state !== 'absent') track(mergeUpdate(before, operation), before);
    } else if (operation.state === 'absent' || before.state === 'absent') track(operation, before);
    else track({ ...operation, ...mergeValues(before, operation, operation.values) }, before);
  };

  /** Applies an update to a token that an earlier task declares. */
  const mergeUpdate = (before: Tracked, operation: Operation): Tracked => {
    const undone = Object.entries(operation.implied ?? {}).filter(
      ([field]) => field in before.values || before.unsure.has(field),
    );
    const label = operation.identity['token_label'];
    return {
      ...before,
      identity: { ...before.identity, ...(label !== undefined && { token_label: label }) },
      ...mergeValues(before, operation, { ...Object.fromEntries(undone), ...operation.values }),
      remarks: [...new Set([...before.remarks, ...operation.remarks])],
      source: operation.source,
    };
  };

  /** Merges the values of a later task. One that might not run, or not later, changes no value that another task states. */
  const mergeValues = (
    before: Tracked,
    operation: Operation,
    later: JsonObject,
  ): Pick<Tracked, 'values' | 'unsure'> => {
    const values: Record<string, Json | undefined> = { ...before.values };
    const unsure = new Set(before.unsure);
    const decides = isDecisive(before, operation);
    for (const [field, value] of Object.entries(later)) {
      const isEqual = JSON.stringify(values[field]) === JSON.stringify(value);
      if (decides) unsure.delete(field);
      else if (unsure.has(field)) continue;
      else if (values[field] !== undefined && !isEqual) {
        unsure.add(field);
        delete values[field];
        leave(
          operation.source,
          `${nameOf(before)}: ${field} is left out, as ${relativePlace(before.source, operation.source)} has another value and either may apply`,
        );
        continue;
      }
      values[field] = value;
    }
    return { values: values as JsonObject, unsure };
  };

  /** Indexes the tokens that are not deleted, by the names and IDs that a delete may use. */
  const indexKept = (): Mentions => {
    const kept = createMentions();
    for (const { kind, scope, name, source, root, state, order: at } of tracked.values()) {
      if (state === 'absent' || name === undefined || scope === undefined) continue;
      kept.add({ kind, scope, name: inWords(name), source, root }, at);
    }
    return kept;
  };

  return {
    apply,
    isMade: (key) => tracked.get(key)?.state === 'present',
    mention(mention) {
      order += 1;
      mentions.add(mention, order);
    },
    entries() {
      const entries = new Map<string, ConvertedEntry>();
      const kept = indexKept();
      for (const token of tracked.values()) {
        const { name = token.key } = token;
        const again = isDelete(token) && mentions.after({ ...token, name }, token.root, token.order);
        if (again) {
          leave(
            token.source,
            `${nameOf(token)}: the delete is not converted, as ${relativePlace(again.source, token.source)} may create the token again`,
          );
          continue;
        }
        const other =
          isDelete(token) &&
          token.scope !== undefined &&
          kept.after({ ...token, name: inWords(name) }, '', -1);
        if (other) {
          leave(
            token.source,
            `${nameOf(token)}: the delete is not converted, as the token of ${relativePlace(other.source, token.source)} may be the same`,
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

/** Writes a name so that it only matches itself: the ID of a deleted token is never that of a later one. */
function inWords(name: string): string {
  return `token ${name}`;
}

/** Tells whether a task is part of another run of Ansible than an earlier one: which of them is first isn't known. */
function isOtherRun({ roots }: Tracked, { root }: Operation): boolean {
  return [...roots].some((one) => one !== root);
}

/** Tells whether the values of a task certainly replace those of earlier tasks. */
function isDecisive(before: Tracked, operation: Operation): boolean {
  return operation.isPossible !== true && !isOtherRun(before, operation);
}

function entryOf({ kind, state, identity, values, remarks }: Operation): ConvertedEntry {
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
