/** Random damage to text, the same for the same seed. */

export type Random = (below: number) => number;

/** mulberry32: small, and good enough to choose with. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

const fragments = [
  ..."{}[]:,&*!|>'\"%@`#?-\\$(){}<>;=~\t\n\r\u0000\u001b\u0085\u2028\uFEFF\uFFFD\uE000é𝒳",
  "\r\n",
  "\n  ",
  "\n- ",
  ": ",
  "- ",
  "? ",
  "<<: *env",
  "&a ",
  "*a",
  "*env",
  "!!binary ",
  "!!set ",
  "!custom ",
  "|+2\n",
  ">-\n",
  "---\n",
  "...\n",
  "%YAML 1.1\n",
  "null",
  "~",
  "true",
  "0x1F",
  "1e999",
  ".nan",
  "-.inf",
  "0o777",
  "2024-01-01",
  "constructor",
  "__proto__",
  "toString",
  "${{ ",
  " }}",
  `\${{ github.event.a['b'].*.c }}`,
  `\${{ fromJSON('{') }}`,
  `\${{ format('{0} {9}', 1) }}`,
  `\${{ !!!!!!a }}`,
  `\${{ 'it''s' == "x" }}`,
  "&& || == != <= ! ( ) , . * 'x'",
  "success() && always()",
  "$(",
  "`",
  "<<EOF\n",
  "${X:-",
  "'",
  "../../etc",
  "./",
  "docker://x",
  "a/b@c",
  "needs: [deploy]",
  "uses: ./.github/workflows/jobs.yml",
  "a".repeat(300),
  "[".repeat(60),
  "  ".repeat(60),
];

function between(random: Random, length: number): [number, number] {
  const from = random(length + 1);
  return [from, Math.min(length, from + random(12))];
}

/** One damage: cut, repeat, insert, replace, move lines, change indentation, or take a piece of another text. */
function damage(text: string, random: Random, others: readonly string[]): string {
  const [from, to] = between(random, text.length);
  const lines = text.split("\n");
  const line = random(lines.length);
  switch (random(10)) {
    case 0:
      return text.slice(0, from) + text.slice(to);
    case 1:
      return text.slice(0, to) + text.slice(from, to).repeat(1 + random(4)) + text.slice(to);
    case 2:
    case 3:
      return text.slice(0, from) + fragments[random(fragments.length)]! + text.slice(from);
    case 4:
      return text.slice(0, from) + fragments[random(fragments.length)]! + text.slice(to);
    case 5:
      return lines.toSpliced(line, 1 + random(3)).join("\n");
    case 6:
      return lines.toSpliced(random(lines.length), 0, ...lines.slice(line, line + 1 + random(6))).join("\n");
    case 7:
      return lines.with(line, random(2) ? ` ${lines[line]}` : lines[line]!.slice(1 + random(3))).join("\n");
    case 8: {
      const other = others[random(others.length)]!.split("\n");
      const start = random(other.length);
      return lines.toSpliced(line, random(3), ...other.slice(start, start + random(12))).join("\n");
    }
    default: {
      // A value becomes another one.
      const value = fragments[random(fragments.length)]!;
      return lines.with(line, lines[line]!.replace(/: .*$/, `: ${value}`)).join("\n");
    }
  }
}

/** A text after up to six damages, sometimes with other line ends, sometimes broken as bytes. */
export function mutate(text: string, random: Random, others: readonly string[]): string | Uint8Array {
  let result = text;
  for (let n = 1 + random(6); n > 0; n--) result = damage(result, random, others);
  const ending = random(24);
  if (ending === 0) result = result.replaceAll("\n", "\r\n");
  if (ending === 1) result = `\uFEFF${result}`;
  if (ending === 2) result = result.replaceAll("  ", "\t");
  if (ending === 3) result = result.slice(0, random(result.length + 1));
  if (ending > 4) return result;
  const bytes = Buffer.from(result);
  if (bytes.length > 0 && ending === 4) bytes[random(bytes.length)] = random(256);
  return bytes;
}
