// What the files beside this one check types with. They are compiled, never run.

/** True if two types are the same. `any` is the same as `any` alone. */
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Asks for no argument if the two types are the same, else for one that shows both. */
type Proof<Found, Expected> = Equal<Found, Expected> extends true ? [] : [differ: { found: Found; expected: Expected }];

/** `typeOf(value).is<Type>()` compiles if that is the value's type, neither wider nor narrower. */
declare function typeOf<Found>(value: Found): { is<Expected>(...proof: Proof<Found, Expected>): void };

/** `same<A, B>()` compiles if the types are the same. */
declare function same<Found, Expected>(...proof: Proof<Found, Expected>): void;

/** `assignable<From, To>()` compiles if a value of the first type may be used as one of the second. */
declare function assignable<From extends To, To>(): void;
