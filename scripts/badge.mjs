const height = 20;
const padding = 8;
const letter = 6.6;

/** Returns a badge as SVG: a name and a value, in two boxes. */
export function badge(name, value) {
  const left = Math.ceil(name.length * letter) + 2 * padding;
  const right = Math.ceil(value.length * letter) + 2 * padding;
  const text = (content, x, width) =>
    `<text x="${x + width / 2}" y="14" textLength="${width - 2 * padding}">${content}</text>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${left + right}" height="${height}" role="img" aria-label="${name}: ${value}">
  <style>text { font: 11px Verdana, 'DejaVu Sans', sans-serif; fill: #ffffff; text-anchor: middle; }</style>
  <clipPath id="round"><rect width="${left + right}" height="${height}" rx="3"/></clipPath>
  <g clip-path="url(#round)"><rect width="${left}" height="${height}" fill="#57606a"/><rect x="${left}" width="${right}" height="${height}" fill="#0b6e4f"/></g>
  ${text(name, 0, left)}
  ${text(value, left, right)}
</svg>
`;
}
