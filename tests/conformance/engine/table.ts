import assert from "node:assert/strict";

/** How many behaviours were shown in which cell. */
export class Table<Cell extends { readonly name: string }> {
  readonly #cells: readonly Cell[];
  readonly #counts = new Map<string, Map<Cell, { agrees: number; differs: number }>>();

  constructor(cells: readonly Cell[]) {
    this.#cells = cells;
  }

  /**
   * Counts a behaviour that is being shown.
   *
   * @param difference why it is said to be otherwise in this cell; undefined: it is not
   * @throws (rejects) if it is not as said
   */
  async show(subject: string, cell: Cell, difference: string | undefined, shown: Promise<unknown>): Promise<void> {
    if (difference === undefined) {
      await shown;
      this.#add(subject, cell, "agrees");
    } else {
      // What is said to be otherwise has to be otherwise.
      await assert.rejects(shown, assert.AssertionError);
      this.#add(subject, cell, "differs");
    }
  }

  #add(subject: string, cell: Cell, outcome: "agrees" | "differs"): void {
    const row = this.#counts.get(subject) ?? new Map<Cell, { agrees: number; differs: number }>();
    this.#counts.set(subject, row);
    const count = row.get(cell) ?? { agrees: 0, differs: 0 };
    row.set(cell, count);
    count[outcome]++;
  }

  /** A row a cell, a column a subject. `12+1`: twelve behaviours are as said, one differs as said, which only upstream may. */
  toString(): string {
    const subjects = [...this.#counts.keys()];
    const rows = this.#cells.map((cell) => {
      const counts = subjects.map((subject) => this.#counts.get(subject)?.get(cell) ?? { agrees: 0, differs: 0 });
      const sum = counts.reduce((a, b) => ({ agrees: a.agrees + b.agrees, differs: a.differs + b.differs }));
      return [cell.name, ...[...counts, sum].map(write)];
    });
    const lines = [["behaviours shown", ...subjects, "all"], ...rows];
    const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
    return lines.map((line) => line.map((text, at) => pad(text, widths[at]!, at)).join("  ")).join("\n");
  }
}

function write({ agrees, differs }: { agrees: number; differs: number }): string {
  if (agrees + differs === 0) return "-";
  return differs === 0 ? `${agrees}` : `${agrees}+${differs}`;
}

function pad(text: string, width: number, column: number): string {
  return column === 0 ? text.padEnd(width) : text.padStart(width);
}
