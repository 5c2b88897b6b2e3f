import { nameFieldOf } from '../../core/model/field-rules.ts';
import { createToken } from '../create.ts';
import { forgetToken } from '../unresolved.ts';
import { waitUntilDeleted } from '../wait-until.ts';
import { type ChangeContext, type FollowUp, retiredToken } from './change.ts';
import { deliverAndConfirm } from './deliver-and-confirm.ts';

/** Replaces a token: creates its successor, before or after the old one is deleted. */
export async function replace(work: ChangeContext): Promise<FollowUp> {
  const { change, target, report, context } = work;
  const old = retiredToken(work);
  // An undelivered token is deleted as a leftover of our attempt, if it still qualifies as one. A token created under
  // another name is not looked for under this one.
  const isOurs = change.custody === 'undelivered' && old.name === change.payload[nameFieldOf(target.rules)];
  const made = await createToken(
    {
      target,
      fields: change.payload,
      old: isOurs ? null : old,
      order: isOurs ? null : change.replaceOrder,
      ...(change.replaceOrder === 'delete_first' &&
        !isOurs && {
          deleteFirst: async () => {
            await context.lease.during({ kind: 'delete_in_use' }, (end) =>
              target.client.delete(target.scope, old.id, end),
            );
            report.wrote({});
            await forgetToken(target, old, context);
            await waitUntilDeleted(target, old.id, context);
          },
        }),
    },
    context,
  );
  report.wrote({ id: made.token.id, object: made.token.object });
  return deliverAndConfirm(work, made.entry, made.token);
}
