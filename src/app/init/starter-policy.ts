import { parse, stringify } from 'yaml';
import { nameFieldOf } from '../../core/model/field-rules.ts';
import { isObject, type JsonObject } from '../../core/util/json.ts';
import type { AdoptedManifest } from '../../manifest/adopt.ts';
import { readPolicy } from '../../manifest/policy/policy.ts';
import { tokenKinds } from '../../providers/registry.ts';

/** The policy that pipelines apply to manifests. */
export const policyPath = 'policies/least-privilege.yaml';

const rulesKey = '\nallOf:\n';

const comment = `# Tokens that existed before this policy and violate it. Narrow a token, then remove it from this list.
`;

/** Returns the schemas of the adopted entries that a policy would reject, each by the field that names its token. */
export function exemptionsOf(
  policy: string,
  { defaults, entries }: AdoptedManifest,
  now: number,
): readonly JsonObject[] {
  const { check } = readPolicy(policyPath, policy, now);
  return entries.flatMap(({ values, excluded }) => {
    const declaration = tokenKinds.find(({ kind }) => kind === values['kind']);
    if (!declaration || excluded) return [];
    const { kind, rules, levels, idField } = declaration;
    const entry: JsonObject = { ...defaults[kind], ...values };
    if (check(entry, rules).length === 0) return [];
    const naming = ['kind', ...levels.map(({ field }) => field), nameFieldOf(rules), idField];
    const given = naming.flatMap((field) => {
      const value = entry[field];
      return value === undefined ? [] : [[field, { const: value }] as const];
    });
    return [{ properties: Object.fromEntries(given), required: given.map(([field]) => field) }];
  });
}

/** Returns the policy, whose rules are a list under `allOf`, changed so that these entries pass. */
export function withExemptions(policy: string, exemptions: readonly JsonObject[]): string {
  const at = policy.indexOf(rulesKey);
  if (exemptions.length === 0 || at < 0) return policy;
  const flow = { collectionStyle: 'flow', lineWidth: 0 } as const;
  const list = exemptions.map((exemption) => `    - ${stringify(exemption, flow).trimEnd()}\n`).join('');
  const rules = policy.slice(at + 1).replaceAll(/^(?=.)/gm, '  ');
  return `${policy.slice(0, at + 1)}${comment}if:\n  anyOf:\n${list}then: true\nelse:\n${rules}`;
}

/** Returns the exemptions that `withExemptions` has put into a policy. */
export function exemptionsIn(policy: string): readonly JsonObject[] {
  const read: unknown = parse(policy);
  const condition = isObject(read) && isObject(read['if']) ? read['if']['anyOf'] : undefined;
  return Array.isArray(condition) ? condition.filter(isObject) : [];
}
