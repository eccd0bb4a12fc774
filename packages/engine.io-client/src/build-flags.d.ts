/** Set at build time: true where debug logs are kept. */
declare const __DEBUG__: boolean;
