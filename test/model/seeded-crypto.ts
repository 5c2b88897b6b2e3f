import { createRandom, type Random } from './random.ts';

let source: Random = createRandom(0);

/** Sets the source of the IDs, nonces and passwords of the program and the emulator. */
export function useRandom(random: Random): void {
  source = random;
}

/** In place of node:crypto's. */
export function randomUUID(): string {
  const hex = source.hex(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20),
  ].join('-');
}

/** In place of node:crypto's. */
export function randomBytes(count: number): Buffer {
  return Buffer.from(source.hex(count), 'hex');
}

/** In place of node:crypto's. */
export function randomInt(end: number): number {
  return source.between(0, end - 1);
}
