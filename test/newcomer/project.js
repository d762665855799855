import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sendFile } from '../../examples/page/server.js';
import { openInChromium } from '../helpers/chromium.js';
import { serveReports } from '../helpers/report-server.js';
import { run, start } from '../runtimes/processes.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Tools that newcomers install as well: here those of the repository, so that no network is needed. */
export const tool = (path) => join(root, 'node_modules', path);

/** Packs the package as npm would publish it; gives what makes projects with it. */
export async function packProject() {
  const folder = mkdtempSync(join(tmpdir(), 'lstm-wasm-newcomer-'));
  const packed = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
    cwd: root,
  });
  const tarball = join(folder, JSON.parse(packed)[0].filename);
  const makeProject = async (name) => {
    const project = new Project(join(folder, name));
    await project.run('npm', 'init', '-y');
    await project.run('npm', 'install', '--offline', '--no-audit', '--no-fund', tarball);
    return project;
  };
  return { folder, makeProject };
}

/** A newcomer's folder. */
class Project {
  constructor(folder) {
    this.folder = folder;
    mkdirSync(folder);
  }

  write(files) {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(this.folder, name)), { recursive: true });
      writeFileSync(join(this.folder, name), content);
    }
  }

  /** What a program prints, its last line break aside. @throws Error where it fails */
  async run(program, ...args) {
    const command = program === 'node' ? process.execPath : program;
    return (await run(command, args, { cwd: this.folder })).trimEnd();
  }

  /** A server that listens on PORT; ends with `stop()`. */
  async serve(script) {
    const port = String(await freePort());
    const { stop } = start(process.execPath, [script], { cwd: this.folder, env: { PORT: port } });
    const address = `http://127.0.0.1:${port}`;
    for (let tries = 0; ; tries++) {
      try {
        await fetch(address);
        return { address, stop };
      } catch (error) {
        if (tries === 100) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  /** What a page writes to its console, its errors too, once it logged `lines` lines. */
  async browse(page, lines, base = this.folder) {
    const { origin, report, close } = await serveReports((request, response) =>
      request.url === '/console.js'
        ? response.setHeader('Content-Type', 'text/javascript').end(consoleOf(lines))
        : sendFile(request, response, { root: base }),
    );
    const browser = openInChromium(`${origin}/${page}`);
    try {
      return await report('console', 60_000);
    } finally {
      browser.close();
      close();
    }
  }
}

/** The first script of a page: it sends what the console would show. */
export const CONSOLE = '<script src="/console.js"></script>';

function consoleOf(lines) {
  return `const shown = [];
    const show = (text) => {
      shown.push(text);
      if (shown.length >= ${lines} || /^error/.test(text)) fetch('/?report=console', { method: 'POST', body: JSON.stringify(shown) });
    };
    console.log = (...values) => show(values.join(' '));
    console.error = (...values) => show('error: ' + values.join(' '));
    addEventListener('error', ({ message, target }) => show('error: ' + (message ?? target.src)), true);
    addEventListener('unhandledrejection', ({ reason }) => show('error: ' + reason));`;
}

async function freePort() {
  const { createServer } = await import('node:net');
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
