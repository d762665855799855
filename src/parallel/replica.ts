import { carriedOf, generatorsOf, setCarried } from '../layers/extras.js';
import type { CoreLayer, ForwardOptions } from '../layers/layer.js';
import type { Parameter } from '../layers/parameter.js';
import { layerOf } from '../layers/registry.js';
import { Recordings } from '../layers/tape.js';
import { type GeneratorState, Runtime } from '../runtime/runtime.js';
import type { Integers, Tensor } from '../validation/tensor.js';
import type { Message } from './channel.js';
import type {
  BackwardReply,
  BackwardRequest,
  ForwardReply,
  ForwardRequest,
  ReplicaSetup,
} from './protocol.js';

/** Each rank draws its dropout masks at its own offset in rank 0's stream: no run draws as many as 2^44 values. */
const DRAWS_PER_RANK = 17_592_186_044_416;

/** A worker's copy of the model, built from its configuration: it computes the rows of the batch that rank 0 sends. */
export class Replica {
  readonly #model: CoreLayer;
  readonly #parameters: readonly Parameter[];
  readonly #rank: number;
  readonly #weights: Float32Array;
  readonly #recordings = new Recordings();
  #outputShape: readonly number[] = [];

  constructor({ module, config, rank, weights }: ReplicaSetup) {
    this.#model = layerOf(config, new Runtime(module, 0)) as CoreLayer;
    this.#parameters = [...this.#model.parameters.values()];
    this.#rank = rank;
    this.#weights = new Float32Array(weights);
  }

  handle({ header, arrays }: Message<ForwardRequest | BackwardRequest>): Message {
    return header.kind === 'forward' ? this.#forward(header, arrays) : this.#backward(arrays);
  }

  #forward(request: ForwardRequest, [data, ...others]: Message['arrays']): Message<ForwardReply> {
    const model = this.#model;
    this.#synchronize(request);
    const layers = model.coreLayers();
    setCarried(
      layers,
      request.states.map((state, n) => ({ ...state, data: others[n] as Float32Array })),
    );
    model.zeroGrad();
    this.#recordings.drop();
    const input = { data, shape: request.shape } as Tensor | Integers;
    const { lengths, mask: shape } = request;
    const mask = shape && { data: others.at(-1) as Int32Array, shape };
    const padding = { ...(lengths && { lengths }), ...(mask && { mask }) };
    const options = { ...request.mode, ...padding } as ForwardOptions;
    const { output } = this.#recordings.during(() => model.forward(input, options));
    this.#outputShape = output.shape;
    const carried = carriedOf(layers);
    const states = carried.map(({ layer, name, shape }) => ({ layer, name, shape }));
    return {
      header: { shape: output.shape, states },
      arrays: [output.data, ...carried.map((state) => state.data)],
    };
  }

  #backward([data]: Message['arrays']): Message<BackwardReply> {
    const output = { data, shape: this.#outputShape } as Tensor;
    this.#model.backward({ output }, { inputGradient: false });
    const { f32 } = this.#model.runtime;
    const wanted = this.#parameters.map(({ requiresGrad, gradient }) => requiresGrad && gradient !== 0);
    const gradients = [...wanted.keys()].filter((n) => wanted[n]);
    const arrays = gradients.map((n) => {
      const { gradient, size } = this.#parameters[n] as Parameter;
      return f32.subarray(gradient >>> 2, (gradient >>> 2) + size);
    });
    return { header: { gradients }, arrays };
  }

  /** Copies what changed in rank 0's model: weights, which parameters require gradients, generators. */
  #synchronize({ changed, requiresGrad, generators }: ForwardRequest): void {
    const { f32 } = this.#model.runtime;
    let start = 0;
    for (const [n, parameter] of this.#parameters.entries()) {
      parameter.requiresGrad = requiresGrad[n] as boolean;
      const { pointer, size } = parameter;
      if (changed.includes(n)) {
        f32.set(this.#weights.subarray(start, start + size), pointer >>> 2);
        parameter.version++;
      }
      start += size;
    }
    for (const [n, own] of generatorsOf(this.#model.coreLayers()).entries()) {
      const given = generators[n] as GeneratorState;
      Object.assign(own, given, { counter: given.counter + this.#rank * DRAWS_PER_RANK });
    }
  }
}
