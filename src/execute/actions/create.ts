import { interruptedReplace } from '../../core/model/custody-record.ts';
import { nameFieldOf } from '../../core/model/field-rules.ts';
import { nextGenerationName, timestampOf } from '../../core/model/generation-name.ts';
import type { Fields } from '../../core/model/token.ts';
import type { CreateRequest } from '../attempt-create.ts';
import { createToken } from '../create.ts';
import { latestServerTime } from '../server-time.ts';
import type { ChangeContext, FollowUp } from './change.ts';
import { deliverAndConfirm } from './deliver-and-confirm.ts';

/** Creates a token, also one that an interrupted replace has still to create. */
export async function create(work: ChangeContext): Promise<FollowUp> {
  const { change, target, report, context } = work;
  const revokes = change.family?.next?.revokes === true;
  const request = { target, fields: fieldsOf(work), ...interruptedReplaceOf(work), revokes };
  const made = await createToken(request, context);
  report.wrote({ id: made.token.id, object: made.token.object });
  return deliverAndConfirm(work, made.entry, made.token);
}

/**
 * Returns the fields to send for a new token. If a generation had to wait, its name gets the minute in which it is created.
 * Later runs recognise a generation by its name and creation time.
 */
function fieldsOf({ change: { payload }, target, context }: ChangeContext): Fields {
  const { desired, rules, snapshot } = target;
  const field = nameFieldOf(rules);
  const marked = timestampOf(String(payload[field]));
  const now = latestServerTime(context.clock, snapshot);
  if (!desired.rotation || marked === undefined || now < marked + 2 * minute) return payload;
  const taken = new Set(snapshot.tokens.generationsOf(desired.rotation.base).map(({ name }) => name));
  return { ...payload, [field]: nextGenerationName(desired.rotation.base, now, taken) };
}

const minute = 60;

/** Returns the interrupted replace that this create finishes, so that the create is recorded as part of it. */
function interruptedReplaceOf({ change, target }: ChangeContext): Pick<CreateRequest, 'old' | 'order'> {
  const name = String(change.payload[nameFieldOf(target.rules)] ?? '');
  const begun = interruptedReplace(target.recordFor(name), target.desired.address);
  return { old: begun?.replaces ?? null, order: begun?.replaceOrder ?? null };
}
