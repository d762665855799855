import { createRequire } from 'node:module';
import { type OnnxTensor, OPERATORS, type RecurrentNode, writeModel } from '../helpers/onnx/format.js';

interface Session {
  run(feeds: Record<string, unknown>): Promise<Record<string, { data: Float32Array; dims: number[] }>>;
  release(): Promise<void>;
}

/** What is used of it here: its own types are not there before test/oracle/install.js has run. */
interface OnnxRuntime {
  InferenceSession: { create(model: Uint8Array, options: object): Promise<Session> };
  Tensor: new (type: string, data: Float32Array | Int32Array, dims: number[]) => unknown;
  env: { versions: { node: string } };
}

// It would write a database into the home folder otherwise.
process.env['ORT_DISABLE_TELEMETRY'] = '1';
const ort = createRequire(import.meta.url)('onnxruntime-node') as OnnxRuntime;

export const version = ort.env.versions.node;

/** The node on onnxruntime's CPU, by the operator's names. @throws what it says of a node that it refuses */
export async function runOnnxRuntime(node: RecurrentNode): Promise<Record<string, OnnxTensor>> {
  const session = await ort.InferenceSession.create(writeModel(node), {
    executionProviders: ['cpu'],
    intraOpNumThreads: 1,
    logSeverityLevel: 4,
  });
  try {
    const feeds = Object.entries(node.inputs).map(([name, { data, shape }]) => [
      name,
      new ort.Tensor(data instanceof Int32Array ? 'int32' : 'float32', data, shape),
    ]);
    const results = await session.run(Object.fromEntries(feeds));
    return Object.fromEntries(
      OPERATORS[node.operator].outputs.map((name) => {
        const { data, dims } = results[name];
        return [name, { data: Float32Array.from(data), shape: [...dims] }];
      }),
    );
  } finally {
    await session.release();
  }
}
