import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createTarGzip } from 'nanotar';
// @ts-expect-error: plain JavaScript, without declarations
import { between, generator } from '../../examples/speech/random.js';
// @ts-expect-error: plain JavaScript, without declarations
import { wavOf } from '../../examples/speech/wav.js';

export interface Recording {
  digit: number;
  speaker: string;
  number: number;
  samples: Float32Array;
}

/** Where two formants of each "digit" begin and end, in Hz: they differ in how they move as well as in where they are. */
const FORMANTS = [
  [300, 300, 2200, 2200],
  [700, 700, 1200, 1200],
  [300, 700, 900, 1200],
  [700, 300, 1200, 900],
  [500, 500, 1700, 2600],
  [500, 500, 2600, 1700],
  [300, 800, 2800, 1800],
  [800, 300, 1800, 2800],
  [400, 400, 1000, 1000],
  [600, 600, 3000, 3000],
] as const;
const RATE = 8000;

/** Tones in noise that stand for recordings: `each` of every digit and speaker, the same for one seed. */
export function spokenTones(speakers: readonly string[], each: number, seed = 1): Recording[] {
  const random: () => number = generator(seed);
  return speakers.flatMap((speaker, n) =>
    FORMANTS.flatMap((_, digit) =>
      Array.from({ length: each }, (_, number) => {
        return { digit, speaker, number, samples: tone(digit, 1 + 0.08 * n, random) };
      }),
    ),
  );
}

function tone(digit: number, throat: number, random: () => number): Float32Array {
  const [from1, to1, from2, to2] = FORMANTS[digit] as (typeof FORMANTS)[number];
  const length = Math.round(RATE * between(random, 0.2, 0.3));
  const loudness = between(random, 0.1, 0.4);
  const wide = throat * between(random, 0.97, 1.03);
  let [phase1, phase2] = [0, 0];
  return Float32Array.from({ length }, (_, n) => {
    const part = n / length;
    phase1 += (2 * Math.PI * wide * (from1 + (to1 - from1) * part)) / RATE;
    phase2 += (2 * Math.PI * wide * (from2 + (to2 - from2) * part)) / RATE;
    const swell = Math.sin(Math.PI * part);
    return loudness * swell * (Math.sin(phase1) + 0.6 * Math.sin(phase2)) + between(random, -0.01, 0.01);
  });
}

/** Puts them where the examples look for the data set. */
export async function writeRecordings(folder: string, recordings: readonly Recording[]): Promise<void> {
  const files = recordings.map(({ digit, speaker, number, samples }) => {
    return { name: `recordings/${digit}_${speaker}_${number}.wav`, data: wavOf(samples) as Uint8Array };
  });
  const path = join(folder, 'datasets/spoken-digits/fsdd_recordings.tar.gz');
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, await createTarGzip(files));
}
