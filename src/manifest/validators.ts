import { Ajv2020 } from 'ajv/dist/2020.js';
import schema from '../../schemas/manifest.schema.json' with { type: 'json' };

/** Compiles the schema at build time; the built program contains only the result (scripts/validators.mjs). */
export const ajv = new Ajv2020({
  allErrors: true,
  verbose: true,
  strict: true,
  strictTypes: false,
  validateSchema: false,
  schemas: { manifest: schema },
  // Message of editors for a pattern. Here a rule of its own checks the value, with a better message.
  keywords: ['patternErrorMessage'],
  code: { source: true, esm: true },
});

/** Validates a manifest. */
export const manifest = ajv.compile(schema);
