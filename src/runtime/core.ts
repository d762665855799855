/** The ABI: what assembly/index.ts exports. Pointers and sizes are numbers, strides and counts in values. */
export interface Core {
  readonly memory: WebAssembly.Memory;
  isRelaxed(): number;

  allocate(bytes: number): number;
  release(pointer: number): void;
  swapAxes(out: number, rows: number, first: number, second: number, bytes: number): void;

  packRows(panels: number, W: number, N: number, K: number): void;
  packColumns(panels: number, B: number, stride: number, K: number, N: number): void;
  pack(plan: number, part: number, general: number, base: number, write: number): number;

  linearForward(y: number, x: number, panels: number, bias: number, M: number, N: number, K: number): void;
  inputGradient(dx: number, dy: number, backPanels: number, M: number, N: number, K: number): void;
  weightGradient(dW: number, dy: number, x: number, M: number, N: number, K: number, scratch: number): void;
  biasGradient(db: number, second: number, dy: number, M: number, N: number): void;
  gradientScratch(N: number, K: number): number;

  openPass(pass: number, dropout: number): void;
  layOut(pass: number, base: number): number;
  drawMasks(pass: number, counter: number, source: number): number;
  forward(pass: number): void;
  streamStep(pass: number): void;
  layOutBackward(pass: number, wantInput: number, base: number): number;
  backward(pass: number, dOutput: number, dh: number, dc: number): number;

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

  softmaxRows(out: number, x: number, rows: number, count: number): void;
  sampleRow(
    logits: number,
    count: number,
    temperature: number,
    topK: number,
    topP: number,
    u: number,
    scratch: number,
  ): number;
  scaleBy(values: number, count: number, factor: number): void;
  crossEntropyRows(
    grad: number,
    logits: number,
    targets: number,
    rows: number,
    columns: number,
    C: number,
    weight: number,
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
  binaryCrossEntropySum(
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
    unbias: number,
    coupled: number,
    shrink: number,
  ): void;
}
