/**
 * Checks the dependencies for published advisories: npm run audit. Fails on high and critical ones. A registry that
 * doesn't answer the request is reported and doesn't fail.
 */
import { spawnSync } from 'node:child_process';
import process from 'node:process';

const { stdout } = spawnSync('npm', ['audit', '--json'], { encoding: 'utf8' });
const report = parse(stdout);
const counts = report.metadata?.vulnerabilities;
if (counts === undefined) {
  console.log(`not checked, the registry doesn't answer: ${report.message ?? 'no report'}`);
} else {
  const severe = Object.values(report.vulnerabilities).filter(({ severity }) =>
    ['high', 'critical'].includes(severity),
  );
  for (const { name, severity, range } of severe) console.error(`${name} ${range}: ${severity}`);
  console.log(`advisories: ${counts.total}, high or critical: ${severe.length}`);
  if (severe.length > 0) process.exitCode = 1;
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
