import type { Rotation, SecretRenewal } from '../core/model/desired.ts';
import { shortestLife } from '../core/model/expiry.ts';
import { expiryField, valueProblem } from '../core/model/field-rules.ts';
import { timestampSuffixLength } from '../core/model/generation-name.ts';
import type { ManifestFinding, TokenKind } from '../core/model/token-kind.ts';
import { formatDuration, parseDuration } from '../core/util/duration.ts';
import { formatInstant } from '../core/util/instant.ts';
import { isObject, type JsonObject } from '../core/util/json.ts';

/** Default overlap of old generations, in seconds. */
const defaultOverlapSeconds = 86_400;

/** Returns the rotation of an entry; `undefined` if it has none. */
export function parseRotation({ rotate }: JsonObject, base: string): Rotation | undefined {
  if (!isObject(rotate) || rotate['how'] === 'in_place') return undefined;
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

/** Returns the rotation in place of an entry; `undefined` if it has none. */
export function parseRenewal({ rotate }: JsonObject): SecretRenewal | undefined {
  if (!isObject(rotate) || rotate['how'] !== 'in_place') return undefined;
  const seconds = (field: string): number | undefined => parseDuration(String(rotate[field]));
  const every = seconds('every');
  const lifetime = seconds('lifetime');
  if (every === undefined || lifetime === undefined) return undefined;
  return { every, lifetime, beforeExpiry: seconds('before_expiry') ?? 0 };
}

/**
 * Checks a rotation.
 *
 * @param values an entry with the defaults of its kind
 * @param now in seconds since 1970
 */
export function checkRotation(values: JsonObject, kind: TokenKind, now: number): readonly ManifestFinding[] {
  const { rules, maxNameLength, identify } = kind;
  if (!isObject(values['rotate'])) return [];
  const renewal = parseRenewal(values);
  if (renewal) return checkRenewal(renewal, values, kind, now);
  const { name, existing } = identify(values);
  const rotation = parseRotation(values, name ?? existing ?? '');
  if (!rotation) return [];
  const end = expiryField(rules);
  const rule = rules[end]?.expiry;
  const life = rule ? shortestLife(rotation.lifetime, rule) : rotation.lifetime;
  return [
    ...incompatibleFields(values, end, kind),
    ...checkDurations(rotation, life, values['rotate']),
    ...checkName(rotation.base, maxNameLength),
    ...checkLifetime(rotation, valueProblem(rules[end], formatInstant(now + rotation.lifetime), now)),
  ];
}

/** Checks a rotation in place. */
function checkRenewal(
  { every, lifetime, beforeExpiry }: SecretRenewal,
  values: JsonObject,
  kind: TokenKind,
  now: number,
): readonly ManifestFinding[] {
  const at = (field: string, message: string, hint: string): ManifestFinding => ({
    severity: 'error',
    path: ['rotate', field],
    message,
    hint,
  });
  if (kind.renewal === undefined) {
    return [
      at('how', `${kind.service.name} can't renew the secret of a token in place`, 'remove how: in_place'),
    ];
  }
  const end = expiryField(kind.rules);
  const rule = kind.rules[end]?.expiry;
  const life = rule ? shortestLife(lifetime, rule) : lifetime;
  const problem = valueProblem(kind.rules[end], formatInstant(now + lifetime), now);
  return [
    ...(isObject(values['rotate']) && 'overlap' in values['rotate']
      ? [
          at(
            'overlap',
            'a rotation in place has no overlap: the old secret ends at once',
            'remove overlap, or how: in_place',
          ),
        ]
      : []),
    ...(end in values
      ? [
          {
            severity: 'error' as const,
            path: [end],
            message: `${end} and rotate can't be combined: each rotation sets the expiry by its lifetime`,
            hint: `remove ${end}`,
          },
        ]
      : []),
    ...(values['state'] === 'update'
      ? [
          {
            severity: 'error' as const,
            path: ['state'],
            message: "state: update and rotate can't be combined",
            hint: 'use state: present',
          },
        ]
      : []),
    ...(life <= every
      ? [
          at(
            'lifetime',
            `lifetime (${formatDuration(lifetime)}) must be longer than every (${formatDuration(every)}), and the service may shorten it to ${formatDuration(life)}`,
            'set a longer lifetime',
          ),
        ]
      : []),
    ...(life <= beforeExpiry
      ? [at('before_expiry', 'before_expiry must be shorter than lifetime', 'set a shorter before_expiry')]
      : []),
    ...(problem === undefined
      ? []
      : [
          at(
            'lifetime',
            `the service doesn't accept a lifetime of ${formatDuration(lifetime)}: ${problem}`,
            'set a longer lifetime',
          ),
        ]),
  ];
}

/** Returns findings for fields that can't be combined with a rotation. */
function incompatibleFields(
  values: JsonObject,
  expiry: string,
  { idField, idFieldTakesName: takesName, idPattern }: TokenKind,
): readonly ManifestFinding[] {
  const clash = (field: string, message: string, hint: string): readonly ManifestFinding[] =>
    field in values ? [{ severity: 'error', path: [field], message, hint }] : [];
  return [
    ...clash(
      expiry,
      `${expiry} and rotate can't be combined: each generation expires after its lifetime`,
      `remove ${expiry}`,
    ),
    ...(values['protected'] === true
      ? clash(
          'protected',
          "protected and rotate can't be combined: rotation deletes old generations",
          'remove one of the two',
        )
      : []),
    ...(values['state'] === 'update'
      ? clash(
          'state',
          "state: update and rotate can't be combined: rotation creates tokens",
          'use state: present',
        )
      : []),
    // An absent token may be named by this field as well.
    ...(!takesName || idPattern.test(String(values[idField]))
      ? clash(
          idField,
          `${idField} identifies one token, but rotate manages a family`,
          takesName ? 'use the name of the family' : `remove ${idField}`,
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

/** @param life the shortest time that a generation may live, in seconds */
function checkDurations(
  { every, lifetime, beforeExpiry, overlap }: Rotation,
  life: number,
  written: JsonObject,
): readonly ManifestFinding[] {
  const finding = (field: string, message: string, hint: string): ManifestFinding => ({
    severity: 'error',
    path: ['rotate', ...(field in written ? [field] : [])],
    message,
    hint,
  });
  const stays = `overlap (${formatDuration(overlap)}${'overlap' in written ? '' : ', the default'})`;
  const lives =
    life === lifetime
      ? `lifetime (${formatDuration(lifetime)})`
      : `lifetime (${formatDuration(lifetime)}, which the service may shorten to ${formatDuration(life)})`;
  if (every <= overlap) {
    return [
      finding(
        'every',
        `every (${formatDuration(every)}) must be longer than ${stays}: otherwise old generations pile up`,
        'rotate less often, or set a shorter overlap',
      ),
    ];
  }
  if (life < every + overlap) {
    return [
      finding(
        'lifetime',
        `${lives} must be at least every (${formatDuration(every)}) plus ${stays}: otherwise a token expires while in use`,
        `set a lifetime of ${Math.ceil((every + overlap) / 86_400) + Math.floor((lifetime - life) / 86_400)}d or more`,
      ),
    ];
  }
  if (life - beforeExpiry <= overlap) {
    return [
      finding(
        'before_expiry',
        `before_expiry (${formatDuration(beforeExpiry)}) leaves less than ${stays} of the ${lives}: each run would create a new token`,
        'set a shorter before_expiry, or a longer lifetime',
      ),
    ];
  }
  return [];
}

function checkName(base: string, maxLength: number): readonly ManifestFinding[] {
  const maxBaseLength = maxLength - timestampSuffixLength;
  if ([...base].length <= maxBaseLength) return [];
  return [
    {
      severity: 'error',
      path: ['rotate'],
      message: `the name ${base} is too long for rotate: generations are named ${base}-YYYYMMDDHHMM, and the service allows ${maxLength} characters`,
      hint: `choose a name of up to ${maxBaseLength} characters`,
    },
  ];
}

function checkLifetime({ lifetime }: Rotation, refused: string | undefined): readonly ManifestFinding[] {
  if (refused === undefined) return [];
  return [
    {
      severity: 'error',
      path: ['rotate', 'lifetime'],
      message: `the service doesn't accept a lifetime of ${formatDuration(lifetime)}: ${refused}`,
      hint: 'set a longer lifetime',
    },
  ];
}
