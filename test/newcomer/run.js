// What newcomers do, each in an empty folder: npm install, copy the code of README.md and docs/, run it. npm run test:newcomer
// Needs Chromium for the pages: CHROMIUM names it where the PATH has none. Ends with one line to count on.

import { readdirSync, rmSync } from 'node:fs';
import { packProject } from './project.js';

const { makeProject, folder } = await packProject();
const count = { passed: 0, failed: 0 };
try {
  for (const file of readdirSync(new URL('projects', import.meta.url)).sort()) await check(file);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${count.passed} passed, ${count.failed} failed, 0 skipped`);
if (count.failed > 0) process.exitCode = 1;

/** One file of projects/: `who`, and `use(project)`, which throws where something is not as the documentation says. */
async function check(file) {
  const began = Date.now();
  const { who, use } = await import(`./projects/${file}`);
  try {
    await use(await makeProject(file.replace('.js', '')));
    count.passed++;
    console.log(`ok: ${who} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
  } catch (error) {
    count.failed++;
    console.log(`failed: ${who}: ${error.stack}`);
  }
}
