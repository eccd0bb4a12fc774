import { settleOnce, type OnFailure } from "./middleware.js";
import type { ParentNamespace } from "./parent-namespace.js";

/** Decides whether clients may connect to a namespace of this name, with these credentials. */
export type NamespaceMatcher = (
  name: string,
  // eslint-disable-next-line typescript/no-explicit-any -- free form, chosen by the client
  auth: { [key: string]: any },
  next: (err: Error | null, allow: boolean) => void,
) => void;

// eslint-disable-next-line typescript/no-explicit-any -- whatever events it is typed for
type AnyParent = ParentNamespace<any, any, any, any>;

/** The parents of a server's dynamic namespaces, in the order in which they were made: the first that agrees counts. */
export class DynamicNamespaces {
  readonly byMatcher: Map<NamespaceMatcher, AnyParent> = new Map();
  readonly byRegExp: Map<RegExp, AnyParent> = new Map();

  /**
   * @param makeParent called if the name can be used
   * @throws if the expression keeps a state
   */
  add(name: RegExp | NamespaceMatcher, makeParent: () => AnyParent): AnyParent {
    if (name instanceof RegExp && (name.global || name.sticky)) {
      // Their lastIndex would make the answer depend on who asked before.
      throw new Error("stateful regular expressions are not supported");
    }
    const parent = makeParent();
    if (name instanceof RegExp) {
      this.byMatcher.set((path, _auth, next) => next(null, name.test(path)), parent);
      this.byRegExp.set(name, parent);
    } else {
      this.byMatcher.set(name, parent);
    }
    return parent;
  }

  /** The parent of a name that the application uses. Functions have no say: they may take their time. */
  find(path: string): AnyParent | undefined {
    for (const [regex, parent] of this.byRegExp) {
      if (regex.test(path)) return parent;
    }
    return undefined;
  }

  /** Asks for the parent of a name that a client used. */
  ask(
    name: string,
    auth: Record<string, unknown>,
    onFailure: OnFailure,
    answer: (parent: AnyParent | undefined) => void,
  ): void {
    const entries = [...this.byMatcher];
    const askFrom = (index: number): void => {
      const entry = entries[index];
      if (entry === undefined) return answer(undefined);
      const [matcher, parent] = entry;
      settleOnce<[boolean]>(
        (next) => matcher(name, auth, next),
        onFailure,
        (error, allow) => (error || !allow ? askFrom(index + 1) : answer(parent)),
      );
    };
    askFrom(0);
  }
}
