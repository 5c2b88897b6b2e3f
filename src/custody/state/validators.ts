import { Ajv2020 } from 'ajv/dist/2020.js';
import { recordSchemas } from './schemas.ts';

/** The compiler of the schemas. A build contains only its results (scripts/validators.mjs). */
export const ajv = new Ajv2020({
  messages: false,
  validateSchema: false,
  schemas: recordSchemas,
  code: { source: true, esm: true },
});

export const attempt = ajv.compile(recordSchemas.attempt);
export const ledger = ajv.compile(recordSchemas.ledger);
export const granted = ajv.compile(recordSchemas.granted);
export const entry = ajv.compile(recordSchemas.entry);
