import { deflateSync } from 'node:zlib';

/**
 * A grayscale image for an SVG, larger values darker: [columns, rows] → a PNG with a pixel per value, row 0 at the bottom.
 *
 * @returns {string} a data URL
 */
export function grayscale({ data, shape: [columns, rows] }) {
  const sorted = data.toSorted();
  const [low, high] = [sorted[0], sorted.at(-1)];
  // Each line begins with its filter type, 0 for none.
  const lines = Buffer.alloc(rows * (columns + 1));
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const value = data[column * rows + (rows - 1 - row)];
      lines[row * (columns + 1) + 1 + column] = Math.round(255 * (1 - (value - low) / (high - low || 1)));
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(columns, 0);
  header.writeUInt32BE(rows, 4);
  header[8] = 8; // bits a pixel; the colour type 0 that follows is grey
  const chunks = [chunk('IHDR', header), chunk('IDAT', deflateSync(lines, { level: 9 })), chunk('IEND')];
  const png = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), ...chunks]);
  return `data:image/png;base64,${png.toString('base64')}`;
}

function chunk(type, data = Buffer.alloc(0)) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}

/** Bit by bit: the image is small. */
function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
