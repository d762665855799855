import type { Integers, OwnTensor, Tensor } from '../validation/tensor.js';
import type { BackwardOptions, ForwardOptions } from './layer.js';
import { Recurrent } from './recurrent.js';
import type { SequenceOptions } from './sequence-options.js';
import type { Stream, StreamOptions } from './stream.js';

/** The public methods of a recurrent layer whose only state is h. */
export abstract class HiddenOnly extends Recurrent {
  /** Like `LSTM.forward`, without a cell state. */
  override forward(
    input: Tensor | Integers,
    options: ForwardOptions & SequenceOptions & { h0?: Tensor } = {},
  ): { output: OwnTensor; hN: OwnTensor } {
    const { output, hN } = this.forwardStates(input, options, ['h0']);
    return { output, hN };
  }

  /** Like `LSTM.backward`, without a cell state. */
  override backward(
    gradient: { output?: Tensor; hN?: Tensor },
    options: BackwardOptions = {},
  ): { input: OwnTensor; h0: OwnTensor } {
    const { input, h0 } = this.backwardStates(gradient, ['output', 'hN'], options);
    return { ...(input && { input }), h0 } as { input: OwnTensor; h0: OwnTensor };
  }

  /** Like `LSTM.stream`, without a cell state. */
  stream(options: StreamOptions & { h0?: Tensor } = {}): Stream {
    return this.openStream(options, ['h0']);
  }
}
