/**
 * Reads and writes models and safetensors files.
 *
 * @module lstm-wasm/files
 */

export {
  type LoadedModel,
  loadModel,
  type SaveOptions,
  saveModel,
  type TrainingState,
} from './model.js';
export { loadModelFile, saveModelFile } from './model-file.js';
export { type NamedArray, readSafetensors, type Safetensors, writeSafetensors } from './safetensors.js';
