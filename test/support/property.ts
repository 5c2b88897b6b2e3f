import fc from 'fast-check';

// Every run tries the same inputs, so that a change is judged by what it did and not by the draw.
// PROPERTY_SEED tries others.
fc.configureGlobal({ seed: Number(process.env['PROPERTY_SEED'] ?? 1) });

/** fast-check with its seed fixed: what tests of properties import. */
export { fc };
