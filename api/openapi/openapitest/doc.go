// Package openapitest holds what a server does against what package openapi says of it. A Checker stands in front of a
// handler in tests: it looks at every request that is answered without a refusal, and at every answer. Objects may have
// no fields but those that are described, although clients must expect others: the description is to be whole.
package openapitest
