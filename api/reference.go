package api

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"parley/api/openapi"
)

// reference serves the description of all calls.
type reference struct{ document []byte }

func newReference() (*reference, error) {
	document, err := openapi.Document()
	return &reference{document: document}, err
}

func (r *reference) routes(e *gin.Engine) {
	read := []string{http.MethodGet, http.MethodHead}
	e.Match(read, "/openapi.yaml", r.yaml)
}

// yaml is for tools on pages of any origin, too.
func (r *reference) yaml(c *gin.Context) {
	c.Header("Access-Control-Allow-Origin", "*")
	c.Header("Cache-Control", "no-cache")
	c.Header("Content-Type", "application/yaml")
	content(c, r.document)
}
