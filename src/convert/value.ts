const unknownTag: unique symbol = Symbol('unknown');
const referenceTag: unique symbol = Symbol('reference');
const openTag: unique symbol = Symbol('open');

/** A value of a playbook, as far as the files define it. Texts may be templates. */
export type Value = null | boolean | number | string | readonly Value[] | Unknown | Reference | ValueMap;

/** A mapping of a playbook. */
export interface ValueMap {
  readonly [key: string]: Value;
}

/** A value that the files don't define, and why. */
export interface Unknown {
  readonly [unknownTag]: string;
}

/** A value that an earlier task created and that has no text here, such as the ID of a new token. */
export interface Reference {
  readonly [referenceTag]: 'token' | 'registry' | 'account';
  readonly id: string;
}

/** Returns a value that is not known, with the reason as a noun phrase or a clause. */
export function unknown(why: string): Unknown {
  return { [unknownTag]: why };
}

/** Returns a reference to a value that an earlier task created. */
export function reference(to: Reference[typeof referenceTag], id: string): Reference {
  return { [referenceTag]: to, id };
}

/** Returns a mapping that may have more keys than are known: the result of a task. */
export function openMap(entries: ValueMap): ValueMap {
  return Object.assign({}, entries, { [openTag]: true });
}

/** Tells whether a mapping may have more keys than are known. */
export function isOpen(map: ValueMap): boolean {
  return openTag in map;
}

/** Tells whether a value is not known. */
export function isUnknown(value: unknown): value is Unknown {
  return typeof value === 'object' && value !== null && unknownTag in value;
}

/** Returns why a value is not known. */
export function unknownReason(value: Unknown): string {
  return value[unknownTag];
}

/** Returns the ID if a value is a reference of this type. */
export function referred(value: Value | undefined, to: Reference[typeof referenceTag]): string | undefined {
  return isReference(value) && value[referenceTag] === to ? value.id : undefined;
}

/** Tells whether a value is a reference. */
export function isReference(value: unknown): value is Reference {
  return typeof value === 'object' && value !== null && referenceTag in value;
}

/** Tells whether a value is a list. */
export function isList(value: unknown): value is readonly Value[] {
  return Array.isArray(value);
}

/** Tells whether a value is a mapping. */
export function isMapping(value: unknown): value is ValueMap {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !isUnknown(value) &&
    !isReference(value)
  );
}

/** Returns the value of a key; `undefined` if there is none. */
export function own(map: ValueMap, key: string): Value | undefined {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}

/** Returns the names in a value of one text or a list of texts, as Ansible accepts tags; `undefined` if unknown. */
export function namesIn(value: Value | undefined): readonly string[] | undefined {
  if (value === undefined || value === null) return [];
  const items = isList(value) ? value : [value];
  if (!items.every((item) => typeof item === 'string' || typeof item === 'number')) return undefined;
  return items.flatMap((item) => String(item).split(',')).map((name) => name.trim());
}
