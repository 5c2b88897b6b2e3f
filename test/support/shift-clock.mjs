// Loaded into a program before all else: its clock is so many seconds ahead.
const ahead = Number(process.env.RECONCILE_TEST_AHEAD) * 1000;
const now = Date.now.bind(Date);
Date.now = () => now() + ahead;
