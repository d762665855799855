import { readBytes, replaceFile } from '#disk';
import type { Layer } from '../layers/layer.js';
import type { Runtime } from '../runtime/runtime.js';
import { type LoadedModel, loadModel, type SaveOptions, saveModel } from './model.js';

/**
 * Saves a model to a file, as {@link saveModel}, if the runtime has a file system. It writes a temporary file in the same folder and renames
 * it, so a crash or a full disk never destroys an existing file. An existing file keeps its permissions; for a symbolic link, the file
 * that it points to is replaced. A process that is killed while it saves leaves a `.lstm-wasm-….part` file, which the next save removes.
 *
 * @throws TypeError like {@link saveModel}, Error with the path if the file cannot be written or is not a regular file
 */
export async function saveModelFile(
  path: string | URL,
  model: Layer,
  options: SaveOptions = {},
): Promise<void> {
  await replaceFile(path, saveModel(model, options));
}

/** Loads a model from a file, as {@link loadModel}, if the runtime has a file system. */
export async function loadModelFile<Model extends Layer = Layer>(
  path: string | URL,
  options: { runtime?: Runtime } = {},
): Promise<LoadedModel<Model>> {
  return loadModel<Model>(await readBytes(path), options);
}
