import { describe, expect, it } from 'vitest';
import type { Change } from '../../../src/core/model/plan.ts';
import type { FileSink } from '../../../src/core/model/sinks/file.ts';
import { attempt, decide, entry, inputFor, now, pullApp, sink } from '../fixtures.ts';
import { made, plan, wanted } from './recorded.ts';

const raw: FileSink = { ...sink, path: 'secrets/token.txt', layout: { format: 'raw' } };

describe('a secret that waits in the spool', () => {
  const waiting = { attempt: attempt(), id: 'id-1', respondedAt: now - 50, encryptedOnly: false };

  it('is delivered', () => {
    expect(plan([made()], { pendingSecret: waiting })).toMatchObject({
      action: 'deliver',
      id: 'id-1',
      secret: ['file:secrets/token.json'],
      reason: 'the secret has been in the spool since 2025-12-31T23:59:10Z',
    });
  });

  it('comes before other changes, which are patched afterwards', () => {
    const change = plan([made('id-1', { scopes: [] })], { pendingSecret: waiting });
    expect(change).toMatchObject({ action: 'deliver', payload: { scopes: [pullApp] } });
  });

  it('is delivered even if its token is not listed yet', () => {
    const fresh = { ...waiting, respondedAt: now - 30 };
    expect(plan([], { pendingSecret: fresh }).action).toBe('deliver');
    expect(plan([], { pendingSecret: { ...waiting, respondedAt: now - 31 } }).action).toBe('create');
  });

  it('needs a sink', () => {
    const change = decide(
      inputFor(entry({ ...wanted, secret: undefined }), [made()], {
        record: () => ({ pendingSecret: waiting }),
      }),
    );
    expect(change.error?.code).toBe('MANIFEST_INVALID');
  });

  it('that is encrypted for a file cannot go to another kind of sink', () => {
    const secret = [{ ...sink, age: ['age1'] }];
    const sealed = { ...waiting, encryptedOnly: true, attempt: attempt({ sinks: secret }) };
    const deliver = (sinks: readonly FileSink[]): Change =>
      decide(
        inputFor(entry({ ...wanted, secret: sinks }), [made()], {
          record: () => ({ pendingSecret: sealed }),
        }),
      );
    expect(deliver(secret).action).toBe('deliver');
    expect(deliver([{ ...sink, age: ['age2'] }]).error?.code).toBe('SINK_FAILED');
    expect(deliver([raw]).error?.code).toBe('SINK_FAILED');
  });
});
