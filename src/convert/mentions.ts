import type { SourceLocation } from '../core/model/errors.ts';
import type { Kind } from '../core/model/token.ts';
import { isUuid } from '../core/util/uuid.ts';

/** A task that may create a token, and that is not converted. */
export interface Mention {
  readonly kind: Kind;
  /** The token, by name or ID; `undefined` if it may be any of its scope. */
  readonly name?: string;
  /** `undefined` if it may be in any. */
  readonly scope?: string;
  readonly source: SourceLocation;
  readonly root: string;
}

/** A token that may be the one of a mention. */
export interface Mentioned {
  readonly kind: Kind;
  readonly name: string;
  readonly scope?: string;
}

/** Index of tasks by the tokens that they may refer to. A name and an ID may refer to the same token. */
export interface Mentions {
  add(mention: Mention, order: number): void;
  /** Finds a task that may be about a token and that may run after a place in the order of all tasks. */
  after(token: Mentioned, root: string, order: number): Mention | undefined;
}

/** A mention, with its place in the order of all tasks. */
interface Placed extends Mention {
  readonly order: number;
}

/** Creates an index of tasks. */
export function createMentions(): Mentions {
  /** The last task of each run of Ansible, by what is known of the token. */
  const index = new Map<string, Map<string, Placed>>();
  return {
    add(mention, order) {
      for (const scope of writtenAs(mention.scope)) {
        for (const name of writtenAs(mention.name)) {
          const key = JSON.stringify([mention.kind, scope, name]);
          const runs = index.get(key) ?? new Map<string, Placed>();
          runs.set(mention.root, { ...mention, order });
          index.set(key, runs);
        }
      }
    },
    after({ kind, scope, name }, root, order) {
      for (const one of soughtAs(scope)) {
        for (const other of soughtAs(name)) {
          for (const mention of index.get(JSON.stringify([kind, one, other]))?.values() ?? []) {
            if (mention.root !== root || mention.order > order) return mention;
          }
        }
      }
      return undefined;
    },
  };
}

/** Returns the keys under which a name or ID is found: itself, and its form. */
function writtenAs(text: string | undefined): readonly string[] {
  return text === undefined ? ['any'] : [exactly(text), formOf(text)];
}

/** Returns the keys of all possible matches: a name may belong to any ID, and the other way round. */
function soughtAs(text: string | undefined): readonly string[] {
  if (text === undefined) return ['any'];
  return ['any', exactly(text), formOf(text) === 'ID' ? 'name' : 'ID'];
}

function exactly(text: string): string {
  return `= ${isUuid(text) ? text.toLowerCase() : text}`;
}

function formOf(text: string): 'ID' | 'name' {
  return isUuid(text) ? 'ID' : 'name';
}
