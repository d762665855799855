/**
 * Reads and writes models and safetensors files.
 *
 * @module lstm-wasm/files
 */

export {
  type LoadedModel,
  loadModel,
  loadModelFile,
  type SaveOptions,
  saveModel,
  saveModelFile,
  type TrainingState,
} from './model.js';
export { type NamedArray, readSafetensors, type Safetensors, writeSafetensors } from './safetensors.js';
