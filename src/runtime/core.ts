/** A WebAssembly.Memory, in programs that have its type. */
type WebAssemblyMemory = typeof globalThis extends {
  WebAssembly: { Memory: abstract new (...given: never) => infer Memory };
}
  ? Memory
  : { readonly buffer: ArrayBuffer };

/** The ABI: what assembly/index.ts exports. Pointers and sizes are numbers; strides and counts are in values. */
export interface Core {
  readonly memory: WebAssemblyMemory;
  isRelaxed(): number;

  allocate(bytes: number): number;
  free(pointer: number): void;
  swapAxes(out: number, rows: number, first: number, second: number, bytes: number): void;

  packRows(panels: number, W: number, N: number, K: number): void;
  packColumns(panels: number, B: number, stride: number, K: number, N: number): void;
  packWeights(plan: number, part: number, general: number, base: number, write: number): number;

  linearForward(y: number, x: number, panels: number, bias: number, M: number, N: number, K: number): void;
  inputGradient(dx: number, dy: number, backPanels: number, M: number, N: number, K: number): void;
  weightGradient(
    dW: number,
    dy: number,
    x: number,
    stride: number,
    M: number,
    N: number,
    K: number,
    scratch: number,
  ): void;
  biasGradient(db: number, second: number, dy: number, M: number, N: number): void;
  gradientScratch(N: number, K: number): number;

  beginPass(pass: number, p: number): void;
  layOutForward(pass: number, base: number): number;
  drawMasks(pass: number, counter: number, source: number): number;
  stackForward(pass: number): void;
  stackStep(pass: number): void;
  layOutBackward(pass: number, wantInput: number, base: number): number;
  stackBackward(pass: number, dOutput: number, dh: number, dc: number): number;

  embeddingForward(out: number, ids: number, table: number, count: number, size: number): void;
  embeddingBackward(
    dtable: number,
    dout: number,
    ids: number,
    count: number,
    size: number,
    padding: number,
  ): void;
  activationForward(y: number, x: number, count: number, kind: number, alpha: number, beta: number): void;
  activationBackward(
    dx: number,
    dy: number,
    x: number,
    y: number,
    count: number,
    kind: number,
    alpha: number,
    beta: number,
  ): void;
  dropout(
    out: number,
    x: number,
    count: number,
    p: number,
    scale: number,
    counter: number,
    source: number,
  ): void;

  uniformAt(source: number, counter: number): number;
  fillUniform(out: number, count: number, low: number, high: number, source: number): void;
  fillNormal(out: number, count: number, mean: number, deviation: number, source: number): void;
  fillPermutation(out: number, count: number, source: number): void;
  fillOrthogonal(W: number, rows: number, columns: number, source: number, scratch: number): void;
  fillChrono(bias: number, H: number, longest: number, source: number): void;

  softmax(out: number, x: number, rows: number, count: number): void;
  sample(
    logits: number,
    count: number,
    temperature: number,
    topK: number,
    topP: number,
    u: number,
    scratch: number,
  ): number;
  scaleBy(values: number, count: number, factor: number): void;
  crossEntropy(
    grad: number,
    logits: number,
    targets: number,
    rows: number,
    columns: number,
    C: number,
    classWeight: number,
    smoothing: number,
    scale: number,
  ): number;
  squaredError(
    grad: number,
    x: number,
    y: number,
    rows: number,
    columns: number,
    N: number,
    weight: number,
    scale: number,
  ): number;
  binaryCrossEntropy(
    grad: number,
    x: number,
    y: number,
    rows: number,
    columns: number,
    N: number,
    weight: number,
    scale: number,
  ): number;

  sumOfSquares(d: number, count: number): number;
  clampTo(d: number, count: number, limit: number): void;
  flushState(values: number, count: number, bound: number): void;
  sgdStep(
    w: number,
    d: number,
    v: number,
    count: number,
    lr: number,
    momentum: number,
    weightDecay: number,
    nesterov: number,
    first: number,
  ): void;
  rmspropStep(
    w: number,
    d: number,
    s: number,
    mean: number,
    v: number,
    count: number,
    lr: number,
    alpha: number,
    epsilon: number,
    momentum: number,
    weightDecay: number,
  ): void;
  adamStep(
    w: number,
    d: number,
    m: number,
    s: number,
    count: number,
    rate: number,
    beta1: number,
    beta2: number,
    epsilon: number,
    correction: number,
    coupled: number,
    decay: number,
  ): void;
}
