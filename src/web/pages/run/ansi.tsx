/** A line as its program coloured it, in colours that can be read here. Text stays text: nothing of it becomes markup. */
import Anser from "anser";

/** The part that was searched for is marked, whatever its colours. */
export function AnsiLine({ text, found }: { text: string; found: string | undefined }) {
  if (!text.includes("\u001b") && found === undefined) return <>{text}</>;
  const parts = Anser.ansiToJson(text, { use_classes: true, remove_empty: true, json: true });
  return (
    <>
      {parts.map((part, index) => (
        <span key={String(index)} class={classOf(part)}>
          {found === undefined ? part.content : <Marked text={part.content} found={found} />}
        </span>
      ))}
    </>
  );
}

function classOf({ fg, decorations }: { fg: string; decorations: readonly string[] }): string | undefined {
  const colour = fg ? fg.replace("-bright", "") : undefined;
  const names = [colour, ...decorations.map((one) => `ansi-${one}`)].filter((one) => one !== undefined);
  return names.length === 0 ? undefined : names.join(" ");
}

function Marked({ text, found }: { text: string; found: string }) {
  const at = text.toLowerCase().indexOf(found.toLowerCase());
  if (at < 0) return <>{text}</>;
  return (
    <>
      {text.slice(0, at)}
      <mark>{text.slice(at, at + found.length)}</mark>
      <Marked text={text.slice(at + found.length)} found={found} />
    </>
  );
}

/** What is read and searched: the line without its colours. */
export const plain = (text: string): string => (text.includes("\u001b") ? Anser.ansiToText(text) : text);
