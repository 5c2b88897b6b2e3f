import anser from 'anser';

const font = 14;
const cell = font * 0.6;
const line = 20;
const margin = 16;
const bar = 28;

/** Text colours for light and dark pages, each with a contrast of at least 4.5 to the background. */
const style = `
  .back { fill: #ffffff; stroke: #d0d7de; } .dot { fill: #d0d7de; }
  text { font: ${font}px ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', monospace; fill: #1f2328; white-space: pre; }
  .ansi-green { fill: #116329; } .ansi-yellow { fill: #7d4e00; } .ansi-red { fill: #b3261e; }
  .ansi-magenta { fill: #8250df; } .ansi-cyan { fill: #1b7c83; } .ansi-blue { fill: #0969da; }
  .dim { fill: #59636e; } .bold { font-weight: 600; } .prompt { fill: #59636e; }
  @media (prefers-color-scheme: dark) {
    .back { fill: #0d1117; stroke: #30363d; } .dot { fill: #30363d; }
    text { fill: #e6edf3; }
    .ansi-green { fill: #3fb950; } .ansi-yellow { fill: #d29922; } .ansi-red { fill: #ff7b72; }
    .ansi-magenta { fill: #d2a8ff; } .ansi-cyan { fill: #56d4dd; } .ansi-blue { fill: #79c0ff; }
    .dim, .prompt { fill: #9198a1; }
  }
`;

/**
 * Returns a picture of a terminal as SVG, for light and dark pages.
 *
 * @param {string} title description for readers who can't see the picture
 * @param {readonly { command: string, output: string }[]} shown commands and their output, with colours
 * @param {number} columns width of the terminal
 */
export function terminalPicture(title, shown, columns) {
  const lines = shown.flatMap(({ command, output }, index) => [
    ...(index > 0 ? [''] : []),
    `<tspan class="prompt">$ </tspan><tspan class="bold">${anser.escapeForHtml(command)}</tspan>`,
    ...output.trimEnd().split('\n').map(markup),
  ]);
  const width = Math.ceil(columns * cell) + 2 * margin;
  const height = lines.length * line + bar + 2 * margin;
  const text = lines.map((content, index) =>
    content === ''
      ? []
      : `  <text x="${margin}" y="${bar + margin + (index + 0.7) * line}" xml:space="preserve">${content}</text>`,
  );
  const dots = [0, 1, 2].map(
    (index) => `<circle class="dot" cx="${margin + 6 + index * 18}" cy="${bar / 2 + 4}" r="5"/>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title">
  <title id="title">${anser.escapeForHtml(title)}</title>
  <style>${style}</style>
  <rect class="back" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>
  ${dots.join('')}
${text.flat().join('\n')}
</svg>
`;
}

function markup(text) {
  return anser
    .ansiToJson(text, { use_classes: true, remove_empty: true })
    .map(({ content, fg, decorations }) => {
      const classes = [fg, ...decorations].filter((name) => name);
      const escaped = anser.escapeForHtml(content);
      return classes.length > 0 ? `<tspan class="${classes.join(' ')}">${escaped}</tspan>` : escaped;
    })
    .join('');
}
