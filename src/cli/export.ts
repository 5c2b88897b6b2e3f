import { listedManifest } from '../app/export.ts';
import { renderManifest } from '../render/manifest-text.ts';
import { exitCodes } from './io.ts';
import type { OutputOptions, SelectionOptions } from './options.ts';
import { selectedTokens } from './select-tokens.ts';
import type { Session } from './session.ts';

/** Runs `reconcile export`: prints live tokens as a manifest that plans no changes. */
export async function exportManifest(
  session: Session,
  options: SelectionOptions & OutputOptions,
): Promise<number> {
  const { tokens: listed, isComplete } = await selectedTokens(session, options);
  const exitCode = isComplete ? exitCodes.done : exitCodes.partial;
  const { defaults, entries } = listedManifest(listed, session.runtime);
  // A field that a service doesn't show is hidden for all tokens.
  const hidden = entries.flatMap(({ values, hidden: fields }) =>
    fields.map(
      (field) =>
        `${field} of each ${String(values['kind'])} is left out and not managed: the API doesn't return it`,
    ),
  );
  const warnings = [...entries.flatMap((entry) => entry.warnings), ...new Set(hidden)];
  session.reportAll(
    warnings.map((message) => ({ code: 'MANIFEST_INVALID', message })),
    'warning',
  );
  if (options.format === 'json') {
    session.printJson({
      apiVersion: 'reconcile/v1',
      ...(Object.keys(defaults).length > 0 && { defaults }),
      tokens: entries.flatMap(({ excluded, values }) => (excluded ? [] : [values])),
    });
    return exitCode;
  }
  session.print(
    renderManifest(
      {
        head,
        defaults,
        entries: entries.map(({ warnings, notes, hidden: _, ...entry }) => ({
          ...entry,
          comments: [...warnings, ...notes],
        })),
      },
      session.stdoutStyle,
    ),
  );
  return exitCode;
}

const head = [
  'Live tokens, written by `reconcile export`. `reconcile plan` shows no changes for them.',
  "reconcile can't read an existing secret: the API returns it only once, in the response that creates the token. Custody is therefore unknown, except for tokens that reconcile created. To manage a secret, add `secret` to the entry and run `reconcile apply --replace ADDRESS`; the old secret stops working.",
];
