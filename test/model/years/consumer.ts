import { unwrapped } from '../checks.ts';
import { short, type Truth, type World } from '../simulation.ts';

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
  readonly #world: World;
  readonly #sinks: readonly string[];
  readonly #overlap: number;
  readonly #sightings: Sighting[] = [];
  readonly #held = new Map<string, { readonly text: string; readonly truth: Truth | undefined }>();
  #live: ReadonlyMap<string, number | null> = new Map();

  /**
   * @param sinks absolute paths
   * @param overlap in milliseconds
   */
  constructor(world: World, sinks: readonly string[], overlap: number) {
    this.#world = world;
    this.#sinks = sinks;
    this.#overlap = overlap;
  }

  /** The tokens that have been in a sink, in the order of their coming. */
  get seen(): readonly Truth[] {
    const ids = new Set(this.#sightings.map(({ id }) => id));
    return [...ids].flatMap((id) => this.#world.truths.get(id) ?? []);
  }

  /** The token that all sinks hold the secret of. */
  get held(): Truth | undefined {
    const [token, ...others] = this.#sinks.map((sink) => this.#held.get(sink)?.truth);
    return others.every((other) => other === token) ? token : undefined;
  }

  /** Looks at the sinks, and at what has become of the tokens. */
  look(): void {
    const world = this.#world;
    const serverTime = world.time.now() + world.options.skew;
    const live = world.service.live();
    for (const sink of this.#sinks) {
      this.#read(sink);
      const held = this.#held.get(sink);
      if (!held) continue;
      const token = live.find(({ id }) => id === held.truth?.id);
      const isOver = token?.expiry != null && token.expiry <= serverTime;
      if (!token?.enabled || isOver) {
        world.violated(`${sink} has ${isOver ? 'a token that is over' : 'no token that works'}`);
      }
    }
    this.#mourn(new Set(live.map(({ id }) => id)), serverTime);
    this.#live = new Map(live.map(({ id, expiry = null }) => [id, expiry]));
  }

  #read(sink: string): void {
    const world = this.#world;
    const text = world.disk.text(sink);
    const before = this.#held.get(sink);
    if (text === before?.text) return;
    if (text === undefined) {
      world.violated(`${sink} is gone`);
      return;
    }
    const shown = unwrapped(text);
    const truth = [...world.truths.values()].find(({ password }) => shown.includes(password));
    const now = world.time.now();
    for (const sighting of this.#sightings) {
      if (sighting.sink === sink) sighting.until ??= now;
    }
    this.#held.set(sink, { text, truth });
    if (truth) this.#sightings.push({ sink, id: truth.id, until: undefined });
    if (truth && !sink.endsWith('.raw') && !shown.includes(world.service.userOf(truth.name))) {
      world.violated(`${sink} names another user than that of ${truth.name} ${short(truth.id)}`);
    }
  }

  /** Whether those that are gone could be spared. */
  #mourn(live: ReadonlySet<string>, serverTime: number): void {
    for (const [id, expiry] of this.#live) {
      if (live.has(id) || (expiry !== null && expiry <= serverTime)) continue;
      const late = this.#sightings.find(
        (sighting) =>
          sighting.id === id &&
          (sighting.until ?? Number.POSITIVE_INFINITY) + this.#overlap > this.#world.time.now() + 1_000,
      );
      if (late)
        this.#world.violated(`${short(id)} was deleted within the overlap: somebody may have it still`);
    }
  }
}
