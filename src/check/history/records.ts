/** Takes the runs out of exported JSON one by one, so that a file of any size needs the room of one run. */

/** Below these the lists are in what the services answer; a list by itself is what `gh run list --json` prints. */
const lists: ReadonlySet<string> = new Set(["workflow_runs", "pipelineExecutionSummaries", "actionExecutionDetails"]);

/** Longest text of one run that is kept; a longer one is left out. */
const MAX_RECORD = 1_000_000;

/**
 * Fed with pieces of text, it yields each object of a list of runs, parsed. Several documents may follow one another, as
 * `gh api --paginate` prints them, and pages may be in a list, as with `--slurp`.
 */
export class RecordReader {
  /** How many were too long or no JSON. */
  skipped = 0;
  /** What is open, from the outside in. */
  private readonly open: ("{" | "[")[] = [];
  /** How deep `open` was where the list begins whose objects are wanted. */
  private list = 0;
  private record: string | undefined;
  private isInText = false;
  private isEscaped = false;
  /** The last text that ended, which is a key where a list follows it. */
  private text = "";
  private key = "";

  *read(piece: string): Generator<unknown> {
    // Where in this piece the record that is being taken goes on.
    let from = 0;
    for (let i = 0; i < piece.length; i++) {
      const sign = piece[i]!;
      if (this.isInText) this.inText(sign);
      else if (sign === "{" && this.opensRecord()) {
        this.record = "";
        from = i;
      } else if (sign === "}" && this.closesRecord()) {
        const text = this.take(piece.slice(from, i + 1));
        this.record = undefined;
        const parsed = this.parse(text);
        if (parsed !== undefined) yield parsed;
      } else this.outside(sign);
    }
    if (this.record !== undefined) this.record = this.take(piece.slice(from));
  }

  private opensRecord(): boolean {
    this.open.push("{");
    return this.list > 0 && this.open.length === this.list + 1;
  }

  private closesRecord(): boolean {
    this.open.pop();
    return this.record !== undefined && this.open.length === this.list;
  }

  /** With what was taken before; no more than is needed to know that it is too much. */
  private take(more: string): string {
    return this.record!.length > MAX_RECORD ? this.record! : this.record! + more;
  }

  private parse(text: string): unknown {
    try {
      if (text.length <= MAX_RECORD) return JSON.parse(text);
    } catch {
      // Counted below, like one that is too long.
    }
    this.skipped += 1;
    return undefined;
  }

  private inText(sign: string): void {
    if (this.isEscaped) this.isEscaped = false;
    else if (sign === "\\") this.isEscaped = true;
    else if (sign === '"') this.isInText = false;
    else if (this.text.length < 64) this.text += sign;
  }

  private outside(sign: string): void {
    switch (sign) {
      case '"':
        this.isInText = true;
        this.text = "";
        return;
      case ":":
        this.key = this.text;
        return;
      case "[":
        this.open.push(sign);
        if (this.open.length === 1) this.list = 1;
        else if (this.open.at(-2) === "{" && lists.has(this.key)) this.startList();
        return;
      case "]":
        this.open.pop();
        if (this.open.length < this.list) this.list = this.open[0] === "[" ? 1 : 0;
        return;
      default:
        return;
    }
  }

  /** What was taken for a run is a page of them. */
  private startList(): void {
    this.list = this.open.length;
    this.record = undefined;
  }
}
