import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A certificate that browsers take for WebTransport when they are given its hash, in files of its own. */
export interface Certificate {
  readonly certFile: string;
  readonly keyFile: string;
  /** SHA-256 of the certificate, in base64. */
  readonly hash: string;
  remove(): void;
}

/**
 * Made by openssl. W3C WebTransport, "custom certificate requirements": ECDSA with P-256, and valid for at most two weeks, which
 * is why it is made anew.
 */
export function makeCertificate(): Certificate {
  const folder = mkdtempSync(join(tmpdir(), "certificate-"));
  const [certFile, keyFile] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "10"];
  execFileSync("openssl", ["req", "-x509", ...kind, ...subject, "-keyout", keyFile, "-out", certFile], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const { fingerprint256 } = new X509Certificate(readFileSync(certFile));
  const hash = Buffer.from(fingerprint256.replaceAll(":", ""), "hex").toString("base64");
  return { certFile, keyFile, hash, remove: () => rmSync(folder, { recursive: true }) };
}
