// How a picture is answered, reduced to a few coarse numbers before anything leaves the frame.
import type { Trace } from "../protocol";

const tenths = (milliseconds: number): number =>
  Math.max(0, Math.min(65_535, Math.round(milliseconds / 100)));

export class Tracer {
  private began = 0;
  private readonly acts: number[] = [];
  private readonly offsets: number[] = [];

  /** The picture becomes visible. */
  begin(now: number): void {
    this.began = now;
  }

  /** The visitor acted; `offset` is how far from the centre they pointed, 1 at an edge. */
  act(now: number, offset?: number): void {
    this.acts.push(now);
    if (offset !== undefined) this.offsets.push(offset);
  }

  features(now: number): Trace {
    const { acts, began, offsets } = this;
    return {
      first_act: tenths((acts[0] ?? now) - began),
      whole: tenths(now - began),
      acts: Math.min(acts.length, 255),
      rhythm: level(spread(acts.slice(1).map((act, index) => act - acts[index]!)), [0.1, 0.35, 0.8]),
      scatter: level(mean(offsets), [0.04, 0.2, 0.5]),
    };
  }
}

const level = (value: number, bounds: number[]): number =>
  bounds.filter((bound) => value > bound).length;

const mean = (values: number[]): number =>
  values.length ? values.reduce((sum, value) => sum + value, 0) / values.length : 0;

/** Deviation as a share of the mean. */
function spread(values: number[]): number {
  const middle = mean(values);
  return middle && Math.sqrt(mean(values.map((value) => (value - middle) ** 2))) / middle;
}
