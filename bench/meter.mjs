/** Reports the peak memory of this process to its parent. */
process.on('exit', () => {
  process.send?.({ megabytes: process.resourceUsage().maxRSS / 1024 });
});
// The channel to the parent must not keep the process alive.
process.channel?.unref();
