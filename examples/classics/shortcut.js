/**
 * Two models that read the same symbols; their outputs are summed. An Embedding next to a recurrent model gives what the papers call
 * connections from input to output: what follows from the last symbol alone then needs no memory.
 */
export class Shortcut {
  constructor(recurrent, direct) {
    this.models = { recurrent, direct };
    this.runtime = recurrent.runtime;
  }

  get parameters() {
    const named = Object.entries(this.models).flatMap(([name, { parameters }]) =>
      [...parameters].map(([key, parameter]) => [`${name}.${key}`, parameter]),
    );
    return new Map(named);
  }

  forward(input, options) {
    const { output } = this.models.recurrent.forward(input, options);
    const { data } = this.models.direct.forward(input, options).output;
    for (let n = 0; n < data.length; n++) output.data[n] += data[n];
    return { output };
  }

  backward(gradient, options) {
    for (const model of Object.values(this.models)) model.backward(gradient, options);
    return {};
  }

  zeroGrad() {
    for (const model of Object.values(this.models)) model.zeroGrad();
  }

  dispose() {
    for (const model of Object.values(this.models)) model.dispose();
  }
}
