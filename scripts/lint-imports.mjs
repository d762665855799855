// Imports run one way: there is no cycle between files, and a folder of src/ or assembly/ imports only from itself and from
// folders before it in the lists below. Type imports and import() count. An alias such as #threads counts as its file in the
// `paths` of tsconfig.json.
//   node scripts/lint-imports.mjs [directory that holds src/, assembly/ and tsconfig.json]

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

/** The folders of each tree; '.' stands for the files at its top, the entry points. */
const FOLDERS = {
  src: [
    'validation',
    'runtime',
    'layers',
    'parallel',
    'training',
    'data',
    'files',
    'inspect',
    'workers',
    '.',
  ],
  assembly: ['memory', 'kernels', 'layers', 'cells', 'stack', 'training', '.'],
};

const IMPORTS = [
  /^[ \t]*import\s+(?:type\s+)?[\w$*{},\s]+?\s+from\s*['"]([^'"]+)['"]/gm,
  /^[ \t]*export\s+(?:type\s+)?(?:\*(?:\s+as\s+[\w$]+)?|\{[^}]*\})\s+from\s*['"]([^'"]+)['"]/gm,
  /^[ \t]*import\s*['"]([^'"]+)['"]/gm,
  /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g,
];

const root = process.argv[2] ?? '.';
const aliases = aliasesOf(join(root, 'tsconfig.json'));
const findings = Object.keys(FOLDERS).flatMap(lint);
for (const finding of findings) console.error(finding);
console.log(`imports: ${findings.length} cycles or imports in the wrong direction`);
if (findings.length > 0) process.exitCode = 1;

/** The file of each alias, relative to the root. */
function aliasesOf(tsconfig) {
  const { paths = {} } = JSON.parse(readFileSync(tsconfig, 'utf8')).compilerOptions;
  return Object.fromEntries(Object.entries(paths).map(([name, [path]]) => [name, posix.normalize(path)]));
}

function lint(tree) {
  if (!existsSync(join(root, tree))) return [];
  const names = readdirSync(join(root, tree), { recursive: true }).map((name) => name.replaceAll('\\', '/'));
  const files = names.filter((name) => name.endsWith('.ts')).map((name) => `${tree}/${name}`);
  const graph = new Map(files.map((file) => [file, importsOf(file, files)]));
  return [...wrongWay(tree, graph), ...cycles(graph)];
}

/** The files of its own tree that a file imports. */
function importsOf(file, files) {
  const code = withoutComments(readFileSync(join(root, file), 'utf8'));
  const names = IMPORTS.flatMap((pattern) => [...code.matchAll(pattern)].map(([, name]) => name));
  const targets = names.map((name) => targetOf(file, name));
  return [...new Set(targets.filter((target) => files.includes(target)))];
}

/** The source file of a module specifier: './x.js' and './x' both mean x.ts. */
function targetOf(file, name) {
  if (!name.startsWith('.')) return aliases[name];
  return `${posix.join(posix.dirname(file), name).replace(/\.(js|ts)$/, '')}.ts`;
}

/** Drops lines that begin as comments do, since examples in comments import too. */
function withoutComments(code) {
  return code.replace(/^[ \t]*(\/\*|\*|\/\/).*$/gm, '');
}

function wrongWay(tree, graph) {
  const order = FOLDERS[tree];
  const folderOf = (file) => {
    const [, folder, ...rest] = file.split('/');
    return rest.length > 0 ? folder : '.';
  };
  const unknown = [...graph.keys()].filter((file) => !order.includes(folderOf(file)));
  const edges = [...graph].flatMap(([file, targets]) => targets.map((target) => [file, target]));
  const wrong = edges.filter(
    ([file, target]) => order.indexOf(folderOf(file)) < order.indexOf(folderOf(target)),
  );
  return [
    ...unknown.map((file) => `${file}: scripts/lint-imports.mjs does not list this folder`),
    ...wrong.map(
      ([file, target]) =>
        `${file} imports ${target}: ${folderOf(file)} ranks below ${folderOf(target)} and must not import it`,
    ),
  ];
}

/** A shortest cycle for each file on one, unless a cycle reported before contains the file. */
function cycles(graph) {
  const reported = new Set();
  return [...graph.keys()].flatMap((file) => {
    if (reported.has(file)) return [];
    const cycle = cycleThrough(file, graph);
    for (const one of cycle) reported.add(one);
    return cycle.length > 0 ? [`import cycle: ${[...cycle, file].join(' → ')}`] : [];
  });
}

/** The files on a shortest path from a file back to itself, found breadth-first; empty if there is none. */
function cycleThrough(start, graph) {
  const before = new Map();
  const queue = [start];
  for (const file of queue) {
    for (const target of graph.get(file)) {
      if (target === start) return pathTo(file, before);
      if (before.has(target)) continue;
      before.set(target, file);
      queue.push(target);
    }
  }
  return [];
}

function pathTo(file, before) {
  const path = [];
  for (let one = file; one !== undefined; one = before.get(one)) path.unshift(one);
  return path;
}
