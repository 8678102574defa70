/** A process that only starts. Prints {"memoryMb"}. */
console.log(JSON.stringify({ memoryMb: process.resourceUsage().maxRSS / 1024 }));
