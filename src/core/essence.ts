import { relative, resolve } from 'node:path';
import { sinksOf } from './assess.ts';
import { digest } from './digest.ts';
import type { Json, JsonObject } from './json.ts';
import type { Change, Sink } from './model.ts';
import type { PlanInput } from './plan.ts';

/** The digest of what would be done, and how; independent of the order of manifests and listings. */
export function digestOf(changes: readonly Change[], inputs: ReadonlyMap<string, PlanInput>): string {
  return digest(
    changes
      .filter(({ action }) => action !== 'noop')
      .map((change) => ({ ...whatOf(change), how: howOf(inputs.get(change.entry)) })),
  );
}

/** How a change is carried out: where a secret goes, and what a plan doesn't show of an entry. */
function howOf(input: PlanInput | undefined): Json {
  if (!input || 'problem' in input) return null;
  const { desired, scopeKey } = input;
  return {
    scope: scopeKey,
    // What is relative to it means something else elsewhere: files, and programs.
    folder: relative(desired.connection.within[0] ?? '', desired.connection.folder),
    createWith: desired.createWith,
    wait: desired.wait ? desired.waitTimeoutSeconds : null,
    rotation: desired.rotation ? { ...desired.rotation } : null,
    certificate: desired.connection.certificate_fingerprint ?? null,
    sinks: sinksOf(desired).map(sinkEssence),
  };
}

/** A sink, wherever the folder of its manifests is. */
function sinkEssence(sink: Sink): Json {
  const [root = ''] = sink.type === 'command' ? [] : sink.within;
  switch (sink.type) {
    case 'file': {
      const { layout, mode, age } = sink;
      return { file: relative(root, resolve(sink.folder, sink.path)), layout: { ...layout }, mode, age };
    }
    case 'command':
      return { run: sink.run, layout: { ...sink.layout }, timeout: sink.timeoutSeconds };
    case 'docker':
      return { docker: sink.config === undefined ? null : relative(root, resolve(sink.folder, sink.config)) };
  }
}

/** What is done about a token. A generation is named, and ends, by the time when it is made: that may be later. */
function whatOf(change: Change): JsonObject {
  const { address, action, id, secret, order, error, family } = change;
  const isOfTime = (value: Json | undefined): boolean =>
    value !== undefined && (value === family?.makes?.name || value === family?.makes?.expires);
  const fields = change.fields.filter(({ after }) => !isOfTime(after));
  const write = Object.fromEntries(Object.entries(change.write).filter(([, value]) => !isOfTime(value)));
  return {
    address,
    action,
    id,
    fields: fields.map(({ field, before, after }) => ({ field, before, after })),
    write,
    secret,
    order,
    error: error?.code ?? null,
  };
}
