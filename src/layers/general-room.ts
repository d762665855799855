import type { Runtime } from '../runtime/runtime.js';
import type { Cell } from './cell.js';
import type { General, Plan } from './plan.js';

type Take = (bytes: number) => number;

/** Takes what the general cell keeps of `rows` rows, and of `products` rows of the input product. */
export function takeRoom(
  plan: Plan,
  general: General,
  cell: Cell,
  rows: number,
  products: number,
  take: Take,
): void {
  const { hiddenSize: H, own } = cell;
  general.rows = take(5 * (H * 4 + 16));
  if (!cell.hasCell) return;
  plan.squashed = take(rows * H * 4);
  if (cell.zoneout.c > 0) general.candidates = take(rows * H * 4);
  if (cell.clip > 0 || own.layerNorm === 'cell') general.inner = take(rows * H * 4);
  if (own.projSize) general.opened = take(rows * H * 4);
  if (!own.layerNorm) return;
  general.normHidden = take(rows * 4 * H * 4);
  general.scales = take(rows * 16);
  if (own.layerNorm === 'gate') return;
  general.normInput = take(products * 4 * H * 4);
  general.normCell = take(rows * H * 4);
}

/** Where nothing is trained zoneout keeps the part of a state that is expected to stay: one row for all; 0 for none. */
export function expectedZoneout(runtime: Runtime, p: number, width: number, take: Take): number {
  if (p === 0) return 0;
  const pointer = take(width * 4);
  runtime.f32.fill(p, pointer >>> 2, (pointer >>> 2) + width);
  return pointer;
}
