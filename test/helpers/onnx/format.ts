import { readFileSync } from 'node:fs';
import { PbfReader, PbfWriter } from 'pbf';
import { compile } from 'pbf/compile';
import parse from 'protocol-buffers-schema';

export const OPERATORS = {
  LSTM: {
    inputs: ['X', 'W', 'R', 'B', 'sequence_lens', 'initial_h', 'initial_c', 'P'],
    outputs: ['Y', 'Y_h', 'Y_c'],
  },
  GRU: { inputs: ['X', 'W', 'R', 'B', 'sequence_lens', 'initial_h'], outputs: ['Y', 'Y_h'] },
  RNN: { inputs: ['X', 'W', 'R', 'B', 'sequence_lens', 'initial_h'], outputs: ['Y', 'Y_h'] },
} as const;

export type Operator = keyof typeof OPERATORS;

export interface OnnxTensor {
  data: Float32Array | Int32Array;
  shape: number[];
}

export interface Attributes {
  hidden_size: number;
  direction?: 'forward' | 'reverse' | 'bidirectional';
  layout?: number;
  activations?: string[];
  activation_alpha?: number[];
  activation_beta?: number[];
  clip?: number;
  input_forget?: number;
  linear_before_reset?: number;
}

/** A recurrent node with what goes into it, by the operator's own names. */
export interface RecurrentNode {
  operator: Operator;
  attributes: Attributes;
  inputs: Record<string, OnnxTensor>;
}

interface AttributeProto {
  name: string;
  f?: number;
  i?: number;
  s?: Uint8Array;
  floats?: number[];
  strings?: Uint8Array[];
  type: number;
}

interface TensorProto {
  name?: string;
  dims: number[];
  data_type: number;
  float_data?: number[];
  int32_data?: number[];
  raw_data?: Uint8Array;
}

interface GraphProto {
  node: { op_type: Operator; input: string[]; output: string[]; attribute: AttributeProto[] }[];
  name: string;
  initializer: TensorProto[];
  input: { name: string; type?: unknown }[];
  output: { name: string; type?: unknown }[];
}

const schema = compile(parse(readFileSync(new URL('onnx.proto', import.meta.url), 'utf8')));
const FLOAT = 1;
const INT32 = 6;
/** AttributeProto's kinds, and the field that holds the value of each. */
const KINDS: Record<number, 'f' | 'i' | 's' | 'floats' | 'strings'> = {
  1: 'f',
  2: 'i',
  3: 's',
  6: 'floats',
  8: 'strings',
};
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytesOf = (value: string) => new TextEncoder().encode(value);

export function readTensor(bytes: Uint8Array): OnnxTensor {
  return tensorOf(schema['readTensorProto'](new PbfReader(bytes)) as TensorProto);
}

function tensorOf({ dims, data_type, float_data, int32_data, raw_data }: TensorProto): OnnxTensor {
  if (data_type !== FLOAT && data_type !== INT32) throw new Error(`tensor of type ${data_type}`);
  const Kind = data_type === FLOAT ? Float32Array : Int32Array;
  // A copy, since the field may begin at any byte of the file.
  const data = raw_data
    ? new Kind(new Uint8Array(raw_data).buffer)
    : Kind.from((data_type === FLOAT ? float_data : int32_data) ?? []);
  return { data, shape: dims };
}

export interface OnnxModel extends RecurrentNode {
  /** Of each graph input in turn, what the operator calls it. */
  order: string[];
  /** The operator's outputs that the graph gives, in its order. */
  outputs: string[];
  /** All stored tensors by the graph's own names. */
  stored: Record<string, OnnxTensor>;
}

