import { relative, resolve, sep } from 'node:path';
import type { Problem, SourceLocation } from '../core/model/errors.ts';
import { isWithin } from '../core/util/paths.ts';
import { stdinName } from '../manifest/files.ts';
import { type Annotation, workflowCommand } from '../render/workflow-command.ts';
import type { ProcessIo } from './io.ts';
import type { OutputOptions } from './options.ts';

/** Annotations for GitHub Actions, besides the printed output; none elsewhere. */
export interface Annotations {
  /** Shows a problem under a title. */
  add(problem: Omit<Problem, 'code'>, severity: 'error' | 'warning', title: string): void;
  /** Reports how many annotations GitHub would not show. */
  end(): void;
}

/** Maximum number of errors, and of warnings, that GitHub shows for a step. */
const maxShown = 10;

/** Creates annotations on stderr, masked; without warnings if they are turned off. */
export function createAnnotations(
  io: Pick<ProcessIo, 'cwd' | 'env' | 'stderr'>,
  mask: (text: string) => string,
  { quiet }: Pick<OutputOptions, 'quiet'> = { quiet: false },
): Annotations {
  if (io.env['GITHUB_ACTIONS'] !== 'true') return { add: () => undefined, end: () => undefined };
  const counts = { error: 0, warning: 0 };
  const write = (annotation: Annotation): void => io.stderr.write(workflowCommand(annotation));
  return {
    add({ message, hint, source }, severity, title) {
      if (severity === 'warning' && quiet) return;
      counts[severity] += 1;
      if (counts[severity] > maxShown) return;
      const path = source?.path === undefined ? '' : `${source.path}: `;
      const place = source && placeOf(source, io);
      write({
        severity,
        title: mask(title),
        lines: [mask(`${path}${message}`), ...(hint === undefined ? [] : [`→ ${mask(hint)}`])],
        ...(place && { place }),
      });
    },
    end() {
      const more = Object.entries(counts)
        .map(([severity, count]) => ({ severity, left: count - maxShown }))
        .filter(({ left }) => left > 0)
        .map(({ severity, left }) => `${left} more ${severity}${left === 1 ? '' : 's'}`);
      if (more.length === 0) return;
      write({
        severity: 'notice',
        title: 'reconcile',
        lines: [`${more.join(' and ')}: GitHub shows ${maxShown} of each; the output has the rest`],
      });
    },
  };
}

/** Returns the place of a source in the repository; `undefined` if it is not in a file. */
function placeOf(
  { file, line, column }: SourceLocation,
  { cwd, env }: Pick<ProcessIo, 'cwd' | 'env'>,
): Annotation['place'] {
  if (file === stdinName) return undefined;
  const { GITHUB_WORKSPACE: workspace } = env;
  const path = resolve(cwd, file);
  if (!workspace || !isWithin([workspace], path)) return { file, line, column };
  return { file: relative(workspace, path).split(sep).join('/'), line, column };
}
