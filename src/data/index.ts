export {
  type Batches,
  type BatchesOptions,
  type BatchesState,
  batches,
  type LanesOptions,
  lanes,
} from './batches.js';
export { Vocabulary } from './vocabulary.js';
