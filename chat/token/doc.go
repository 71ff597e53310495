// Package token makes and checks JSON Web Tokens for managers and visitors. A key has one algorithm for good,
// HS256 or EdDSA, and a token is only ever checked with the algorithm of the key that is tried: "none" and a
// public key taken for a shared secret do not come up. Several keys may be in use, so that keys rotate without
// signing anybody out: the first signs, all verify.
package token
