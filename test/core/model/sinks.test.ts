import { existsSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import {
  isEncrypted,
  isReadBackable,
  labelOfSinkName,
  namesHost,
  type Sink,
  sinkLabel,
  sinkName,
} from '../../../src/core/model/sink.ts';
import { isWholeFile, keysInTheWay, keysOfPlace, usesFile } from '../../../src/core/model/sink-place.ts';
import { sinkTypeOf, sinkTypes } from '../../../src/core/model/sinks/registry.ts';
import type { JsonObject } from '../../../src/core/util/json.ts';
import { sinkDrivers } from '../../../src/custody/sinks/drivers.ts';

const origin = { folder: '/manifests/ci', within: ['/manifests'] };

/** Returns the sink that a manifest writes like this. */
function parsed(type: string, values: JsonObject): Sink {
  const sink = sinkTypes.find((known) => known.type === type)?.parse(values, origin);
  if (!sink) throw new TypeError(`no sink of the type ${type}`);
  return sink;
}

/** One sink of each type, as its manifest writes it. */
const examples: Readonly<Record<string, JsonObject>> = {
  file: { path: 'a.json' },
  command: { run: ['gh', 'secret', 'set', 'CI'] },
  docker: { config: 'docker' },
};

describe('the sink types', () => {
  it('are registered in the order of manifests and schemas, each once', () => {
    expect(sinkTypes.map(({ type }) => type)).toEqual(['file', 'command', 'docker']);
  });

  it('have drivers and schemas', () => {
    expect(Object.keys(sinkDrivers)).toEqual(sinkTypes.map(({ type }) => type));
    for (const { type } of sinkTypes) {
      const schema = new URL(`../../../src/core/model/sinks/${type}.schema.json`, import.meta.url);
      expect(existsSync(schema)).toBe(true);
    }
  });

  it('have types of places of their own', () => {
    const types = sinkTypes.flatMap(({ placeTypes }) => Object.keys(placeTypes));
    expect(new Set(types).size).toBe(types.length);
  });
});

describe.each(sinkTypes)('the sink type $type', (sinkType) => {
  const { type, recordSchema, duplicateMessage, placeTypes } = sinkType;
  const driver = sinkDrivers[type];
  const sink = parsed(type, examples[type] ?? {});

  it('parses a sink of its own, which its record has the members of', () => {
    expect(sink.type).toBe(type);
    expect(sinkTypeOf(sink)).toBe(sinkType);
    expect(sink).toMatchObject({ folder: origin.folder });
    expect(Object.keys(recordSchema).filter((member) => !(member in sink))).toEqual([]);
  });

  it('names and distinguishes sinks', () => {
    expect(sinkName(sink).startsWith(type)).toBe(true);
    expect(sinkType.identity(sink)).not.toBe('');
    expect(sinkType.portable(sink)).toMatchObject({ type });
    expect(duplicateMessage).toMatch(/^two sinks /);
    expect(typeof namesHost(sink)).toBe('boolean');
    expect(typeof sinkType.holdsLogin(sink)).toBe('boolean');
  });

  it('is checked and delivered by a driver, which has what the type promises', () => {
    expect(driver).toMatchObject({ check: expect.any(Function), deliver: expect.any(Function) });
    expect('read' in driver).toBe(sinkType.isReadBackable !== undefined);
    expect('content' in driver).toBe(sinkType.isEncrypted !== undefined);
    expect('content' in driver).toBe(sinkType.contentForm !== undefined);
    const checked = Object.keys('isThere' in driver ? (driver.isThere ?? {}) : {});
    expect(Object.keys(placeTypes)).toEqual(expect.arrayContaining(checked));
  });

  it('has places of the declared types', () => {
    const file = sinkType.file?.(sink, {});
    const placed = file === undefined ? undefined : { path: file };
    const places = sinkType.places(sink, placed, { name: 'ci', host: 'cr.example.com' });
    expect(Object.keys(placeTypes)).toEqual(expect.arrayContaining(places.map((place) => place.type)));
  });
});

test.each([
  { sink: parsed('file', { path: 'secrets/ci.json' }), name: 'file:secrets/ci.json' },
  { sink: parsed('command', { run: ['gh', 'secret', 'set', 'CI'] }), name: 'command:gh secret set CI' },
  { sink: parsed('docker', {}), name: 'docker' },
  { sink: parsed('docker', { config: 'secrets/docker' }), name: 'docker:secrets/docker' },
])('the ledger knows a sink by the name $name', ({ sink, name }) => {
  expect(sinkName(sink)).toBe(name);
});

test.each([
  {
    sink: parsed('file', { path: 'secrets/ci.json' }),
    name: 'file:secrets/ci.json',
    label: 'file secrets/ci.json',
  },
  { sink: parsed('command', { run: ['put', 'a:b'] }), name: 'command:put a:b', label: 'command put a:b' },
  { sink: parsed('docker', {}), name: 'docker', label: 'docker' },
])(
  'text and messages show a sink as $label, which JSON and the ledger call $name',
  ({ sink, name, label }) => {
    expect(sinkLabel(sink)).toBe(label);
    expect(labelOfSinkName(name)).toBe(label);
  },
);

test.each([
  { sink: parsed('file', { path: 'a' }), readable: true, encrypted: false },
  { sink: parsed('file', { path: 'a', format: 'raw' }), readable: false, encrypted: false },
  { sink: parsed('file', { path: 'a', age: ['age1a'] }), readable: false, encrypted: true },
  { sink: parsed('command', { run: ['put'], format: 'json' }), readable: false, encrypted: false },
  { sink: parsed('docker', {}), readable: false, encrypted: false },
])('a sink can be read again or is encrypted: $sink', ({ sink, readable, encrypted }) => {
  expect(isReadBackable(sink)).toBe(readable);
  expect(isEncrypted(sink)).toBe(encrypted);
});

describe('a file of its own and a file that is shared', () => {
  it('are told apart by the sink type', () => {
    const file = parsed('file', { path: 'a' });
    const docker = parsed('docker', {});
    expect([usesFile(file, 'whole'), usesFile(file, 'part')]).toEqual([true, false]);
    expect([usesFile(docker, 'whole'), usesFile(docker, 'part')]).toEqual([false, true]);
    expect(
      ['file', 'secret', 'docker'].map((type) => isWholeFile({ type, path: '/a', detail: '', label: '' })),
    ).toEqual([true, false, false]);
  });

  it('are in the way of each other', () => {
    expect(keysOfPlace('docker:a/config.json#cr.example.com')).toEqual([
      'docker:a/config.json#cr.example.com',
      'config:a/config.json',
    ]);
    expect(keysInTheWay('docker:a/config.json#cr.example.com')).toEqual([
      'docker:a/config.json#cr.example.com',
      'file:a/config.json',
    ]);
    expect(keysInTheWay('file:a/config.json')).toEqual(['file:a/config.json', 'config:a/config.json']);
    expect(keysInTheWay('helper:#pass cr.example.com')).toEqual(['helper:#pass cr.example.com']);
  });
});
