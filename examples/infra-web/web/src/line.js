/** How an item is shown: its name, and how many there are unless it is one. */
export const lineFor = ({ name, count = 1 }) => (count === 1 ? name : `${name} (${count})`);
