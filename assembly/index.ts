/* What the host may call, and nothing else. */
export { allocate, free } from './memory/allocator';
export { isRelaxed } from './kernels/simd';
export { swapAxes } from './kernels/transpose';
export { packRows, packColumns } from './kernels/panels';
export { packWeights } from './cells/packs';
export { linearForward, inputGradient, weightGradient, biasGradient, gradientScratch } from './layers/linear';
export { beginPass, layOutForward, stackForward, stackStep } from './stack/forward';
export { drawMasks } from './stack/masks';
export { layOutBackward, stackBackward } from './stack/backward';
export { embeddingForward, embeddingBackward } from './layers/embedding';
export { scaleBy, clampTo } from './kernels/rows';
export { activationForward, activationBackward } from './kernels/activation';
export { dropout, fillUniform, fillNormal, fillPermutation, uniformAt } from './kernels/random';
export { fillOrthogonal, fillChrono } from './training/initializers';
export { softmax, sample } from './training/softmax';
export { crossEntropy, squaredError, binaryCrossEntropy } from './training/losses';
export { sumOfSquares } from './training/clipping';
export { sgdStep, rmspropStep, adamStep, flushState } from './training/optimizers';
