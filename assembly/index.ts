/* What the host may call, and nothing else. */
export { allocate, release } from './memory/allocator';
export { swapAxes, isRelaxed } from './kernels/transpose';
export { packRows, packColumns } from './kernels/panels';
export { pack } from './cells/packs';
export { linearForward, inputGradient, weightGradient, biasGradient, gradientScratch } from './layers/linear';
export { openPass, layOut, forward, streamStep } from './stack/forward';
export { drawMasks } from './stack/masks';
export { layOutBackward, backward } from './stack/backward';
export { embeddingForward, embeddingBackward } from './layers/embedding';
export { scaleBy, clampTo } from './kernels/rows';
export { activationForward, activationBackward } from './kernels/activation';
export { dropout, fillUniform, fillNormal, fillPermutation, uniformAt } from './kernels/random';
export { fillOrthogonal, fillChrono } from './training/initialisers';
export { softmaxRows, sampleRow } from './training/softmax';
export { crossEntropyRows, squaredError, binaryCrossEntropySum } from './training/losses';
export { sumOfSquares } from './training/clipping';
export { sgdStep, rmspropStep, adamStep } from './training/optimizers';
