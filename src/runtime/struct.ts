/**
 * The offset of a field in its struct, in bytes, and the type of the value there. Those in src/runtime/structs are generated
 * from the classes of the core.
 */
export type Field<Type extends 'i32' | 'u32' | 'f32' | 'f64'> = number & { readonly type: Type };

type IntField = Field<'i32'> | Field<'u32'>;

/** `memory` is a view of the core's memory, `struct` where the struct begins. */
export function readInt(memory: Int32Array, struct: number, field: IntField): number {
  return memory[(struct + field) >>> 2] as number;
}

export function writeInt(memory: Int32Array, struct: number, field: IntField, value: number): void {
  memory[(struct + field) >>> 2] = value;
}

/** `memory` is a view of the core's memory of the fields' type. */
export function writeFields<Memory extends Int32Array | Float32Array>(
  memory: Memory,
  struct: number,
  values: readonly (readonly [Memory extends Int32Array ? IntField : Field<'f32'>, number])[],
): void {
  for (const [field, value] of values) memory[(struct + field) >>> 2] = value;
}