/** A model of one recurrent node; `inputs` has those that are stored in it. */
export function readModel(bytes: Uint8Array): OnnxModel {
  const { graph } = schema['readModelProto'](new PbfReader(bytes)) as { graph: GraphProto };
  const [node, ...others] = graph.node;
  if (node === undefined || others.length > 0 || !(node.op_type in OPERATORS))
    throw new Error(`one recurrent node expected, got ${graph.node.map((other) => other.op_type)}`);
  const { inputs, outputs } = OPERATORS[node.op_type];
  const roleOf = (name: string) => inputs[node.input.indexOf(name)] as string;
  const tensors = graph.initializer.map((proto): [string, OnnxTensor] => [proto.name ?? '', tensorOf(proto)]);
  const stored = Object.fromEntries(tensors);
  const bound = Object.entries(stored).filter(([name]) => node.input.includes(name));
  return {
    operator: node.op_type,
    attributes: attributesOf(node.attribute),
    inputs: Object.fromEntries(bound.map(([name, tensor]) => [roleOf(name), tensor])),
    order: graph.input.map(({ name }) => roleOf(name)),
    outputs: graph.output.map(({ name }) => outputs[node.output.indexOf(name)] as string),
    stored,
  };
}

function attributesOf(protos: AttributeProto[]): Attributes {
  const entries = protos.map((proto): [string, unknown] => {
    const kind = KINDS[proto.type];
    if (kind === 's') return [proto.name, text(proto.s as Uint8Array)];
    if (kind === 'strings') return [proto.name, (proto.strings ?? []).map(text)];
    if (kind === undefined) throw new Error(`attribute ${proto.name} of type ${proto.type}`);
    return [proto.name, proto[kind]];
  });
  return Object.fromEntries(entries) as unknown as Attributes;
}

/** The node alone in a model, each of its inputs fed but those in `stored`, which are written into the file. */
export function writeModel(
  node: RecurrentNode,
  { stored = {}, opset = 14 }: { stored?: Record<string, OnnxTensor>; opset?: number } = {},
): Uint8Array {
  const { inputs, outputs } = OPERATORS[node.operator];
  const given = inputs.map((name) => (name in node.inputs ? name : ''));
  const fed = given.filter((name) => name !== '' && !(name in stored));
  const graph: GraphProto = {
    name: node.operator,
    node: [
      {
        op_type: node.operator,
        input: given.slice(0, 1 + Math.max(...given.map((name, n) => (name === '' ? 0 : n)))),
        output: [...outputs],
        attribute: Object.entries(node.attributes).map(attributeProto),
      },
    ],
    initializer: Object.entries(stored).map(([name, tensor]) => tensorProto(name, tensor)),
    input: fed.map((name) => ({ name, type: typeOf(node.inputs[name] as OnnxTensor) })),
    output: outputs.map((name) => ({ name, type: { tensor_type: { elem_type: FLOAT } } })),
  };
  const writer = new PbfWriter();
  schema['writeModelProto']({ ir_version: 7, graph, opset_import: [{ version: opset }] }, writer);
  return writer.finish();
}

const FLOATING = ['clip', 'activation_alpha', 'activation_beta'];

function attributeProto([name, value]: [string, unknown]): AttributeProto {
  if (typeof value === 'string') return { name, s: bytesOf(value), type: 3 };
  if (typeof value === 'number')
    return FLOATING.includes(name) ? { name, f: value, type: 1 } : { name, i: value, type: 2 };
  return FLOATING.includes(name)
    ? { name, floats: value as number[], type: 6 }
    : { name, strings: (value as string[]).map(bytesOf), type: 8 };
}

const typeNumber = ({ data }: OnnxTensor) => (data instanceof Int32Array ? INT32 : FLOAT);

function tensorProto(name: string, tensor: OnnxTensor): TensorProto {
  const { data, shape } = tensor;
  const raw_data = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { name, dims: shape, data_type: typeNumber(tensor), raw_data };
}

function typeOf(tensor: OnnxTensor) {
  const dim = tensor.shape.map((dim_value) => ({ dim_value }));
  return { tensor_type: { elem_type: typeNumber(tensor), shape: { dim } } };
}
