import { Command } from 'commander';
import { version } from '../version.ts';
import { addCommand, type CommandContext, helpDescription, optionDescription } from './command.ts';
import { applyCommand } from './commands/apply.ts';
import { auditCommand } from './commands/audit.ts';
import { completeCommand, completionCommand } from './commands/completion.ts';
import { convertCommand } from './commands/convert.ts';
import { demoCommand } from './commands/demo.ts';
import { doctorCommand } from './commands/doctor.ts';
import { emulatorCommand } from './commands/emulator.ts';
import { explainCommand } from './commands/explain.ts';
import { exportCommand } from './commands/export.ts';
import { initCommand } from './commands/init.ts';
import { listCommand } from './commands/list.ts';
import { planCommand } from './commands/plan.ts';
import { rotateCommand } from './commands/rotate.ts';
import { spoolCommand } from './commands/spool.ts';
import { stateCommand } from './commands/state.ts';
import { validateCommand } from './commands/validate.ts';
import { widthOf } from './session.ts';

/** The commands, in the order in which the help lists them. */
const commands = [
  initCommand,
  validateCommand,
  planCommand,
  applyCommand,
  rotateCommand,
  listCommand,
  exportCommand,
  auditCommand,
  convertCommand,
  spoolCommand,
  stateCommand,
  doctorCommand,
  explainCommand,
  completionCommand,
  completeCommand,
  emulatorCommand,
  demoCommand,
];

/** The groups of the help. A command's own options come first, then the shared ones. */
const groupOrder = [
  ...['Options:', 'Which tokens:', 'Manifests:', 'Custody:', 'Network:', 'Output:'],
  ...['Getting started:', 'Daily use:', 'Other commands:'],
];

/** Groups the items of a help. Other groups stay in the order in which they appear. */
function groupItems<Item>(
  items: readonly Item[],
  visible: readonly Item[],
  groupOf: (item: Item) => string,
): Map<string, Item[]> {
  const appearing = [...items, ...visible].map(groupOf);
  const groups = [...groupOrder.filter((group) => appearing.includes(group)), ...appearing];
  return new Map(groups.map((group) => [group, visible.filter((item) => groupOf(item) === group)]));
}

/**
 * Creates the program with all its commands.
 *
 * @param word the first word of the command line. If it is a command, the options of the others aren't needed.
 */
export function createProgram(context: Omit<CommandContext, 'program'>, word: string | undefined): Command {
  const called = commands.find(({ name }) => name === word);
  // Completion is about all commands.
  const isWhole = called === undefined || called === completeCommand;
  const program = new Command('reconcile')
    .description(
      'GitOps for container-registry tokens: plan in a pull request, apply in CI, never lose a secret.',
    )
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.io.stdout.write(text),
      writeErr: () => undefined,
      getOutHelpWidth: () => widthOf(context.io.stdout),
    })
    .configureHelp({ optionDescription, groupItems, minWidthToWrap: 20 })
    .showSuggestionAfterError()
    .addHelpCommand(
      new Command('help').argument('[command...]').description(helpDescription).helpGroup('Other commands:'),
    );
  program
    .command('version')
    .description('Print the version')
    .helpGroup('Other commands:')
    .action(() => context.io.stdout.write(`${version}\n`));
  for (const definition of commands) {
    const command = addCommand(definition, program);
    if (isWhole || definition === called) definition.configure(command, { ...context, program });
  }
  return program;
}
