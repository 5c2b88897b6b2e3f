/** Reports the peak memory and the processor time of this process to its parent. */
process.on('exit', () => {
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  process.send?.({ megabytes: maxRSS / 1024, busy: (userCPUTime + systemCPUTime) / 1_000_000 });
});
// The channel to the parent must not keep the process alive.
process.channel?.unref();
