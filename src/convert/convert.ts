import { type Problem, ReconcileErrors } from '../core/model/errors.ts';
import { createLibrary } from './library.ts';
import { walkRoot } from './plays.ts';
import { maxSteps, type Run } from './run.ts';
import { type ConvertedEntry, createOperationStore } from './tokens.ts';
import type { Unconverted } from './unconverted.ts';
import { readAnsibleYaml, type YamlFile } from './yaml.ts';

/** The result of a conversion. */
export interface Conversion {
  readonly entries: readonly ConvertedEntry[];
  readonly left: readonly Unconverted[];
  /** Assumptions about how Ansible is run. */
  readonly notes: readonly string[];
  /** Number of tasks for tokens, converted or not, each round of a loop counted. */
  readonly tasks: number;
}

/**
 * Converts Ansible tasks. A task becomes an entry, or part of one, only if Ansible certainly runs it, with these values;
 * everything else is reported. Throws `ReconcileErrors` if a file isn't YAML.
 */
export function convertTasks(given: readonly { readonly file: string; readonly text: string }[]): Conversion {
  const files = readAll(given);
  const left: Unconverted[] = files.flatMap(({ repeated }) =>
    repeated.map(({ name, place }) => ({
      source: place,
      message: `the key "${name}" is repeated: Ansible warns and uses the last value; tasks that depend on it are not converted`,
    })),
  );
  const library = createLibrary(files);
  const run: Run = {
    library,
    tokens: createOperationStore(left),
    left,
    walked: new Set(),
    used: new Set(),
    tags: new Set(),
    tasks: 0,
    steps: maxSteps,
    facts: new Map(),
    stops: [],
    roles: new Set(),
    dependencies: new Map(),
  };
  for (const yaml of library.roots) walkRoot(run, yaml);
  for (const yaml of files) {
    if (run.walked.has(yaml.file)) continue;
    left.push({
      source: yaml.place(yaml.root),
      message: 'another file includes it in a way that convert cannot follow: nothing in it is converted',
    });
  }
  const entries = run.tokens.entries();
  const order = new Map(given.map(({ file }, index) => [file, index]));
  // The rounds of a loop give the same reasons.
  const once = new Map(left.map(shortened).map((one) => [JSON.stringify(one), one]));
  return {
    entries,
    left: [...once.values()].sort(
      (a, b) =>
        (order.get(a.source.file) ?? 0) - (order.get(b.source.file) ?? 0) || a.source.line - b.source.line,
    ),
    notes: notesOf(run),
    tasks: run.tasks,
  };
}

/** Maximum length of a message, in characters: it may quote a condition as long as a file. */
const maxMessage = 1000;

function shortened({ source, message }: Unconverted): Unconverted {
  return { source, message: message.length > maxMessage ? `${message.slice(0, maxMessage - 1)}…` : message };
}

function readAll(given: readonly { readonly file: string; readonly text: string }[]): readonly YamlFile[] {
  const files: YamlFile[] = [];
  const problems: Problem[] = [];
  for (const { file, text } of given) {
    try {
      files.push(readAnsibleYaml(file, text));
    } catch (error) {
      if (!(error instanceof ReconcileErrors)) throw error;
      problems.push(...error.problems);
    }
  }
  if (problems.length > 0) throw new ReconcileErrors(problems);
  return files;
}

function notesOf({ used, tags }: Run): readonly string[] {
  const others = [...tags].filter((tag) => tag !== 'always' && tag !== 'never');
  return [
    ...(used.size > 0
      ? [
          `Variables are used as these files define them: ${[...used].sort().join(', ')}. Extra vars (-e), and an inventory for role defaults, can override them.`,
        ]
      : []),
    ...(others.length > 0
      ? [
          `Tasks have tags (${others.join(', ')}): they are converted as Ansible runs them without --tags or --skip-tags.`,
        ]
      : []),
  ];
}
