import type { Command, Option } from 'commander';
import { loadManifests } from '../app/load.ts';
import type { Desired } from '../core/model/desired.ts';
import { ReconcileError } from '../core/model/errors.ts';
import { explainPath, topics } from '../manifest/explain.ts';
import { tokenKinds } from '../providers/registry.ts';
import { printable } from '../render/sanitize.ts';
import { exitCodes } from './io.ts';
import type { Session } from './session.ts';

/** The shells with completion. */
const shells = ['bash', 'zsh', 'fish'] as const;

/** The command that a shell calls with the words of the line so far, the last of which is to be completed. */
const completionCommand = '__complete';

const scripts: Readonly<Record<(typeof shells)[number], string>> = {
  bash: `_reconcile() {
  local line="\${COMP_LINE:0:COMP_POINT}" words word
  read -ra words <<< "$line"
  [[ "$line" == *' ' ]] && words+=('')
  local last="\${words[\${#words[@]}-1]}"
  # Bash takes an address apart at its colon: what is before it stands already.
  local before="\${last%"\${last##*[:=]}"}"
  COMPREPLY=()
  while IFS= read -r word; do
    # Names are other people's text: quoted, they are never run.
    COMPREPLY+=("$(printf %q "\${word#"$before"}")")
  done < <(reconcile ${completionCommand} -- "\${words[@]:1}" 2>/dev/null)
}
complete -o default -F _reconcile reconcile
`,
  zsh: `#compdef reconcile
_reconcile() {
  local -a found
  found=("\${(@f)$(reconcile ${completionCommand} -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "\${found[1]}" ]]; then compadd -- "\${found[@]}"; else _files; fi
}
compdef _reconcile reconcile
`,
  fish: `complete -c reconcile -a '(reconcile ${completionCommand} -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'
`,
};

/** Runs `reconcile completion`: prints the script that a shell loads. */
export function completion(session: Session, shell: string): number {
  const known = shells.find((one) => one === shell);
  if (!known) {
    throw new ReconcileError({
      code: 'USAGE',
      message: `${shell}: unknown shell`,
      hint: `supported shells: ${shells.join(', ')}`,
    });
  }
  session.print(scripts[known]);
  return exitCodes.done;
}

/** Prints the completions of the last of these words, each on a line. Sends no request to a service. */
export async function complete(
  session: Session,
  program: Command,
  words: readonly string[],
): Promise<number> {
  const last = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  // `--kind=…` is one word, and `--kind …` are two.
  const [, name, value] = /^(--[a-z-]+)=(.*)$/s.exec(last) ?? [];
  const found =
    name === undefined
      ? await candidates(session, program, before, last)
      : (await candidates(session, program, [...before, name], value ?? '')).map((word) => `${name}=${word}`);
  // A completion with a line break or an invisible character would not be readable.
  const fitting = found.filter((word) => word.startsWith(last) && printable(word) === word);
  session.print(fitting.map((word) => `${word}\n`).join(''));
  return exitCodes.done;
}

async function candidates(
  session: Session,
  program: Command,
  before: readonly string[],
  last: string,
): Promise<readonly string[]> {
  const { command, path } = commandIn(program, before);
  const option = optionBefore(command, before);
  if (option) return valuesOf(session, option);
  if (last.startsWith('-'))
    return command.options.flatMap(({ long, hidden }) => (long && !hidden ? [long] : []));
  const inner = command.commands.filter((one) => one.name() !== completionCommand).map((one) => one.name());
  if (inner.length > 0) return command === program && before[0] !== 'help' ? [...inner, 'help'] : inner;
  if (path === 'completion') return shells;
  if (path === 'explain') return fieldsAfter(last);
  if (path === 'rotate')
    return addressesOf((await declared(session)).filter(({ rotation, renewal }) => rotation ?? renewal));
  if (['spool deliver', 'spool drop'].includes(path)) return addressesOf(await declared(session));
  return [];
}

/** Returns the command that the words before lead to. */
function commandIn(
  program: Command,
  before: readonly string[],
): { readonly command: Command; readonly path: string } {
  let command = program;
  const path: string[] = [];
  for (const word of before) {
    const inner = command.commands.find((one) => one.name() === word);
    if (!inner) continue;
    command = inner;
    path.push(word);
  }
  return { command, path: path.join(' ') };
}

/** Returns the option whose value comes next. */
function optionBefore(command: Command, before: readonly string[]): Option | undefined {
  const word = before.at(-1);
  return command.options.find(({ long, short, required }) => required && (word === long || word === short));
}

async function valuesOf(session: Session, { long, argChoices }: Option): Promise<readonly string[]> {
  if (argChoices) return argChoices;
  if (long === '--target' || long === '--replace') return addressesOf(await declared(session));
  const field = long?.slice(2);
  const levels = tokenKinds.flatMap(({ kind, levels }) => levels.map((level) => ({ kind, level })));
  if (!levels.some(({ level }) => level.field === field)) return [];
  const entries = await declared(session);
  const values = levels
    .filter(({ level }) => level.field === field)
    .flatMap(({ kind, level: { prefix } }) =>
      entries
        .filter((entry) => entry.kind === kind && entry.scope.startsWith(prefix))
        .map(({ scope }) => scope.slice(prefix.length)),
    );
  return [...new Set(values)];
}

function fieldsAfter(last: string): readonly string[] {
  const parent = last.slice(0, Math.max(0, last.lastIndexOf('.')));
  if (parent === '') return topics;
  const explanation = explainPath(parent);
  return 'found' in explanation ? explanation.found.fields.map(({ name }) => `${parent}.${name}`) : [];
}

/**
 * Returns the entries that the manifests of this folder declare; none if there are no manifests or they are invalid.
 */
async function declared({ runtime }: Session): Promise<readonly Desired[]> {
  const allowances = { allowHosts: [], allowFileReferences: [], allowSinkDirs: [], allowInsecureHttp: false };
  return (await loadManifests(['.'], runtime, allowances, [])).desired;
}

function addressesOf(desired: readonly Desired[]): readonly string[] {
  return desired.map(({ address }) => address);
}
