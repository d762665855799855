import { CONTENDERS, LIMITS } from './contenders.js';
import { Contender } from './process.js';
import { WORKLOADS, flops } from './workloads.js';
import { measure } from './rounds.js';
import { compileLimits } from './limits/compile.js';
import { median } from './statistics.js';
const [,, who, what] = process.argv;
const kernel = await compileLimits();
const cs = [];
for (const spec of [...CONTENDERS, LIMITS]) { if (who && !who.split(',').includes(spec.name)) continue; const c = new Contender(spec); c.spec = spec; console.log(spec.name, await c.ask('open').catch(e=>e.message)); cs.push(c); }
for (const w of WORKLOADS) { if (what && !w.name.startsWith(what)) continue;
  const t0=Date.now();
  const r = await measure(w, cs.filter(c=>c.spec.takes(w,false)), { rounds: 3, warmth: 150, sample: 30, budget: 1500, patience: 60, kernel });
  console.log(w.name, ((Date.now()-t0)/1000).toFixed(1)+'s');
  for (const [n, e] of Object.entries(r)) { const s=e.samples.filter(x=>x!==undefined); console.log('   ', n.padEnd(10), e.void??e.missing??'', s.length? (typeof s[0]==='number'? `${(median(s)*1000).toFixed(1)} µs  ${(flops(w)/median(s)/1e6).toFixed(1)} GF` : JSON.stringify(s[0])):'', e.worst?.toExponential(1), e.note??''); }
}
for (const c of cs) c.close();
