import { describe, expect, test } from 'vitest';
import { describeReadError, describeWriteError } from '../../../src/core/util/file-error.ts';

const error = (code: string) => Object.assign(new Error(code), { code });

describe('a file system error is reported in words', () => {
  test.each([
    { code: 'ENOENT', read: 'no such file or directory', write: 'its folder is missing' },
    { code: 'EACCES', read: 'permission denied', write: 'permission denied' },
    { code: 'EISDIR', read: 'it is a directory', write: 'it is a directory' },
    { code: 'ENOSPC', read: "can't be read (ENOSPC)", write: 'the disk is full' },
    { code: 'EIO', read: "can't be read (EIO)", write: "can't be written (EIO)" },
  ])('$code', ({ code, read, write }) => {
    expect(describeReadError(error(code))).toBe(read);
    expect(describeWriteError(error(code))).toBe(write);
  });

  test('and any other error is thrown', () => {
    expect(() => describeReadError(new TypeError('a bug'))).toThrow('a bug');
  });
});
