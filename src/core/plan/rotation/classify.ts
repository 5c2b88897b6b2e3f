import type { Observed, Rotation, Sink } from '../../model/model.ts';
import { sameId } from '../../model/token-id.ts';
import { mayBeLive } from '../deliver.ts';
import type { DecisionInput } from '../input.ts';
import { deliveryStatus } from './delivery.ts';
import type { GenerationFacts, RotationFacts } from './facts.ts';
import {
  type Family,
  findFamily,
  isAmbiguousGenerationZero,
  isDisabledExternally,
  pendingSecretIsObsolete,
  withName,
} from './family.ts';
import { createdAt, expiresAt, latestClock, rotationBy, rotationDueAt } from './lifetime.ts';

/** Gathers the facts of a family: its generations, the state of the newest, and unfinished work. */
export function classifyFamily(input: DecisionInput, rotation: Rotation): RotationFacts {
  const family = findFamily(input, rotation);
  if (input.desired.state === 'absent') return { ...family, status: 'absent', generation: undefined };
  const { newest, record } = family;
  const generation = newest && classifyGeneration(newest, family);
  const { waiting } = record;
  if (waiting && !input.forceReplace && !pendingSecretIsObsolete(family) && mayBeLive(waiting, input)) {
    const named = withName(input, waiting.attempt.name);
    const delivery = { input: named, pending: waiting, token: input.live.byId(waiting.id) };
    return { ...family, status: 'pending', delivery, generation };
  }
  if (!generation) return { ...family, status: 'missing', generation };
  const { token, unusable, delivery, rotationDueAt: due } = generation;
  const facts = { ...family, generation };
  if (isAmbiguousGenerationZero(token, family)) return { ...facts, status: 'ambiguous' };
  if (input.forceReplace) return { ...facts, status: 'forced' };
  if (unusable) return { ...facts, status: unusable };
  const sink = findOverwrittenSink(family);
  if (sink) return { ...facts, status: 'overwritten', sink };
  if (delivery === 'unknown' || !delivery.delivered) return { ...facts, status: 'undelivered' };
  // If nothing tells its age, a successor is due.
  const isDue = generation.createdAt === undefined || due === undefined || latestClock(input) >= due;
  return { ...facts, status: isDue ? 'due' : 'current' };
}

function classifyGeneration(token: Observed, family: Family): GenerationFacts {
  const { input } = family;
  const made = createdAt(token);
  const end = expiresAt(token, input);
  const isExpired = token.expired === true || (end !== undefined && end <= latestClock(input));
  const isDisabled = !isExpired && isDisabledExternally(token, family, input.desired.fields);
  const rotation = token.granted ? rotationBy(family.rotation, token, input) : family.rotation;
  return {
    token,
    createdAt: made,
    expiresAt: end,
    rotation,
    rotationDueAt: rotationDueAt(rotation, made, end),
    unusable: isExpired ? 'expired' : isDisabled ? 'disabled' : undefined,
    delivery: deliveryStatus(token, family),
  };
}

/** Returns the sink that received the newest secret, and now holds that of a token outside of the family. */
function findOverwrittenSink({ record, members, orphans, newest }: Family): Sink | undefined {
  const { entry, sinkContents } = record;
  if (!newest || !entry?.id || !sameId(entry.id, newest.id)) return undefined;
  const familyTokens = [...members, ...orphans];
  return sinkContents.find(
    ({ holding }) => typeof holding === 'object' && !familyTokens.some(({ id }) => sameId(id, holding.id)),
  )?.sink;
}
