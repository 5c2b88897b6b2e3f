import { convertTasks } from '../../src/convert/convert.ts';

/** What files become: entries as `state address`, and reports as `file:line: message`, of play.yml as `line: message`. */
export function converted(files: string | Readonly<Record<string, string>>): {
  readonly entries: readonly string[];
  readonly left: readonly string[];
  readonly notes: readonly string[];
} {
  const given = typeof files === 'string' ? { 'play.yml': files } : files;
  const { entries, left, notes } = convertTasks(
    Object.entries(given).map(([file, text]) => ({ file, text })),
  );
  return {
    entries: entries.map(({ address, values }) => `${values['state'] ?? 'present'} ${address}`),
    left: left.map(({ source: { file, line }, message }) => {
      return `${file === 'play.yml' ? line : `${file}:${line}`}: ${message}`;
    }),
    notes,
  };
}

/** A task that deletes a token; `more` are keywords of the task. */
export function remove(name: string, more = ''): string {
  return `- { registry_token: { registry: team-a, registry_token: ${name}, state: absent }${more && `, ${more}`} }\n`;
}

/** A task that makes a token. */
export function make(name: string, more = ''): string {
  return `- { registry_token: { registry: team-a, name: ${name} }${more && `, ${more}`} }\n`;
}

/** Indents each line. */
export function indent(text: string, by = 4): string {
  return text.replaceAll(/^(?=.)/gm, ' '.repeat(by));
}

/** A play on this machine with these tasks; `head` are lines in front of them. */
export function play(tasks: string, head = ''): string {
  return `- hosts: localhost\n${indent(head, 2)}  tasks:\n${indent(tasks)}`;
}
