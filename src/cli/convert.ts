import { resolve } from 'node:path';
import { convertTasks } from '../convert/convert.ts';
import { ReconcileError } from '../core/model/errors.ts';
import { describeReadError } from '../core/util/file-error.ts';
import { findInvalidUtf8 } from '../core/util/utf8.ts';
import { placeText } from '../render/change-lines.ts';
import { renderManifest } from '../render/manifest-text.ts';
import { readNamed } from '../system/named-files.ts';
import { exitCodes, type ProcessIo } from './io.ts';
import type { OutputOptions } from './options.ts';
import type { Session } from './session.ts';

/** Maximum size of a playbook, in bytes. */
const maxFileBytes = 16 * 1024 * 1024;

/** Runs `reconcile convert`: converts Ansible tasks to a manifest. */
export async function convert(
  session: Session,
  paths: readonly string[],
  options: OutputOptions & { readonly strict: boolean },
): Promise<number> {
  const files = await Promise.all(
    paths.map(async (file) => ({ file, text: await textOf(session.io, file) })),
  );
  const { entries, left, notes, tasks } = convertTasks(files);
  session.reportAll(
    left.map(({ source, message }) => ({ code: 'MANIFEST_INVALID', message, source })),
    options.strict ? 'error' : 'warning',
  );
  for (const note of notes) session.info(note);
  if (tasks === 0 && left.length === 0) {
    throw new ReconcileError({
      code: 'USAGE',
      message: `${paths.join(', ')}: no task uses a module for registry tokens`,
      hint: 'pass playbooks or task files; for a role, pass its tasks/main.yml',
    });
  }
  if (options.format === 'json') {
    session.printJson({
      apiVersion: 'reconcile/v1',
      tokens: entries.map(({ values }) => values),
      left: left.map(({ message, source }) => ({ message, source })),
      notes,
    });
  } else {
    session.print(
      renderManifest(
        {
          head: [
            'Converted from Ansible by `reconcile convert`. Review it, then run `reconcile plan` to see what it would change.',
            ...notes,
            ...(left.length === 0 ? [] : ['Not converted, or changed:']),
            ...left.map(({ source, message }) => `- ${placeText(source)}: ${message}`),
          ],
          defaults: {},
          entries: entries.map(({ values, remarks }) => ({ values, excluded: false, comments: remarks })),
        },
        session.stdoutStyle,
      ),
    );
  }
  return options.strict && left.length > 0 ? exitCodes.failed : exitCodes.done;
}

async function textOf({ cwd, interrupt }: ProcessIo, shown: string): Promise<string> {
  const content = await readNamed(resolve(cwd, shown), maxFileBytes, interrupt).catch(
    (error: NodeJS.ErrnoException) => {
      if (error instanceof ReconcileError || error.code === undefined) throw error;
      throw new ReconcileError({
        code: 'USAGE',
        message: `${shown}: ${describeReadError(error)}`,
        hint: 'pass playbooks or task files',
      });
    },
  );
  if (content.length > maxFileBytes) {
    throw new ReconcileError({
      code: 'USAGE',
      message: `${shown}: too large for a playbook`,
      hint: 'pass playbooks or task files',
    });
  }
  const invalid = findInvalidUtf8(content);
  if (invalid) {
    throw new ReconcileError({
      code: 'MANIFEST_SYNTAX',
      message: 'not UTF-8',
      hint: 'save the file as UTF-8',
      source: { file: shown, ...invalid },
    });
  }
  return content.toString('utf8');
}
