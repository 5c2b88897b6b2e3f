import { ReconcileError } from '../core/model/errors.ts';
import { didYouMean } from '../core/util/did-you-mean.ts';
import { explainPath, topics } from '../manifest/explain.ts';
import { renderExplanation } from '../render/explain-text.ts';
import { exitCodes } from './io.ts';
import type { OutputOptions } from './options.ts';
import type { Session } from './session.ts';

/** Runs `reconcile explain`: explains the fields of a manifest in the words of its schema. */
export async function explain(
  session: Session,
  path: string | undefined,
  { format }: OutputOptions,
): Promise<number> {
  if (path === undefined) {
    if (format === 'json') session.printJson({ version: 1, subjects: topics });
    else session.print(`${topics.join('\n')}\n`);
    session.info('\nreconcile explain KIND lists the fields of a kind; KIND.FIELD explains one field.');
    return exitCodes.done;
  }
  const explanation = explainPath(path);
  if ('unknown' in explanation) {
    const { unknown, known } = explanation;
    const last = unknown.split('.').at(-1) ?? unknown;
    throw new ReconcileError({
      code: 'USAGE',
      message: `${unknown}: no such field`,
      hint:
        known.length === 0
          ? 'the field above it has no fields'
          : (didYouMean(last, known) ?? fieldNamed(unknown) ?? `known fields: ${known.join(', ')}`),
    });
  }
  if (format === 'json') session.printJson({ version: 1, ...explanation.found });
  else session.print(renderExplanation(explanation.found, session.stdoutStyle));
  return exitCodes.done;
}

/** Returns the full path of a field that is given without its kind. */
function fieldNamed(name: string): string | undefined {
  const kind = topics.find((subject) => 'found' in explainPath(`${subject}.${name}`));
  return kind === undefined ? undefined : `did you mean ${kind}.${name}?`;
}
