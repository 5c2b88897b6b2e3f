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

/** Creates the program with all its commands. */
export function createProgram(context: Omit<CommandContext, 'program'>): Command {
  const program = new Command('reconcile')
    .description(
      'GitOps for container-registry tokens: plan in a pull request, apply in CI, never lose a secret.',
    )
    .version(version, '-V, --version', 'Print the version')
    .helpOption('-h, --help', 'Show help')
    .exitOverride()
    .configureOutput({ writeOut: (text) => context.io.stdout.write(text), writeErr: () => undefined })
    .configureHelp({ optionDescription })
    .showSuggestionAfterError()
    .addHelpCommand(
      new Command('help').argument('[command...]').description(helpDescription).helpGroup('Other commands:'),
    );
  for (const definition of commands) addCommand(definition, { ...context, program });
  return program;
}
