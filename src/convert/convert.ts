import { convertTask, type Entry } from './entries.ts';
import { findTasks, type Left } from './tasks.ts';

/** What playbooks have become: entries of a manifest, and what is left to do by hand. */
export interface Conversion {
  readonly entries: readonly Entry[];
  readonly left: readonly Left[];
  /** How many tasks of ours there were, each round of a loop counted. */
  readonly tasks: number;
}

/** Converts Ansible tasks. An address stands for one token: of several tasks about it the last one says what is wanted. */
export function convert(files: readonly { readonly file: string; readonly text: string }[]): Conversion {
  const found = files.map(({ file, text }) => findTasks(file, text));
  const converted = found.flatMap(({ tasks }) => tasks).map(convertTask);
  const entries = new Map<string, Entry>();
  const left = [...found.flatMap((one) => one.left), ...converted.flatMap((one) => one.left)];
  for (const { entry } of converted) {
    if (!entry) continue;
    const before = entries.get(entry.address);
    entries.delete(entry.address);
    entries.set(entry.address, before ? merged(before, entry) : entry);
    if (before) {
      left.push({
        source: before.task.source,
        message: `a later task (line ${entry.task.source.line}) says what becomes of ${entry.address}: one entry is made of both`,
      });
    }
  }
  // The rounds of a loop say the same.
  const once = new Map(left.map((one) => [JSON.stringify(one), one]));
  return { entries: [...entries.values()], left: [...once.values()], tasks: converted.length };
}

/** What an update changes of a token that is made before is what the token is to be. */
function merged(before: Entry, later: Entry): Entry {
  if (later.values['state'] === 'absent' || before.values['state'] === 'absent') return later;
  const { state: _, registry_token: __, ...changed } = later.values;
  const isMade = before.values['state'] === undefined;
  return {
    ...later,
    values: isMade ? { ...before.values, ...changed } : { ...before.values, ...later.values },
    remarks: [...new Set([...before.remarks, ...later.remarks])],
  };
}
