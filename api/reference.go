package api

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"parley/api/openapi"
)

// reference serves the description of all calls, for programs and for people.
type reference struct{ document, page []byte }

func newReference() (*reference, error) {
	document, err := openapi.Document()
	page, err2 := openapi.Page()
	return &reference{document, page}, errors.Join(err, err2)
}

func (r *reference) routes(e *gin.Engine) {
	read := []string{http.MethodGet, http.MethodHead}
	e.Match(read, "/openapi.yaml", r.yaml)
	e.Match(read, "/openapi", moved("/openapi/"))
	e.Match(read, "/openapi/", r.html)
}

// yaml is for tools on pages of any origin, too.
func (r *reference) yaml(c *gin.Context) {
	forPages(c)
	c.Header("Cache-Control", "no-cache")
	c.Header("Content-Type", "application/yaml")
	content(c, r.document)
}

func (r *reference) html(c *gin.Context) {
	asPage(c, openapi.PagePolicy())
	c.Header("Content-Type", "text/html; charset=utf-8")
	content(c, r.page)
}
