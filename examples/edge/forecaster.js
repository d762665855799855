import { loadModel } from 'lstm-wasm/files';
import { yieldToEventLoop } from './event-loop.js';
import { scaled, scalesOf } from './scale.js';
import { fingerprint, packState, refusal, unpackState } from './state.js';

/** Steps, counted over all rows, before yielding to the event loop: one or two milliseconds. */
const STRETCH = 1024;

/** The largest size of a value: squares, and sums of them, stay numbers. */
export const LARGEST = 1e15;

/**
 * The model behind /forecast. Between two chunks of steps the core holds nothing of a request: its state is in plain arrays, so any
 * number of requests can run concurrently, and an aborted one leaves nothing behind.
 */
export class Forecaster {
  #model;
  #fingerprint;
  #width;

  constructor(bytes, runtime) {
    this.#model = loadModel(bytes, { runtime }).model;
    this.#fingerprint = fingerprint(new Uint8Array(bytes));
    this.#width = this.#model.layers[0].hiddenSize;
  }

  /**
   * The forecast for each row of `data` [rows, length], and the state after the data, without the forecasts.
   *
   * @throws Refusal for a state that does not fit
   */
  async forecast({ data, rows, length, horizon }, packed) {
    const before = packed === undefined ? {} : this.#unpack(packed, rows);
    const scales = scalesOf({ data, rows, length }, before.scales);
    const x = new Float32Array(rows);
    const y = new Float32Array(rows);
    const state = await this.#walk(rows, length, before.state, (stream, t) => {
      for (let row = 0; row < rows; row++) x[row] = scaled(data[row * length + t], scales[row]);
      stream.step(x, y);
    });
    const forecast = new Float64Array(rows * horizon);
    const keep = (t) => {
      for (const [row, { mean, deviation }] of scales.entries())
        forecast[row * horizon + t] = mean + deviation * y[row];
    };
    keep(0);
    await this.#walk(rows, horizon - 1, state, (stream, t) => {
      x.set(y);
      stream.step(x, y);
      keep(t + 1);
    });
    return { forecast, state: this.#pack(rows, scales, state) };
  }

  /** Runs steps from a state; returns the state after them. */
  async #walk(rows, steps, state, step) {
    const stretch = Math.ceil(STRETCH / rows);
    let at = state;
    for (let from = 0; from < steps; from += stretch) {
      if (from > 0) await yieldToEventLoop();
      const stream = this.#model.stream({ batch: rows });
      try {
        if (at !== undefined) stream.setState(at);
        for (let t = from; t < Math.min(steps, from + stretch); t++) step(stream, t);
        at = stream.state;
      } finally {
        stream.dispose();
      }
    }
    return at;
  }

  #pack(rows, scales, state) {
    const numbers = scales.flatMap(({ mean, deviation }) => [mean, deviation]);
    const values = [...state['0.h'].data, ...state['0.c'].data];
    return packState(this.#fingerprint, { rows, numbers, values });
  }

  #unpack(packed, rows) {
    const sizes = { numbers: 2, values: 2 * this.#width };
    const { rows: got, numbers, values } = unpackState(this.#fingerprint, packed, sizes);
    if (got !== rows) throw refusal(`this one is of ${got} series, the request of ${rows}`);
    const scales = Array.from({ length: rows }, (_, row) => ({
      mean: numbers[2 * row],
      deviation: numbers[2 * row + 1],
    }));
    if (
      !scales.every(
        ({ mean, deviation }) => Math.abs(mean) <= LARGEST && deviation >= 0 && deviation <= LARGEST,
      )
    )
      throw refusal('this one has a scale that no series has');
    const shape = [1, rows, this.#width];
    const half = rows * this.#width;
    return {
      scales,
      state: { '0.h': { data: values.slice(0, half), shape }, '0.c': { data: values.slice(half), shape } },
    };
  }
}
