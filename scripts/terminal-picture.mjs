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
  .dim { fill: #59636e; } .bold { font-weight: 600; } .prompt, .comment { fill: #59636e; }
  @media (prefers-color-scheme: dark) {
    .back { fill: #0d1117; stroke: #30363d; } .dot { fill: #30363d; }
    text { fill: #e6edf3; }
    .ansi-green { fill: #3fb950; } .ansi-yellow { fill: #d29922; } .ansi-red { fill: #ff7b72; }
    .ansi-magenta { fill: #d2a8ff; } .ansi-cyan { fill: #56d4dd; } .ansi-blue { fill: #79c0ff; }
    .dim, .prompt, .comment { fill: #9198a1; }
  }
`;

/**
 * Plays a recording once. Without animation (reduced motion, print, other renderers) everything is visible from the
 * start, and so it is at the end.
 */
const motion = `  @media screen and (prefers-reduced-motion: no-preference) {
    .shown { animation: show 0.01s step-end backwards; }
    @keyframes show { from { visibility: hidden; } to { visibility: visible; } }
  }
`;

/** Seconds of a recording: between two typed characters, before a response, and to read a line of it. */
const typing = 0.04;
const responding = 0.5;
const reading = 0.22;

/**
 * Returns a picture of a terminal as SVG, for light and dark pages.
 *
 * @param {string} title description for readers who can't see the picture
 * @param {readonly { comment?: string, command: string, output: string }[]} shown commands and their output, with
 *   colours, and a comment above the command
 * @param {number} columns width of the terminal
 */
export function terminalPicture(title, shown, columns) {
  const lines = shown.flatMap(({ comment, command, output }, index) => [
    ...(index > 0 ? [''] : []),
    ...(comment ? [commentLine(comment)] : []),
    `${prompt}<tspan class="bold">${anser.escapeForHtml(command)}</tspan>`,
    ...outputLines(output),
  ]);
  return picture(
    title,
    lines.map((content, index) => text(content, index)),
    lines.length,
    columns,
    style,
  );
}

/** Returns the same as an animation: each command is typed, then its output appears. */
export function terminalRecording(title, shown, columns) {
  const elements = [];
  let seconds = 0.5;
  for (const [index, { comment, command, output }] of shown.entries()) {
    if (index > 0) elements.push('');
    if (comment) {
      elements.push(text(commentLine(comment), elements.length, seconds));
      seconds += 1;
    }
    const start = prompt.replace('"prompt"', `"prompt shown" ${delay(seconds)}`);
    const typed = [...command].map((character) => {
      seconds += typing;
      return `<tspan class="bold shown" ${delay(seconds)}>${anser.escapeForHtml(character)}</tspan>`;
    });
    elements.push(text(start + typed.join(''), elements.length));
    seconds += responding;
    const lines = outputLines(output);
    for (const content of lines) elements.push(text(content, elements.length, seconds));
    seconds += 1 + lines.length * reading;
  }
  return picture(title, elements, elements.length, columns, style + motion);
}

const prompt = '<tspan class="prompt">$ </tspan>';
const commentLine = (comment) => `<tspan class="comment"># ${anser.escapeForHtml(comment)}</tspan>`;
const outputLines = (output) => output.trimEnd().split('\n').map(markup);
const delay = (seconds) => `style="animation-delay: ${seconds.toFixed(2)}s"`;

/** Returns the element of a line; with `seconds`, it appears after that time. */
function text(content, index, seconds) {
  if (content === '') return '';
  const appears = seconds === undefined ? '' : ` class="shown" ${delay(seconds)}`;
  return `  <text x="${margin}" y="${bar + margin + (index + 0.7) * line}" xml:space="preserve"${appears}>${content}</text>`;
}

function picture(title, elements, rows, columns, css) {
  const width = Math.ceil(columns * cell) + 2 * margin;
  const height = rows * line + bar + 2 * margin;
  const dots = [0, 1, 2].map(
    (index) => `<circle class="dot" cx="${margin + 6 + index * 18}" cy="${bar / 2 + 4}" r="5"/>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title">
  <title id="title">${anser.escapeForHtml(title)}</title>
  <style>${css}</style>
  <rect class="back" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>
  ${dots.join('')}
${elements.filter((element) => element !== '').join('\n')}
</svg>
`;
}

function markup(content) {
  return anser
    .ansiToJson(content, { use_classes: true, remove_empty: true })
    .map(({ content: piece, fg, decorations }) => {
      const classes = [fg, ...decorations].filter((name) => name);
      const escaped = anser.escapeForHtml(piece);
      return classes.length > 0 ? `<tspan class="${classes.join(' ')}">${escaped}</tspan>` : escaped;
    })
    .join('');
}
