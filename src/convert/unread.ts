import type { SourceLocation } from '../core/model/errors.ts';
import { type Context, conditionOf } from './context.ts';
import { addStop, type Run } from './run.ts';
import { relativePlace } from './unconverted.ts';

/** Something that is included, with the keyword for its report. */
export interface Included {
  readonly key: string;
  readonly name: string;
  readonly place: SourceLocation;
}

/** Reports a file that isn't given. It may create any token, set variables and end the play. */
export function unread(run: Run, context: Context, { key, name, place }: Included): void {
  run.left.push({
    source: place,
    message: `${key}: ${name} is not among the files; its tasks are not converted`,
  });
  if (conditionOf(context)?.isNever) return;
  const text = `${key}: ${name} (${relativePlace(place, place)})`;
  run.assumed ??= { why: `${text} is not among the files and may set any variable`, isReported: true };
  const root = context.trail[0] ?? '';
  run.tokens.mention({ kind: 'registry_token', source: place, root });
  run.tokens.mention({ kind: 'docker_hub_personal_token', source: place, root });
  addStop(run, context, { text, isCertain: false, by: 'any' });
}
