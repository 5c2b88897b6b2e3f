import { unknown, type Value } from './value.ts';

/*
 * Ansible reads YAML 1.1 with PyYAML, whose rules are neither those of YAML 1.2 nor quite those of YAML 1.1: `yes` and
 * `off` are booleans, `y` is a text; `0123` is octal, `0o17` a text; `1:30` is 90.
 */
const yes = /^(?:yes|Yes|YES|true|True|TRUE|on|On|ON)$/;
const no = /^(?:no|No|NO|false|False|FALSE|off|Off|OFF)$/;
const none = /^(?:~|null|Null|NULL|)$/;
const float =
  /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
const integer =
  /^(?<sign>[-+]?)(?:0b(?<binary>[01_]+)|0(?<octal>[0-7_]+)|(?<decimal>0|[1-9][0-9_]*)|0x(?<hexadecimal>[0-9a-fA-F_]+)|(?<sixties>[1-9][0-9_]*(?::[0-5]?[0-9])+))$/;
const date = /^\d{4}-\d{2}-\d{2}$/;
const timestamp =
  /^(\d{4})-(\d\d?)-(\d\d?)(?:[Tt]|[ \t]+)(\d\d?):(\d\d):(\d\d)(\.\d*)?(?:[ \t]*(?:(Z)|([-+])(\d\d?)(?::(\d\d))?))?$/;

/** Reads a scalar without quotes as Ansible does. */
export function plainScalar(text: string): Value {
  if (yes.test(text)) return true;
  if (no.test(text)) return false;
  if (none.test(text)) return null;
  if (date.test(text)) return existing(`${text}T00:00:00Z`, text);
  if (timestamp.test(text)) return instant(text);
  if (integer.test(text)) return integerOf(text);
  if (float.test(text)) return floatOf(text);
  return text;
}

function integerOf(text: string): Value {
  const { sign, binary, octal, decimal, hexadecimal, sixties } = integer.exec(text)?.groups ?? {};
  const number = (digits: string, radix: number): number =>
    Number.parseInt(digits.replaceAll('_', ''), radix);
  const size =
    binary !== undefined
      ? number(binary, 2)
      : octal !== undefined
        ? number(octal, 8)
        : hexadecimal !== undefined
          ? number(hexadecimal, 16)
          : (sixties ?? decimal ?? '').split(':').reduce((sum, part) => sum * 60 + number(part, 10), 0);
  if (!Number.isSafeInteger(size)) return unknown(`the number ${text}`);
  // The integers of Python have no negative zero.
  return sign === '-' && size !== 0 ? -size : size;
}

/** Parses a float. It may become part of a string, so only those that Python and JavaScript write alike are known. */
function floatOf(text: string): Value {
  const value = Number(text.replaceAll('_', ''));
  return /^-?\d+\.\d+$/.test(String(value)) ? value : unknown(`the number ${text}`);
}

function instant(text: string): Value {
  const [, year, month, day, hour, minute, second, fraction, zulu, sign, zoneHour, zoneMinute] =
    timestamp.exec(text) ?? [];
  const two = (part: string | undefined): string => (part ?? '0').padStart(2, '0');
  const zone = zulu ? 'Z' : sign ? `${sign}${two(zoneHour)}:${two(zoneMinute)}` : '';
  const local = `${year}-${two(month)}-${two(day)}T${two(hour)}:${minute}:${second}`;
  return existing(`${local}Z`, `${local}${fraction && fraction.length > 1 ? fraction : ''}${zone}`);
}

/** Checks a date: PyYAML fails on a day that doesn't exist. */
function existing(utc: string, value: string): Value {
  const time = new Date(utc);
  const isThere = !Number.isNaN(time.getTime()) && time.toISOString().startsWith(utc.slice(0, 19));
  return isThere ? value : unknown(`the time ${value}`);
}

/** Writes a value as Python does if it becomes part of a text; `undefined` if that isn't certain. */
export function pythonText(value: Value): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return typeof value === 'number' ? String(value) : undefined;
}
