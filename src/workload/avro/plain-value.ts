import type { Shape } from './shape.ts';

/**
 * What avsc read, as JSON has it: a union's value without its branch's name, bytes as text of one character a byte
 * (as Avro's own JSON form has them). Logical types stay the numbers that they are.
 */
export function plainValue(shape: Shape, value: unknown): unknown {
  switch (shape.kind) {
    case 'record': {
      const record = value as Readonly<Record<string, unknown>>;
      return Object.fromEntries(
        shape.fields.map(({ name, shape: own }) => [name, plainValue(own, record[name])]),
      );
    }
    case 'array':
      return (value as readonly unknown[]).map((item) => plainValue(shape.items, item));
    case 'map':
      return Object.fromEntries(
        Object.entries(value as Readonly<Record<string, unknown>>).map(([key, item]) => [
          key,
          plainValue(shape.values, item),
        ]),
      );
    case 'union': {
      if (value === null) return null;
      const [name] = Object.keys(value as object);
      const branch = shape.branches.find((each) => each.name === name);
      if (branch === undefined) return value;
      return plainValue(branch.shape, (value as Readonly<Record<string, unknown>>)[branch.name]);
    }
    case 'bytes':
    case 'fixed':
      return (value as Buffer).toString('latin1');
    default:
      return value;
  }
}
