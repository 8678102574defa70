/** One line of JSON for each thing worth knowing; CloudWatch finds lines by their fields. */
export function log(level, message, fields = {}) {
  console.log(JSON.stringify({ level, message, ...fields }));
}

/** A metric without a call to CloudWatch: it reads this form out of the log. */
export function count(name, value, dimensions) {
  console.log(
    JSON.stringify({
      _aws: {
        Timestamp: Date.now(),
        CloudWatchMetrics: [
          { Namespace: "Shop", Dimensions: [Object.keys(dimensions)], Metrics: [{ Name: name, Unit: "Count" }] },
        ],
      },
      ...dimensions,
      [name]: value,
    }),
  );
}
