import { quoted } from '../command.js';
import { table } from '../report.js';
import { MODEL } from './options.js';
import { count } from './wording.js';

/** Prints the model, its text and the binary. */
export function introduce({ train, heldOut, vocabulary, model, settings, trainer }) {
  const from = trainer.step > 0 ? `, continues after step ${count(trainer.step)}` : '';
  console.log(
    `${settings.text}: ${count(train.length)} characters to train on, ` +
      `the last ${count(heldOut.length)} held out, ${vocabulary.size} different ones`,
  );
  console.log(`LSTM with ${settings.hidden} units, ${count(model.parameterCount)} parameters${from}`);
  console.log(`Runs on the ${binaryLine(model.runtime.variant, settings)}.\n`);
}

function binaryLine(variant, { unit }) {
  if (variant === 'relaxed') return 'relaxed binary, the faster one';
  return unit === 'steps'
    ? 'simd binary, which gives the same bits everywhere'
    : 'simd binary: this engine has no relaxed SIMD, which would be faster (Node 22 and later have it)';
}

/** Bits per character of all models, each on the same held-out characters. */
export function showTable({ heldOut, trainer }, { unigram, trigram, gzip, lstm }) {
  const rows = [
    ['unigram', unigram],
    ['gzip -9, behind the training text', gzip],
    ['trigram, interpolated (Witten-Bell)', trigram],
    [`LSTM after ${count(trainer.step)} steps`, lstm],
  ];
  console.log(`\nOn the ${count(heldOut.length)} held-out characters:\n`);
  console.log(
    table(
      ['', 'bits a character'],
      rows.map(([name, bits]) => [name, bits.toFixed(3)]),
    ),
  );
  const [difference, side] = [Math.abs(trigram - lstm).toFixed(3), lstm < trigram ? 'below' : 'above'];
  console.log(`\nThe LSTM is ${difference} bits ${side} the trigram.`);
}

export function sayHowToResume({ trainer }, out) {
  console.log(`Stopped after step ${count(trainer.step)}, saved to ${out}. To continue:`);
  console.log(`  npm start -- --resume ${quoted(out)}`);
}

export function sayHowToWrite({ out, plot }) {
  const flag = out === MODEL ? '' : ` --model ${quoted(out)}`;
  console.log(
    `How it learned is drawn in ${plot}. It writes (node examples/book/predict.js${flag} for more):\n`,
  );
}
