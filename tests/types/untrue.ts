// Assertions none of which is true: each line that begins with `typeOf`, `same` or `assignable` must be refused.
export {};
interface Optional {
  a?: string;
}
interface Undefined {
  a: string | undefined;
}
interface Fixed {
  readonly a: string;
}
interface Writable {
  a: string;
}
declare const anything: any;
declare const nothing: never;
declare const text: string;
typeOf(anything).is<unknown>();
typeOf(anything).is<string>();
typeOf(anything).is<never>();
typeOf(nothing).is<any>();
typeOf(text).is<any>();
typeOf(text).is<unknown>();
typeOf(text).is<"a">();
typeOf(text).is<string | undefined>();
same<Promise<any>, Promise<string>>();
same<Promise<undefined>, Promise<void>>();
same<Optional, Undefined>();
same<Fixed, Writable>();
same<Map<string, any>, Map<string, unknown>>();
same<(a: number) => void, (a: any) => void>();
same<(a: number) => void, (a?: number) => void>();
same<[a: string], [a?: string]>();
same<"a" | "b", "a">();
assignable<string, number>();
assignable<{ a: 1 }, { a: 1; b: 1 }>();
