/**
 * A line cut where it leaves the axis, so that no value beyond it is drawn as if it lay on the edge. NaN is a gap.
 *
 * @param {[x: number, y: number][]} points
 * @param {{ domain: [low: number, high: number], log: boolean }} axis between its points a line is straight on this axis
 * @returns {{ runs: [x: number, y: number][][], exits: { x: number, y: number, side: 'below' | 'above' }[] }} the stretches on the axis, and where
 *   the line leaves it or comes back
 */
export function cutLine(points, { domain: [low, high], log }) {
  const place = log ? Math.log : (value) => value;
  const sideOf = (y) => (y < low ? 'below' : y > high ? 'above' : Number.isNaN(y) ? 'gap' : 'inside');
  const edgeOf = (side) => (side === 'below' ? low : high);
  /** Where the way from `inside` to `outside` crosses the edge. */
  const crossing = ([x0, y0], [x1, y1]) => {
    const edge = edgeOf(sideOf(y1));
    const part = Number.isFinite(place(y1)) ? (place(edge) - place(y0)) / (place(y1) - place(y0)) : 1;
    return [x0 + part * (x1 - x0), edge];
  };
  const runs = [];
  const exits = [];
  let before = 'gap';
  const leave = (inside, outside) => {
    const [x, y] = crossing(inside, outside);
    exits.push({ x, y, side: sideOf(outside[1]) });
    return [x, y];
  };
  for (const [n, point] of points.entries()) {
    const side = sideOf(point[1]);
    if (side === 'inside') {
      if (before === 'gap') runs.push([]);
      else if (before !== 'inside') runs.push([leave(point, points[n - 1])]);
      runs.at(-1).push(point);
    } else if (before === 'inside' && side !== 'gap') runs.at(-1).push(leave(points[n - 1], point));
    before = side;
  }
  return { runs, exits };
}
