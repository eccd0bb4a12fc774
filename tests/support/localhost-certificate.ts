/**
 * A certificate for `localhost` and its key, for tests alone: signed by itself, valid for a hundred years, trusted by nobody who is not told
 * to (`ca: certificate.cert`).
 */
export const certificate = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgqy73xhSsASgXwkMw
WkkAwM1sjBkKqPDknPgg/ti8tCChRANCAAROz21FB4rFIWtFXm/zqiF6arZ/G/O/
jgt8xR36/MDJWyGNtXiZzJMnAUvDtwm9YzpuMUPqC/WA6hBp6ZF3g1aF
-----END PRIVATE KEY-----`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBnDCCAUGgAwIBAgIUH6GrALGMhOZL+2yWIZkBwMFvn+4wCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNDAwMDc0MVoYDzIxMjYxMDMx
MDAwNzQxWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAROz21FB4rFIWtFXm/zqiF6arZ/G/O/jgt8xR36/MDJWyGNtXiZzJMn
AUvDtwm9YzpuMUPqC/WA6hBp6ZF3g1aFo28wbTAdBgNVHQ4EFgQUr7zMmoqfo2rg
oU4/ZuDp9uDpOZgwHwYDVR0jBBgwFoAUr7zMmoqfo2rgoU4/ZuDp9uDpOZgwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSQAwRgIhAM8kr7vWlSdNwSEHofmti3kSZuitk7vZXmTDl6myD4YDAiEA
4ZEmbrUu/qb925dpb0wz16VmB6XXgcgrxrF7szyHUoE=
-----END CERTIFICATE-----`,
};
