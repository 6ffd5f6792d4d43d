import avsc, { type Type } from 'avsc';

/** An attribute of a schema that says what its values mean; the bytes are those of the type beneath. */
export interface Logical {
  readonly logicalType: string;
  readonly precision?: unknown;
  readonly scale?: unknown;
}

export type PrimitiveKind = 'null' | 'boolean' | 'int' | 'long' | 'float' | 'double' | 'bytes' | 'string';

/** A schema as a tree that TypeScript knows; one that mentions itself is a ring. */
export type Shape =
  | { readonly kind: PrimitiveKind; readonly logical: Logical | null }
  | { readonly kind: 'fixed'; readonly name: string; readonly size: number; readonly logical: Logical | null }
  | { readonly kind: 'enum'; readonly name: string; readonly symbols: readonly string[] }
  | { readonly kind: 'array'; readonly items: Shape }
  | { readonly kind: 'map'; readonly values: Shape }
  | { readonly kind: 'union'; readonly branches: readonly Branch[] }
  | RecordShape;

/** `name` is what the branch is called in Avro's JSON form: `long`, `map`, or a full name. */
export interface Branch {
  readonly name: string;
  readonly shape: Shape;
}

export interface RecordShape {
  readonly kind: 'record';
  readonly name: string;
  readonly fields: readonly FieldShape[];
}

export interface FieldShape {
  readonly name: string;
  readonly shape: Shape;
  /** What a record has that does not say; undefined: it must. */
  readonly default: () => unknown;
}

const primitives: readonly string[] = [
  'null',
  'boolean',
  'int',
  'long',
  'float',
  'double',
  'bytes',
  'string',
];

/** @param logicalOf attributes that avsc leaves out of its types */
export function shapeOf(type: Type, logicalOf: (type: Type) => Logical | null): Shape {
  const known = new Map<Type, Shape>();
  const walk = (each: Type): Shape => {
    const before = known.get(each);
    if (before) return before;
    if (primitives.includes(each.typeName)) {
      return { kind: each.typeName as PrimitiveKind, logical: logicalOf(each) };
    }
    if (each instanceof avsc.types.FixedType) {
      return { kind: 'fixed', name: nameOf(each), size: each.size, logical: logicalOf(each) };
    }
    if (each instanceof avsc.types.EnumType) {
      return { kind: 'enum', name: nameOf(each), symbols: each.symbols };
    }
    if (each instanceof avsc.types.ArrayType) return { kind: 'array', items: walk(each.itemsType) };
    if (each instanceof avsc.types.MapType) return { kind: 'map', values: walk(each.valuesType as Type) };
    if (each instanceof avsc.types.WrappedUnionType) {
      return {
        kind: 'union',
        branches: each.types.map((branch) => ({ name: branch.branchName ?? '', shape: walk(branch) })),
      };
    }
    if (!(each instanceof avsc.types.RecordType)) throw new Error(`unknown type ${each.typeName}`);
    const fields: FieldShape[] = [];
    // Known before its fields are: they may hold the record itself.
    const shape: RecordShape = { kind: 'record', name: nameOf(each), fields };
    known.set(each, shape);
    for (const field of each.fields) {
      fields.push({
        name: field.name,
        shape: walk(field.type),
        default: () => field.defaultValue() as unknown,
      });
    }
    return shape;
  };
  return walk(type);
}

const nameOf = (type: Type): string => type.name ?? type.typeName;
