// Package openapi carries the description of every call that the server answers: the OpenAPI document that
// /openapi.yaml serves, and a page made of it for people. It is written by hand, in spec/, a file for each area;
// parley.yaml is the frame and has what all areas share, codes.yaml lists the codes of refusals.
//
// A route is added thus:
//
//   - Its path and method go into the file of its area, or into a new one: files are put together by name, mappings
//     entry by entry. What is defined twice is an error.
//   - An operation has tags, operationId, summary, every parameter, the forms that its body may have, the shape of each
//     answer that is no refusal, default: {$ref: '#/components/responses/Refusal'}, and under x-codes the codes of its
//     refusals, but those that are marked anywhere in codes.yaml. A call that some may make without the general
//     credentials says so under security.
//   - A shape is a schema of its own when more than one place has it. Objects name their fields and which are always
//     there. A schema of a Go type has a row in api's schemas_test.go, which compares their fields.
//   - A new code goes into codes.yaml with its status.
//
// The tests of api hold it to what the server does: every route has an entry and every entry a route, each request
// that they send, and each answer, is checked against its entry by package openapitest, and each entry must have been
// answered without a refusal at least once.
package openapi
