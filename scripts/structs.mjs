// Runs asc, and writes the layout of the structs and the values of the enums that the host shares with the core, as the
// compiler sees them, as TypeScript to src/runtime/structs/.
//   node scripts/structs.mjs --target debug

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const FOLDER = fileURLToPath(new URL('../src/runtime/structs/', import.meta.url));

/** The generated files, each with the class or enum that it describes. */
const SHARED = {
  'plan.ts': 'cells/plan/Plan',
  'pass.ts': 'stack/pass/Pass',
  'source.ts': 'kernels/random/Source',
  'cell-kind.ts': 'cells/plan/CellKind',
  'pack-part.ts': 'cells/packs/PackPart',
  'merge.ts': 'stack/merge/Merge',
  'activation-kind.ts': 'kernels/activation/ActivationKind',
};

/** Compiles with the arguments of asc's command line. Returns the generated files, name to text. */
export async function compileStructs(args) {
  const files = {};
  class Describe {
    afterCompile() {
      for (const [file, path] of Object.entries(SHARED)) {
        const element = this.program.elementsByName.get(`assembly/${path}`);
        if (!element) throw new Error(`no such class or enum: assembly/${path}`);
        files[file] = header(path) + (element.instances ? structText(element) : enumText(element));
      }
    }
  }
  const { error, stderr } = await asc.main(args, { transforms: [Describe] });
  if (error) throw new Error(`asc ${args.join(' ')}: ${stderr}`);
  return files;
}

/** Writes only changed files, so that unchanged ones keep their modification time, and removes files that are no longer generated. */
function writeStructs(files) {
  mkdirSync(FOLDER, { recursive: true });
  const present = readStructs();
  for (const name of Object.keys(present)) if (!(name in files)) rmSync(FOLDER + name);
  for (const [name, text] of Object.entries(files)) {
    if (present[name] !== text) writeFileSync(FOLDER + name, text);
  }
}

/** The committed files, name to text. */
export function readStructs() {
  return Object.fromEntries(readdirSync(FOLDER).map((name) => [name, readFileSync(FOLDER + name, 'utf8')]));
}

function header(path) {
  const [, file, name] = /^(.*)\/(\w+)$/.exec(path);
  return `// Generated from ${name} in assembly/${file}.ts: npm run build\n\n`;
}

/** The offset of each field in bytes, and the size of all. */
function structText({ instances }) {
  const struct = instances.get('');
  const fields = [...struct.members.values()].map(({ instance }) => instance);
  const lines = fields.map(({ name, type, memoryOffset }) => {
    const stored = type.toString() === 'usize' ? 'u32' : type;
    return `export const ${name} = ${memoryOffset} as Field<'${stored}'>;\n`;
  });
  return [
    "import type { Field } from '../struct.js';\n\n",
    ...lines,
    `\n/** Bytes of the struct. */\nexport const SIZE = ${struct.nextMemoryOffset};\n`,
  ].join('');
}

function enumText({ members }) {
  const lines = [...members.values()].map(
    ({ name, constantIntegerValue }) => `export const ${name} = ${Number(constantIntegerValue)};\n`,
  );
  return lines.join('');
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeStructs(await compileStructs(process.argv.slice(2)));
