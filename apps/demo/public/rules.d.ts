/** Types of rules.js, which stays plain JavaScript because browsers load it as it is. */
export type Verdict<T> = { ok: true; value: T } | { ok: false; reason: string };
export type PictureType = "image/png" | "image/jpeg" | "image/gif" | "image/webp" | "image/avif";

export const LIMITS: {
  readonly nameLength: number;
  readonly roomLength: number;
  readonly textLength: number;
  readonly pictureBytes: number;
  readonly packetBytes: number;
  readonly pictureSide: number;
};

export function readName(input: unknown): Verdict<string>;
export function readRoom(input: unknown): Verdict<string>;
export function readJoin(input: unknown): Verdict<{ room: string; after: string | null }>;
export function readMessage(input: unknown): Verdict<{
  id: string;
  room: string;
  text: string;
  picture: ReadPicture | null;
}>;
export function readPicture(input: unknown): Verdict<ReadPicture>;
export function checkPictureSize(bytes: number): Verdict<number>;
export function megabytes(bytes: number): string;
export function looksLikeMarkup(text: string): boolean;

export interface ReadPicture {
  bytes: Uint8Array;
  type: PictureType;
  width: number;
  height: number;
}
