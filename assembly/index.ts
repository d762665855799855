/* What the host may call, and nothing else. */
export { allocate, release } from './memory';
export { turn, isRelaxed } from './border';
export { packRows, packColumns } from './panels';
export { pack } from './packs';
export { linearForward, inputGradient, weightGradient, biasGradient, gradientScratch } from './linear';
export { layOut, forward, streamStep } from './stack';
export { drawMasks } from './masks';
export { layOutBackward, backward } from './stack-backward';
export { embeddingForward, embeddingBackward } from './embedding';
export { activationForward, activationBackward } from './activation';
export { dropout, fillUniform, fillNormal, fillPermutation, uniformAt } from './random';
export { fillOrthogonal, fillChrono } from './initialisers';
export { softmaxRows, sampleRow, scaleBy } from './softmax';
export { crossEntropyRows, squaredError, binaryCrossEntropySum } from './losses';
export { sumOfSquares, clampTo } from './clipping';
export { sgdStep, rmspropStep, adamStep } from './optimizers';
