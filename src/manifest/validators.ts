import { Ajv2020 } from 'ajv/dist/2020.js';
import schema from '../../schemas/manifest.schema.json' with { type: 'json' };

/** Compiles the schema when it is built; what is built holds the result alone (scripts/validators.mjs). */
export const ajv = new Ajv2020({
  allErrors: true,
  verbose: true,
  strict: true,
  strictTypes: false,
  validateSchema: false,
  schemas: { manifest: schema },
  // What editors say of a pattern; here a value is checked by its own rule, with a better message.
  keywords: ['patternErrorMessage'],
  code: { source: true, esm: true },
});

export const manifest = ajv.compile(schema);
