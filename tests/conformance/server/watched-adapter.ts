import type { Stage } from "./stage.ts";

/** A server whose adapters keep what they are to emit to other servers, behind the name of their namespace. */
export function withWatchedAdapter(stage: Stage): { io: ReturnType<Stage["create"]>; emitted: unknown[][] } {
  const emitted: unknown[][] = [];
  class Watched extends stage.cell.adapter.Adapter {
    override serverSideEmit(packet: unknown[]): void {
      emitted.push([this.nsp.name, ...packet]);
    }
  }
  return { io: stage.create({ adapter: Watched }), emitted };
}
