/*
 * The codecs of both revisions as such, for those who ask for them. Each use of a whole module goes through an accessor in CommonJS:
 * what is called per packet imports it by name.
 */
export * as codec3 from "engine.io-parser/v3";
export * as codec4 from "engine.io-parser";
