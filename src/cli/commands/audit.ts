import { Option } from 'commander';
import { severities } from '../../core/audit/rules.ts';
import { type CommandDefinition, pathsHelp } from '../command.ts';
import { wholeNumber } from '../option-values.ts';
import {
  connectionOptions,
  custodyOptions,
  manifestOptions,
  outputOptions,
  scopeOptions,
} from '../options.ts';

/** Defines `reconcile audit`. */
export const auditCommand: CommandDefinition = {
  name: 'audit',
  description: 'Find risky tokens: expiring, unused, over-broad, undeclared',
  group: 'Daily use:',
  examples: [
    ['reconcile audit tokens --fail-on high', 'exit 2 on findings of high severity'],
    ['reconcile audit tokens --format html > audit.html', 'write a page to share'],
  ],
  configure: (command, { io, start, done }) => {
    const formats = ['text', 'json', 'markdown', 'html'] as const;
    custodyOptions(connectionOptions(manifestOptions(outputOptions(command, formats))), io.env);
    scopeOptions(
      command,
      (help) => `also audit this ${help}, besides those of the manifests`,
      ({ isListed }) => !isListed,
    )
      .argument('[path...]', pathsHelp)
      .option('--days <n>', 'report tokens that expire within this many days', wholeNumber(0), 30)
      .option('--unused-days <n>', 'report tokens unused for this many days', wholeNumber(0), 90)
      .addOption(
        new Option('--fail-on <severity>', 'exit 2 on findings at or above this severity').choices(
          severities,
        ),
      )
      .action(async (paths, options) => {
        const { audit } = await import('../actions.ts');
        done(await audit(await start(options), paths, options));
      });
  },
};
