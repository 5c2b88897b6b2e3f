import { Ajv2020 } from 'ajv/dist/2020.js';
import { schemas } from './schemas.ts';

/** The compiler of the schemas. A build contains only its results (scripts/validators.mjs). */
export const ajv = new Ajv2020({
  messages: false,
  validateSchema: false,
  schemas,
  code: { source: true, esm: true },
});

export const attempt = ajv.compile(schemas.attempt);
export const ledger = ajv.compile(schemas.ledger);
export const granted = ajv.compile(schemas.granted);
export const entry = ajv.compile(schemas.entry);
