import { expect, test } from 'vitest';
import { createLogger } from '../../src/cli/logger.ts';

/** What a logger writes. */
function logging(logLevel: string, logFormat: 'json' | 'pretty') {
  let text = '';
  const output = {
    write: (more: string) => {
      text += more;
    },
    isTTY: false,
    columns: 80,
  };
  const mask = (line: string): string => line.replaceAll('hunter2', '(sensitive)');
  const logger = createLogger({ logLevel, logFormat }, output, mask);
  return { logger, lines: () => text.trimEnd().split('\n') };
}

test('each line tells the run that it is of, and no two runs are the same', () => {
  const runs = [logging('debug', 'json'), logging('debug', 'json')].map(({ logger, lines }) => {
    logger.debug({ method: 'GET' }, 'GET /things');
    logger.info('done');
    return lines().map((line): string => JSON.parse(line).run);
  });
  expect(new Set(runs[0])).toHaveLength(1);
  expect(new Set(runs.flat())).toHaveLength(2);
  const { logger, lines } = logging('debug', 'pretty');
  logger.debug({ status: 200 }, 'GET /things');
  expect(lines()).toEqual([
    expect.stringMatching(/^\d\d:\d\d:\d\d\.\d{3} DEBUG \[[0-9a-f]{8}\] GET \/things status=200$/),
  ]);
});

test('nothing below the level is written, and nothing unmasked', () => {
  const { logger, lines } = logging('info', 'json');
  logger.debug('quiet');
  logger.info({ path: '/hunter2' }, 'the password is hunter2');
  expect(lines()).toHaveLength(1);
  expect(lines()[0]).not.toContain('hunter2');
  expect(lines()[0]).toContain('(sensitive)');
});
