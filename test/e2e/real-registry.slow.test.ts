import { describe, test } from 'vitest';
import { missingPrograms } from '../support/registry.ts';
import { accepted, allUses, entryOf, refused, setUp, sinks } from './real-registry/fixture.ts';
import { type Fields, type Kind, kinds, project, system } from './real-registry/kinds.ts';

const day = 86_400;

const titled = (kind: Kind) => [kind.title, kind] as const;

const needs = missingPrograms.length > 0 ? ` (not installed: ${missingPrograms.join(', ')})` : '';

const withRegistry = describe.skipIf(missingPrograms.length > 0);

withRegistry.each(kinds.map(titled))(`a real registry${needs}, and tokens of %s`, (_, kind) => {
  const [push, pull] = [entryOf(kind, 'push'), entryOf(kind, 'pull')];

  test('the push token pushes and the pull token pulls, from each kind of sink', async () => {
    const registry = await setUp(kind);
    await registry.apply(push, pull);
    for (const use of allUses) {
      accepted(await registry.push('push', { use }));
      accepted(await registry.pull('pull', { use }));
    }
  });

  test('a pull token does not push, and neither reaches other repositories', async () => {
    const registry = await setUp(kind);
    await registry.apply(push, pull);
    refused(await registry.push('pull'));
    refused(await registry.push('push', { repository: kind.other }));
    refused(await registry.pull('pull', { repository: kind.other }));
  });

  test('a token of another owner neither pushes nor pulls', async () => {
    const registry = await setUp(kind);
    await registry.apply(push, { ...kind.elsewhere, secret: sinks('elsewhere') });
    accepted(await registry.push('push'));
    refused(await registry.push('elsewhere'));
    refused(await registry.pull('elsewhere'));
  });

  test('a deleted token does nothing', async () => {
    const registry = await setUp(kind);
    await registry.apply(push, pull);
    accepted(await registry.push('push'));
    const existing = kind.existing ?? kind.identity;
    await registry.apply({ ...existing('push'), state: 'absent' }, { ...existing('pull'), state: 'absent' });
    refused(await registry.push('push'));
    refused(await registry.pull('pull'));
  });

  test('an expired token does nothing', async () => {
    const registry = await setUp(kind);
    const expiry = { [kind.expiry]: registry.inSeconds(3 * day) };
    await registry.apply(entryOf(kind, 'push', expiry), entryOf(kind, 'pull', expiry));
    registry.pass(day);
    accepted(await registry.push('push'));
    accepted(await registry.pull('pull'));
    registry.pass(3 * day);
    refused(await registry.push('push'));
    refused(await registry.pull('pull'));
  });

  test('both generations push during the overlap of a rotation, then only the new one, and no revoked one', async () => {
    const registry = await setUp(kind);
    const rotate = { every: '30d', lifetime: '45d', before_expiry: '7d', overlap: '24h' };
    const rotating = entryOf(kind, 'push', { rotate });
    await registry.apply(rotating);
    await registry.keep('push', 'old');
    registry.pass(30 * day);
    await registry.apply(rotating);
    for (const use of allUses) {
      accepted(await registry.push('old', { use }));
      accepted(await registry.push('push', { use }));
    }
    registry.pass(day);
    await registry.apply(rotating);
    for (const use of allUses) {
      refused(await registry.push('old', { use }));
      accepted(await registry.push('push', { use }));
    }
    await registry.keep('push', 'leaked');
    registry.pass(day);
    await registry.revoke('push');
    refused(await registry.push('leaked'));
    accepted(await registry.push('push'));
  });
});

const switchable = kinds.flatMap((kind) => (kind.switched ? [{ ...kind, switched: kind.switched }] : []));

withRegistry.each(switchable)(
  `a real registry${needs}, and tokens that can be disabled of $title`,
  (kind) => {
    const both = (fields?: Fields) => [entryOf(kind, 'push', fields), entryOf(kind, 'pull', fields)];

    test('a disabled token does nothing until it is enabled', async () => {
      const registry = await setUp(kind);
      await registry.apply(...both());
      accepted(await registry.push('push'));
      await registry.apply(...both(kind.switched.off));
      for (const use of allUses) refused(await registry.push('push', { use }));
      refused(await registry.pull('pull'));
      await registry.apply(...both(kind.switched.on));
      accepted(await registry.push('push'));
      accepted(await registry.pull('pull'));
    });
  },
);

withRegistry.each([project, system].map(titled))(`a real registry${needs}, and robots of %s`, (_, kind) => {
  test('only the new secret pushes after a rotation in place', async () => {
    const registry = await setUp(kind);
    const rotate = { how: 'in_place', every: '30d', lifetime: '45d', before_expiry: '7d' };
    const rotating = entryOf(kind, 'push', { rotate });
    await registry.apply(rotating);
    accepted(await registry.push('push'));
    await registry.keep('push', 'old');
    registry.pass(30 * day);
    await registry.apply(rotating);
    for (const use of allUses) {
      refused(await registry.push('old', { use }));
      accepted(await registry.push('push', { use }));
    }
  });
});
