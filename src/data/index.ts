/**
 * Turns files, text and sound into batches.
 *
 * @module lstm-wasm/data
 */

export { type LogMel, type LogMelOptions, logMel, readWav, type Wav } from './audio.js';
export { type BaselineComparison, compareWithBaselines } from './baselines.js';
export { type Batches, type BatchesOptions, type BatchesState, batches } from './batches.js';
export { type Bucket, type BucketsOptions, bucketBatches } from './buckets.js';
export { type CsvOptions, readCsv } from './csv.js';
export { type Lanes, type LanesOptions, lanes, type SeriesLanesOptions } from './lanes.js';
export { countMissing, type FillOptions, fillMissing } from './missing.js';
export type { Scaler, ScalerOptions, ScalerState } from './scaler.js';
export {
  MinMaxScaler,
  type MinMaxScalerOptions,
  type MinMaxScalerState,
  StandardScaler,
  type StandardScalerState,
} from './scalers.js';
export { type Padded, padSequences, type Sequences } from './sequences.js';
export type { Column, Series } from './series.js';
export type { BytesSource } from './source.js';
export { chronologicalSplit, type SeriesPart, type SplitOptions } from './split.js';
export type { CsvTable, DatesOptions, NumbersOptions } from './table.js';
export { tokenize } from './tokenize.js';
export { Vocabulary } from './vocabulary.js';
export { type Windows, type WindowsOptions, windows } from './windows.js';
export {
  type EncodeOptions,
  WordVocabulary,
  type WordVocabularyOptions,
  type WordVocabularyState,
} from './word-vocabulary.js';
