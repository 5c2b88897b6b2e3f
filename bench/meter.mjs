/** Tells the process that started this one how much memory it has taken at most. */
process.on('exit', () => {
  process.send?.({ megabytes: process.resourceUsage().maxRSS / 1024 });
});
// Whoever listens must not keep the process alive.
process.channel?.unref();
