import { manifest } from './validators.ts';

/** Tells whether a value matches the schema of manifests. A build has a validator of its own here (scripts/validators.mjs). */
export const isManifest = (value: unknown): boolean => manifest(value);
