import { Ajv2020 } from 'ajv/dist/2020.js';
import { recordSchemas } from './schemas.ts';

/** The compiler of the schemas. A build contains only its results (scripts/validators.mjs). */
export const ajv = new Ajv2020({
  messages: false,
  validateSchema: false,
  schemas: recordSchemas,
  code: { source: true, esm: true },
});

/** Validates an attempt in the spool. */
export const attempt = ajv.compile(recordSchemas.attempt);
/** Validates the file of the ledger, except for its entries. */
export const ledger = ajv.compile(recordSchemas.ledger);
/** Validates the granted values of a token. */
export const granted = ajv.compile(recordSchemas.granted);
/** Validates an entry of the ledger. */
export const entry = ajv.compile(recordSchemas.entry);
