declare module 'pbf/compile' {
  /** `readX` and `writeX` for each message X of a schema. */
  export function compile(schema: unknown): Record<string, (...args: unknown[]) => unknown>;
}

declare module 'protocol-buffers-schema' {
  export default function parse(text: string): unknown;
}
