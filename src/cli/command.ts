import type { Command, Option } from 'commander';
import type { ProcessIo } from './io.ts';
import type { OutputOptions } from './options.ts';
import type { Session } from './session.ts';

/** The services that the action of a command gets from the program. */
export interface CommandContext {
  readonly io: ProcessIo;
  /** The commands of the program, for completion. */
  readonly program: Command;
  /** Starts a session with the options of the command line. */
  start(options: OutputOptions & { readonly deadline?: number }): Promise<Session>;
  /** Sets the exit code. */
  done(code: number): void;
}

/** A heading under which the help lists commands. */
export type CommandGroup = 'Getting started:' | 'Daily use:' | 'Other commands:';

/** A command: its help, its options and arguments, and its action. */
export interface CommandDefinition {
  readonly name: string;
  /** One line of help: a verb and an object. */
  readonly description: string;
  readonly group: CommandGroup;
  /** Command lines, each with its purpose. */
  readonly examples?: readonly (readonly [line: string, purpose: string])[];
  /** True to leave the command out of the help. */
  readonly hidden?: boolean;
  /**
   * Adds options, arguments and the action. Actions are imported when they are called, because they are most of the
   * program.
   */
  configure(command: Command, context: CommandContext): void;
}

/** Help of the argument that names manifests. */
export const pathsHelp = 'manifests: files, folders, or - for standard input (default: this folder)';

/** Description of the help command, of the program and of commands with subcommands. */
export const helpDescription = 'Show help for a command';

/** Adds a command to the program, without its options and action. */
export function addCommand(definition: CommandDefinition, program: Command): Command {
  const { name, description, group, examples = [], hidden = false } = definition;
  return program
    .command(name, { hidden })
    .description(description)
    .helpGroup(group)
    .addHelpText('after', examplesText(examples));
}

function examplesText(examples: NonNullable<CommandDefinition['examples']>): string {
  const lines = examples.flatMap(([line, purpose]) => [`  ${line}`, `      ${purpose}`]);
  return lines.length === 0 ? '' : `\nExamples:\n${lines.join('\n')}\n`;
}

/** Returns the description of an option, with its choices, and its default if that is useful. */
export function optionDescription({ description: text, argChoices, defaultValue }: Option): string {
  const description = argChoices ? text.replace(/ \(repeatable\)$/, '') : text;
  const more = [
    ...(argChoices ? [argChoices.join(', ')] : []),
    ...(description === text ? [] : ['repeatable']),
    ...(typeof defaultValue === 'string' || typeof defaultValue === 'number'
      ? [`default: ${defaultValue}`]
      : []),
  ];
  return more.length > 0 ? `${description} (${more.join('; ')})` : description;
}
