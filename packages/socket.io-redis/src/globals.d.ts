/** The types of @msgpack/msgpack name it, which without the DOM is unknown. */
type BufferSource = ArrayBufferView | ArrayBuffer;
