import type { Command } from 'commander';
import { ReconcileError } from '../core/model/errors.ts';
import { didYouMean } from '../core/util/did-you-mean.ts';

/** Options of Terraform, kubectl and Ansible, by their names without dashes, and what does the same here. */
const equivalents: Readonly<Record<string, string>> = {
  'auto-approve': '-y',
  approve: '-y',
  check: 'reconcile plan',
  diff: 'reconcile plan',
  'dry-run': 'reconcile plan',
  limit: '--target',
  namespace: '--target',
  replace: '--replace',
  state: '--state',
  var: '${env:NAME} in the manifest',
};

/**
 * Throws `USAGE` for an option in the spelling of another tool: one dash before a long name, or another name. Parsed as it is,
 * `-out=plan.json` would be the option `-o` with a strange value.
 */
export function rejectOtherSpelling(command: Command, words: readonly string[]): void {
  const end = words.indexOf('--');
  const known = command.options.flatMap(({ long }) => (long ? [long] : []));
  for (const word of end < 0 ? words : words.slice(0, end)) {
    const [, dashes = '', name = ''] = /^(--?)([a-z][a-z-]{2,})(?:=.*)?$/.exec(word) ?? [];
    if (dashes === '' || (dashes === '--' && known.includes(word.split('=')[0] ?? ''))) continue;
    const isLong = dashes === '-' && known.includes(`--${name}`);
    const near = dashes === '-' ? didYouMean(`--${name}`, known) : undefined;
    const hint = isLong ? `did you mean --${name}?` : (meaning(name, known) ?? near);
    if (hint === undefined) continue;
    throw new ReconcileError({ code: 'USAGE', message: `unknown option '${dashes}${name}'`, hint });
  }
}

function meaning(name: string, known: readonly string[]): string | undefined {
  const equivalent = equivalents[name];
  if (equivalent === undefined) return undefined;
  const isOption = equivalent.startsWith('--');
  if (isOption && !known.includes(equivalent)) return undefined;
  if (equivalent === '-y' && !known.includes('--yes')) return undefined;
  return `did you mean ${equivalent}?`;
}
