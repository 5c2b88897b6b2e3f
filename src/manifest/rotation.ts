import type { Rotation } from '../core/model/desired.ts';
import { expiryField } from '../core/model/field-rules.ts';
import { timestampSuffixLength } from '../core/model/generation-name.ts';
import type { ManifestFinding, TokenKind } from '../core/model/token-kind.ts';
import { formatDuration, parseDuration } from '../core/util/duration.ts';
import { formatInstant } from '../core/util/instant.ts';
import { isObject, type Json, type JsonObject } from '../core/util/json.ts';
import { isUuid } from '../core/util/uuid.ts';

/** Default overlap of old generations, in seconds. */
const defaultOverlapSeconds = 86_400;

/** Returns the rotation of an entry; `undefined` if it has none. */
export function parseRotation({ rotate }: JsonObject, base: string): Rotation | undefined {
  if (!isObject(rotate)) return undefined;
  const seconds = (field: string): number | undefined => parseDuration(String(rotate[field]));
  const every = seconds('every');
  const lifetime = seconds('lifetime');
  if (every === undefined || lifetime === undefined) return undefined;
  return {
    base,
    every,
    lifetime,
    beforeExpiry: seconds('before_expiry') ?? 0,
    overlap: seconds('overlap') ?? defaultOverlapSeconds,
  };
}

/**
 * Checks a rotation.
 *
 * @param values an entry with the defaults of its kind
 * @param now in seconds since 1970
 */
export function checkRotation(
  values: JsonObject,
  { rules, idField, maxNameLength, identify }: TokenKind,
  now: number,
): readonly ManifestFinding[] {
  if (!isObject(values['rotate'])) return [];
  const { name, existing } = identify(values);
  const rotation = parseRotation(values, name ?? existing ?? '');
  if (!rotation) return [];
  const end = expiryField(rules);
  return [
    ...incompatibleFields(values, end, idField),
    ...checkDurations(rotation, values['rotate']),
    ...checkName(rotation.base, maxNameLength),
    ...checkLifetime(rotation, rules[end]?.validate?.(formatInstant(now + rotation.lifetime), now)),
  ];
}

/** Returns findings for fields that can't be combined with a rotation. */
function incompatibleFields(values: JsonObject, expiry: string, idField: string): readonly ManifestFinding[] {
  const clash = (field: string, message: string, hint: string): readonly ManifestFinding[] =>
    field in values ? [{ severity: 'error', path: [field], message, hint }] : [];
  return [
    ...clash(
      expiry,
      `${expiry} and rotate don't go together: each generation ends after its lifetime`,
      `leave ${expiry} out`,
    ),
    ...(values['protected'] === true
      ? clash(
          'protected',
          "protected and rotate don't go together: rotation deletes old generations",
          'leave one of the two out',
        )
      : []),
    ...(values['state'] === 'update'
      ? clash(
          'state',
          "state: update and rotate don't go together: rotation makes tokens",
          'write state: present',
        )
      : []),
    // An absent token may be named by this field as well.
    ...(idField !== 'registry_token' || isId(values[idField])
      ? clash(
          idField,
          `${idField} means one token, and rotate a family of them`,
          idField === 'registry_token' ? 'write the name of the family' : `leave ${idField} out`,
        )
      : []),
    ...('replace_order' in values
      ? [
          {
            severity: 'warning' as const,
            path: ['replace_order'],
            message: 'replace_order has no effect with rotate: the next generation always comes first',
          },
        ]
      : []),
  ];
}

function checkDurations(
  { every, lifetime, beforeExpiry, overlap }: Rotation,
  written: JsonObject,
): readonly ManifestFinding[] {
  const finding = (field: string, message: string, hint: string): ManifestFinding => ({
    severity: 'error',
    path: ['rotate', ...(field in written ? [field] : [])],
    message,
    hint,
  });
  const stays = `overlap (${formatDuration(overlap)}${'overlap' in written ? '' : ', as none is stated'})`;
  if (every <= overlap) {
    return [
      finding(
        'every',
        `every (${formatDuration(every)}) has to be longer than ${stays}: old generations would pile up`,
        'rotate less often, or state a shorter overlap',
      ),
    ];
  }
  if (lifetime < every + overlap) {
    return [
      finding(
        'lifetime',
        `lifetime (${formatDuration(lifetime)}) has to be at least every (${formatDuration(every)}) and ${stays} together: a token would end while it is in use`,
        `state a lifetime of ${Math.ceil((every + overlap) / 86_400)}d or more`,
      ),
    ];
  }
  if (lifetime - beforeExpiry <= overlap) {
    return [
      finding(
        'before_expiry',
        `before_expiry (${formatDuration(beforeExpiry)}) leaves less than ${stays} of the lifetime (${formatDuration(lifetime)}): each run would make a new token`,
        'state a shorter before_expiry, or a longer lifetime',
      ),
    ];
  }
  return [];
}

function checkName(base: string, longest: number): readonly ManifestFinding[] {
  const most = longest - timestampSuffixLength;
  if ([...base].length <= most) return [];
  return [
    {
      severity: 'error',
      path: ['rotate'],
      message: `the name ${base} is too long to be rotated: generations are called ${base}-YYYYMMDDHHMM, and the service takes ${longest} characters`,
      hint: `choose a name of up to ${most} characters`,
    },
  ];
}

function checkLifetime({ lifetime }: Rotation, refused: string | undefined): readonly ManifestFinding[] {
  if (refused === undefined) return [];
  return [
    {
      severity: 'error',
      path: ['rotate', 'lifetime'],
      message: `the service takes no token that lives for ${formatDuration(lifetime)} only: ${refused}`,
      hint: 'state a longer lifetime',
    },
  ];
}

function isId(value: Json | undefined): boolean {
  return typeof value === 'string' && isUuid(value);
}
