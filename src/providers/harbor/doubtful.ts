import type { Fields } from '../../core/model/token.ts';
import { accessesIn, type FieldAccesses } from './grantable.ts';
import { isBefore, type SystemInfo, versionOf } from './system-info.ts';

/** Accesses that not all versions can grant: docs/services/harbor.md, Permissions. */
interface Restricted {
  readonly access: RegExp;
  /** The first version that can't grant them, and the first that can again; all others can. */
  readonly from?: readonly number[];
  readonly until?: readonly number[];
  readonly instead?: string;
}

const restricted: readonly Restricted[] = [
  { access: /\*/, from: [2, 10], instead: 'state each access' },
  { access: /^robot:update$/, from: [2, 10] },
  { access: /^robot:/, from: [2, 10], until: [2, 12] },
  { access: /^sbom:/, until: [2, 11] },
  { access: /^helm-chart/, from: [2, 8] },
  { access: /^labels:/, instead: 'the resource is label' },
];

/**
 * Returns warnings about rights that a server may not grant, by its version; none if the version is unknown. Used for servers
 * that don't show what they can grant.
 */
export function doubtfulRights(fields: Fields, info: SystemInfo): readonly string[] {
  const version = versionOf(info);
  if (!version) return [];
  const shown = version.join('.');
  if (isBefore(version, [2, 2])) {
    return [`Harbor ${shown} has robot accounts of another kind; reconcile supports Harbor 2.2 and later`];
  }
  return accessesIn(fields).flatMap(({ field, list }) =>
    list.flatMap((access) => {
      const found = restricted.find(
        ({ access: pattern, from, until }) =>
          pattern.test(access) && !(from && isBefore(version, from)) && (!until || isBefore(version, until)),
      );
      if (!found) return [];
      const instead = found.instead === undefined ? '' : `; ${found.instead}`;
      return [`${field}: Harbor ${shown} may reject ${access}, or grant nothing by it${instead}`];
    }),
  );
}

/**
 * Returns warnings about accesses of a live robot whose effect isn't `allow`: what they mean isn't documented, and a manifest
 * can't state them.
 *
 * @param sent the fields that a change sends
 */
export function effectWarnings(live: Fields, sent: Fields): readonly string[] {
  return accessesIn(live).flatMap(({ field, list }: FieldAccesses) =>
    list.flatMap((access) => {
      const [resource, action, effect] = access.split(':');
      if (effect === undefined) return [];
      const outcome = field in sent ? 'this change drops it' : 'it is kept as it is';
      return [
        `${field}: the robot has ${resource}:${action} with the effect ${effect}, whose meaning Harbor doesn't document; ${outcome}`,
      ];
    }),
  );
}
