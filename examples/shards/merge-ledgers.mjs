// Merges the ledgers of several state directories: node merge-ledgers.mjs LEDGER… > all.json
// If several ledgers have an entry for a token, the one with the latest delivery is kept.
import { readFileSync } from 'node:fs';
import process from 'node:process';

const handedOver = ({ created, delivered }) =>
  [created ?? 0, ...Object.values(delivered).sort().slice(-1)].join(' ');

const merged = { version: 2, tokens: {}, applied: {} };
for (const file of process.argv.slice(2)) {
  const { version, tokens, applied = {} } = JSON.parse(readFileSync(file, 'utf8'));
  if (version !== merged.version) throw new Error(`${file}: version ${version} is not known here`);
  for (const [key, entry] of Object.entries(tokens)) {
    const known = merged.tokens[key];
    if (known && handedOver(known) >= handedOver(entry)) continue;
    merged.tokens[key] = entry;
    if (applied[key]) merged.applied[key] = applied[key];
  }
  merged.applied = { ...applied, ...merged.applied };
}
process.stdout.write(`${JSON.stringify(merged, null, 1)}\n`);
