import { cut, type Letter } from "./post.ts";

/** A letter in lines, for all who read it as text. */
export interface Worded {
  title: string;
  /** What it is about: release, commit, by whom. */
  about: string;
  because: string[];
  next?: { command: string; does: string };
  link?: string;
}

export function worded({ notice, line, commit, link }: Letter): Worded {
  const { delivery, run, release, commit: id, by, title, because, next } = notice;
  const about = [
    delivery,
    ...(release === undefined ? [] : [`release ${release}`]),
    ...(id === undefined ? [] : [commit === undefined ? id.slice(0, 7) : commitText(id, commit)]),
    ...(by === undefined ? [] : [`by ${by}`]),
    ...(run === undefined ? [] : [`run ${run}`]),
  ].join(" · ");
  return {
    title,
    about,
    because: [...because, ...(line === undefined ? [] : [line])].map((text) => cut(text, longestLine)),
    ...(next && { next }),
    ...(link !== undefined && { link }),
  };
}

const longestLine = 500;

const commitText = (id: string, { author, subject }: NonNullable<Letter["commit"]>): string =>
  `${id.slice(0, 7)} ${cut(subject, 100)} (${author})`;
