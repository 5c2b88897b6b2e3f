import { unwrapped } from '../checks.ts';
import { type ActualToken, type Simulation, short } from '../simulation.ts';

/** A token that was in a sink, and until when; `undefined` while it is. */
interface Sighting {
  readonly sink: string;
  readonly id: string;
  until: number | undefined;
}

/**
 * Whoever reads the sinks, at every moment. They need a token that works, and one that they have read has to work for the
 * overlap after another one took its place: unless it ends before, nobody deletes it.
 */
export class Consumer {
  readonly #simulation: Simulation;
  readonly #sinks: readonly string[];
  readonly #overlap: number;
  readonly #sightings: Sighting[] = [];
  readonly #held = new Map<string, { readonly text: string; readonly actual: ActualToken | undefined }>();
  #live: ReadonlyMap<string, number | null> = new Map();

  /**
   * @param sinks absolute paths
   * @param overlap in milliseconds
   */
  constructor(simulation: Simulation, sinks: readonly string[], overlap: number) {
    this.#simulation = simulation;
    this.#sinks = sinks;
    this.#overlap = overlap;
  }

  /** The tokens that have been in a sink, in the order of their coming. */
  get seen(): readonly ActualToken[] {
    const ids = new Set(this.#sightings.map(({ id }) => id));
    return [...ids].flatMap((id) => this.#simulation.actualTokens.get(id) ?? []);
  }

  /** The token that all sinks hold the secret of. */
  get held(): ActualToken | undefined {
    const [token, ...others] = this.#sinks.map((sink) => this.#held.get(sink)?.actual);
    return others.every((other) => other === token) ? token : undefined;
  }

  /** Looks at the sinks, and at what has become of the tokens. */
  look(): void {
    const simulation = this.#simulation;
    const serverTime = simulation.clock.now() + simulation.options.skew;
    const live = simulation.service.live();
    for (const sink of this.#sinks) {
      this.#read(sink);
      const held = this.#held.get(sink);
      if (!held) continue;
      const token = live.find(({ id }) => id === held.actual?.id);
      const isOver = token?.expiry != null && token.expiry <= serverTime;
      if (!token?.enabled || isOver) {
        simulation.reportViolation(`${sink} has ${isOver ? 'a token that is over' : 'no token that works'}`);
      }
    }
    this.#reportLost(new Set(live.map(({ id }) => id)), serverTime);
    this.#live = new Map(live.map(({ id, expiry = null }) => [id, expiry]));
  }

  #read(sink: string): void {
    const simulation = this.#simulation;
    const text = simulation.disk.text(sink);
    const before = this.#held.get(sink);
    if (text === before?.text) return;
    if (text === undefined) {
      simulation.reportViolation(`${sink} is gone`);
      return;
    }
    const shown = unwrapped(text);
    const actual = [...simulation.actualTokens.values()].find(({ password }) => shown.includes(password));
    const now = simulation.clock.now();
    for (const sighting of this.#sightings) {
      if (sighting.sink === sink) sighting.until ??= now;
    }
    this.#held.set(sink, { text, actual });
    if (actual) this.#sightings.push({ sink, id: actual.id, until: undefined });
    if (actual && !sink.endsWith('.raw') && !shown.includes(simulation.service.userOf(actual.name))) {
      simulation.reportViolation(
        `${sink} names another user than that of ${actual.name} ${short(actual.id)}`,
      );
    }
  }

  /** Whether those that are gone could be spared. */
  #reportLost(live: ReadonlySet<string>, serverTime: number): void {
    for (const [id, expiry] of this.#live) {
      if (live.has(id) || (expiry !== null && expiry <= serverTime)) continue;
      const late = this.#sightings.find(
        (sighting) =>
          sighting.id === id &&
          (sighting.until ?? Number.POSITIVE_INFINITY) + this.#overlap > this.#simulation.clock.now() + 1_000,
      );
      if (late)
        this.#simulation.reportViolation(
          `${short(id)} was deleted within the overlap: it may still be in use`,
        );
    }
  }
}
