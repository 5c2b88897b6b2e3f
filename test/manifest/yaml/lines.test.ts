import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LineCounter, Parser } from 'yaml';
import { linesOf } from '../../../src/manifest/yaml/lines.ts';

it('lines are those of the YAML library', () => {
  const texts = fc.string({ unit: fc.constantFrom('a', ' ', '\n', '- ', ': ', 'ü'), maxLength: 40 });
  fc.assert(
    fc.property(texts, (text) => {
      const counter = new LineCounter();
      for (const _ of new Parser(counter.addNewLine).parse(text));
      const lines = linesOf(text);
      for (let offset = 0; offset <= text.length; offset += 1) {
        expect(lines.linePos(offset)).toEqual(counter.linePos(offset));
      }
    }),
  );
});
