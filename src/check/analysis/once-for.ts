/** The same answer for the same object, worked out when it is first asked for. */
export function onceFor<Key extends object, Answer>(answer: (key: Key) => Answer): (key: Key) => Answer {
  const known = new WeakMap<Key, { readonly answer: Answer }>();
  return (key) => {
    let found = known.get(key);
    if (!found) {
      found = { answer: answer(key) };
      known.set(key, found);
    }
    return found.answer;
  };
}
