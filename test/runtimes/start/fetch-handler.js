import { suite } from './suite.js';

export default {
  async fetch() {
    const report = await suite();
    return Response.json({ ...report, also: { 'bytes refused': refusesBytes() } });
  },
};

/** Where nothing can be compiled from bytes, all that ran came as a module. */
function refusesBytes() {
  try {
    return !new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
  } catch {
    return true;
  }
}
